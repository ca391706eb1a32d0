/* SPDX-License-Identifier: ISC */
/*
 * ending.c - signals, a time limit and a process, each with a thread that
 * waits for it.  No signal handler runs: the signals stay blocked, and a
 * signalfd tells of them.
 */
#include "ending.h"

#include <errno.h>
#include <stddef.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tcpu.h"

/* Those that would end tcpu from outside before it has cleaned up. */
static const int ending_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM,
    SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF, SIGXCPU, SIGIO, SIGPWR};

static void *await_signal(void *ending);
static void *await_limit(void *ending);
static void *await_process(void *ending);
static int start(void *(*thunk)(void *), struct ending *e);

void
block_signals(struct ending *e)
{
	const struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t blocked;
	struct sigaction old;

	(void)sigemptyset(&e->awaited);
	for (size_t i = 0; i < sizeof(ending_signals) / sizeof(int); i++) {
		if (sigaction(ending_signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			(void)sigaddset(&e->awaited, ending_signals[i]);
	}
	blocked = e->awaited;
	(void)sigaddset(&blocked, SIGPIPE);
	(void)sigaddset(&blocked, SIGTTIN);
	(void)sigprocmask(SIG_BLOCK, &blocked, &e->inherited);
	(void)sigaction(SIGCHLD, &standard, &e->sigchld);
}

void
unblock_signals(const struct ending *e)
{
	(void)sigprocmask(SIG_SETMASK, &e->inherited, NULL);
}

void
restore_signals(const struct ending *e)
{
	(void)sigaction(SIGCHLD, &e->sigchld, NULL);
	unblock_signals(e);
}

int
watch_endings(struct ending *e, int timeout)
{
	e->worker = tcp_current_thread();
	e->timeout = timeout;
	if (!tcp_thread_p(e->worker))
		return -1;
	if (timeout != -1 && start(await_limit, e) == -1)
		return -1;
	return start(await_signal, e);
}

int
watch_process(struct ending *e, int pid)
{
	e->process = pidfd_open(pid, 0);
	if (e->process == -1)
		return -1;
	return start(await_process, e);
}

void
die(const struct ending *e)
{
	sigset_t one;

	(void)signal(e->signal, SIG_DFL);
	(void)sigemptyset(&one);
	(void)sigaddset(&one, e->signal);
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
	(void)raise(e->signal);
	_exit(STATUS_SIGNAL + e->signal);
}

static int
start(void *(*thunk)(void *), struct ending *e)
{
	tcp_thread t = tcp_thread_start(thunk, e);

	return tcp_thread_p(t) ? tcp_thread_detach(t) : -1;
}

void
end_run(struct ending *e, int status)
{
	if (e->over)
		return;
	e->over = true;
	e->status = status;
	(void)tcp_thread_terminate(e->worker);
}

/* What cannot be waited for would never end the run. */
static void
fail_run(struct ending *e)
{
	if (!e->over)
		e->code = errno;
	end_run(e, STATUS_FAILED);
}

/* The number of the next signal; 0 where none comes within LIMIT. */
static int
next_signal(int fd, int limit)
{
	struct signalfd_siginfo info;

	if (tcp_wait_fd(fd, TCPUNIT_READABLE, limit) == -1 ||
	    read(fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

static void *
await_signal(void *ending)
{
	struct ending *e = ending;
	int fd = signalfd(-1, &e->awaited, SFD_CLOEXEC | SFD_NONBLOCK);
	int number = fd == -1 ? 0 : next_signal(fd, -1);

	if (number == 0)
		fail_run(e);
	if (e->over)
		return NULL;
	e->signal = number;
	if (e->drain > 0) {
		(void)tcp_close(e->listener);    /* or it is closed already */
		(void)next_signal(fd, e->drain); /* which cuts it short */
	}
	end_run(e, STATUS_SIGNAL + number);
	return NULL;
}

static void *
await_limit(void *ending)
{
	struct ending *e = ending;

	if (tcp_thread_sleep(e->timeout) == 0)
		end_run(e, STATUS_TIMEOUT);
	else
		fail_run(e);
	return NULL;
}

static void *
await_process(void *ending)
{
	struct ending *e = ending;

	if (tcp_wait_fd(e->process, TCPUNIT_READABLE, -1) != -1)
		end_run(e, STATUS_ENDED);
	else
		fail_run(e);
	return NULL;
}
