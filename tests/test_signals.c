/* SPDX-License-Identifier: ISC */
/*
 * test_signals.c - waiting for signals.
 */
#include <errno.h>
#include <signal.h>
#include <tcpunit.h>

#include "probe.h"
#include "tap.h"
#include "unit.h"

enum { SHORT_MS = 30 };

static sigset_t both_of, usr1;

struct waiter {
	tcp_thread thread;
	int timeout, result;
	enum tcp_error_kind kind;
};

static void *
wait_once(void *arg)
{
	struct waiter *w = arg;

	w->result = tcp_wait_signal(&both_of, w->timeout);
	w->kind = tcp_last_error()->kind;
	return NULL;
}

static void
start(struct waiter *w, int timeout)
{
	*w = (struct waiter){.timeout = timeout, .result = -2};
	w->thread = tcp_thread_start(wait_once, w);
	tcp_thread_yield();
}

static int
end(struct waiter *w)
{
	tcp_thread_join(w->thread, NULL, -1);
	return w->result;
}

static void
waits(void)
{
	struct ticker t;
	struct waiter w;

	raise(SIGUSR1);
	is_int(tcp_wait_signal(&both_of, -1), SIGUSR1,
	    "a signal that came before is taken");
	ticker_start(&t);
	start(&w, -1);
	for (int i = 0; i < 100 && t.ticks == 0; i++)
		tcp_thread_sleep(10);
	is_int(w.result, -2, "without one the thread waits");
	kill(getpid(), SIGUSR2);
	is_int(end(&w), SIGUSR2, "until one comes");
	ok(t.ticks > 0, "meanwhile others run");
	ticker_stop(&t);
	ok(failed(tcp_wait_signal(&both_of, 0) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "it is taken once");
}

static void
limits(void)
{
	int64_t begun = now_ms();
	struct waiter w;

	ok(failed(tcp_wait_signal(&both_of, SHORT_MS) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
		now_ms() - begun >= SHORT_MS,
	    "a wait has a limit");
	start(&w, -1);
	tcp_thread_terminate(w.thread);
	ok(end(&w) == -1 && w.kind == TCPUNIT_ERROR_TERMINATED,
	    "and can be terminated");
}

static void
one_of_several(void)
{
	struct waiter w[2];

	start(&w[0], -1);
	start(&w[1], -1);
	raise(SIGUSR1);
	while (w[0].result == -2 && w[1].result == -2)
		tcp_thread_yield();
	raise(SIGUSR2);
	ok(end(&w[0]) + end(&w[1]) == SIGUSR1 + SIGUSR2,
	    "two threads that wait get a signal each");
}

static void
misuse(void)
{
	sigset_t none, more = both_of;

	sigemptyset(&none);
	sigaddset(&more, SIGWINCH);
	ok(failed(tcp_wait_signal(NULL, -1) == -1, TCPUNIT_ERROR_ARGUMENT,
	       EINVAL) &&
		failed(tcp_wait_signal(&none, -1) == -1, TCPUNIT_ERROR_ARGUMENT,
		    EINVAL),
	    "no signals are refused");
	ok(failed(tcp_wait_signal(&more, -1) == -1, TCPUNIT_ERROR_ARGUMENT,
	       EINVAL),
	    "and so is one that is not blocked");
	ok(failed(tcp_wait_signal(&usr1, -2) == -1, TCPUNIT_ERROR_ARGUMENT,
	       EINVAL),
	    "and a wrong limit");
	forbid_fds();
	ok(failed(
	       tcp_wait_signal(&usr1, -1) == -1, TCPUNIT_ERROR_SYSTEM, EMFILE),
	    "without descriptors it fails");
	permit_fds();
}

/* Stores whether SIGHUP is blocked after a turn of other threads. */
static void *
look_at_mask(void *blocked)
{
	sigset_t mask;

	tcp_thread_yield();
	sigprocmask(SIG_BLOCK, NULL, &mask);
	*(bool *)blocked = sigismember(&mask, SIGHUP) == 1;
	return NULL;
}

static void
common_mask(void)
{
	bool blocked = false;
	tcp_thread t = tcp_thread_start(look_at_mask, &blocked);
	sigset_t hup;

	tcp_thread_yield(); /* it runs up to its own turn */
	sigemptyset(&hup);
	sigaddset(&hup, SIGHUP);
	sigprocmask(SIG_BLOCK, &hup, NULL);
	tcp_thread_join(t, NULL, -1);
	ok(blocked, "all threads have the same mask");
	sigprocmask(SIG_UNBLOCK, &hup, NULL);
}

static void
left_to_shutdown(void)
{
	struct waiter w;
	int fds;

	tcp_shutdown();
	fds = open_fds();
	start(&w, -1);
	tcp_shutdown();
	is_int(open_fds(), fds, "shutdown leaves no descriptor of a wait");
}

int
main(void)
{
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	both_of = usr1;
	sigaddset(&both_of, SIGUSR2);
	sigprocmask(SIG_BLOCK, &both_of, NULL);
	run(waits);
	run(limits);
	run(one_of_several);
	run(misuse);
	run(common_mask);
	run(left_to_shutdown);
	return done_testing();
}
