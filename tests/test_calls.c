/* SPDX-License-Identifier: ISC */
/*
 * test_calls.c - blocking functions that run on helper OS threads.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <tcpunit.h>
#include <unistd.h>

#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

enum { AT_A_TIME = 8, CALLS = 20, LATE_MS = 50 };

/* A function that waits at a gate.  Each byte written to the gate lets one
 * call pass. */
static struct {
	int gate[2];
	atomic_int begun, ended, abandoned, freed_early;
} world;

static char given, answer;

static void *
pass_gate(void *arg)
{
	char c;

	atomic_fetch_add(&world.begun, 1);
	if (read(world.gate[0], &c, 1) != 1)
		abort();
	atomic_fetch_add(&world.ended, 1);
	return arg == &given ? &answer : NULL;
}

static void
open_gate(int n)
{
	while (n-- > 0)
		if (write(world.gate[1], "", 1) != 1)
			abort();
}

static void
abandoned(void *arg, void *result)
{
	if (arg == &given && result == &answer)
		atomic_fetch_add(&world.abandoned, 1);
	if (arg == &given && result == NULL)
		atomic_fetch_add(&world.freed_early, 1);
}

/* Waits, for a minute at most, until *N is WANTED. */
static bool
reaches(const atomic_int *n, int wanted)
{
	int64_t end = now_ms() + PATIENCE_MS;

	while (atomic_load(n) != wanted && now_ms() < end)
		tcp_thread_sleep(1);
	return atomic_load(n) == wanted;
}

static void
set_up(void)
{
	atomic_store(&world.begun, 0);
	atomic_store(&world.ended, 0);
	atomic_store(&world.abandoned, 0);
	atomic_store(&world.freed_early, 0);
	if (pipe(world.gate) == -1)
		abort();
}

static void
tear_down(void)
{
	close(world.gate[0]);
	close(world.gate[1]);
}

static void *
call_gate(void *arg)
{
	return tcp_call(pass_gate, arg, NULL, abandoned, -1) == 0 ? arg : NULL;
}

static void *
open_later(void *arg)
{
	tcp_thread_sleep(LATE_MS);
	open_gate(1);
	return arg;
}

static void
returns(void)
{
	void *result = NULL;
	struct ticker ticker;
	tcp_thread t;

	set_up();
	ticker_start(&ticker);
	t = tcp_thread_start(open_later, NULL);
	ok(tcp_call(pass_gate, &given, &result, abandoned, -1) == 0 &&
		result == &answer,
	    "a call has the function's result");
	ok(ticker.ticks > 0, "and other threads ran meanwhile");
	ticker_stop(&ticker);
	tcp_thread_join(t, NULL, -1);
	open_gate(1);
	ok(tcp_call(pass_gate, NULL, NULL, NULL, -1) == 0,
	    "which need not be stored");
	is_int(atomic_load(&world.abandoned), 0, "nothing is abandoned");
	tear_down();
}

static void
eight(void)
{
	union tcp_address address;
	tcp_thread t[CALLS];
	void *result;
	int good = 0;

	set_up();
	for (int i = 0; i < CALLS; i++)
		t[i] = tcp_thread_start(call_gate, &given);
	ok(reaches(&world.begun, AT_A_TIME), "eight calls run");
	ok(tcp_resolve("three.test", NULL, NULL, &address, 1) == 1,
	    "look-ups do not wait for them");
	is_int(atomic_load(&world.begun), AT_A_TIME, "others wait for them");
	open_gate(1);
	ok(reaches(&world.begun, AT_A_TIME + 1), "one begins when one ends");
	open_gate(CALLS - 1);
	for (int i = 0; i < CALLS; i++) {
		tcp_thread_join(t[i], &result, PATIENCE_MS);
		good += result == &given;
	}
	is_int(good, CALLS, "and all return");
	tear_down();
}

static void
runs_out(void)
{
	void *result = &world;
	int limit = LATE_MS, early = 0;
	bool timed_out;

	set_up();
	do { /* until the limit is long enough for the function to begin */
		timed_out = failed(tcp_call(pass_gate, &given, &result,
				       abandoned, limit) == -1,
		    TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT);
		limit *= 2;
	} while (atomic_load(&world.freed_early) > early++ && early < 8);
	ok(timed_out && result == &world && told("call"),
	    "a call fails when its limit runs out");
	ok(reaches(&world.begun, 1) && atomic_load(&world.ended) == 0 &&
		atomic_load(&world.abandoned) == 0,
	    "the function goes on");
	open_gate(1);
	ok(reaches(&world.abandoned, 1), "and is abandoned when it returns");
	tear_down();
}

static void
limits_of_zero(void)
{
	tcp_deadline outer;

	set_up();
	ok(failed(tcp_call(pass_gate, &given, NULL, abandoned, 0) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "a limit of 0 is too short for any call");
	tcp_set_deadline(0, &outer);
	ok(failed(tcp_call(pass_gate, &given, NULL, abandoned, -1) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "and so is a deadline that has passed");
	tcp_restore_deadline(outer);
	ok(atomic_load(&world.begun) == 0 &&
		atomic_load(&world.freed_early) == 2,
	    "the function does not begin, and is abandoned at once");
	tear_down();
}

static void
never_begins(void)
{
	tcp_thread t[AT_A_TIME];

	set_up();
	for (int i = 0; i < AT_A_TIME; i++)
		t[i] = tcp_thread_start(call_gate, &given);
	reaches(&world.begun, AT_A_TIME);
	ok(tcp_call(pass_gate, &given, NULL, abandoned, LATE_MS) == -1 &&
		errno == ETIMEDOUT && atomic_load(&world.freed_early) == 1,
	    "a call that has not begun is abandoned at once");
	open_gate(AT_A_TIME);
	for (int i = 0; i < AT_A_TIME; i++)
		tcp_thread_join(t[i], NULL, PATIENCE_MS);
	is_int(atomic_load(&world.begun), AT_A_TIME, "and never begins");
	tear_down();
}

static void
terminated(void)
{
	void *result = &given;
	tcp_thread t;

	set_up();
	t = tcp_thread_start(call_gate, &given);
	reaches(&world.begun, 1);
	tcp_thread_terminate(t);
	ok(tcp_thread_join(t, &result, PATIENCE_MS) == 0 && result == NULL,
	    "terminating ends the call");
	open_gate(1);
	ok(reaches(&world.abandoned, 1), "and the function goes on");
	tear_down();
}

static void
refused(void)
{
	set_up();
	ok(failed(tcp_call(NULL, &given, NULL, abandoned, -1) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EINVAL) &&
		failed(tcp_call(pass_gate, &given, NULL, abandoned, -2) == -1,
		    TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "no function, or no limit, is an argument error");
	forbid_fds();
	ok(failed(tcp_call(pass_gate, &given, NULL, abandoned, -1) == -1,
	       TCPUNIT_ERROR_SYSTEM, EMFILE),
	    "without descriptors a call fails");
	permit_fds();
	ok(tcp_call(NULL, &given, NULL, NULL, -1) == -1 &&
		atomic_load(&world.freed_early) == 3,
	    "what such calls were given is abandoned");
	tear_down();
}

static void *
count_signals(void *arg)
{
	int *blocked = arg;
	sigset_t set;

	pthread_sigmask(SIG_SETMASK, NULL, &set);
	for (int sig = 1; sig < 32; sig++)
		*blocked += sigismember(&set, sig);
	return NULL;
}

static void
signals(void)
{
	int blocked = 0;

	tcp_call(count_signals, &blocked, NULL, NULL, -1);
	is_int(blocked, 31 - 2, "all signals but KILL and STOP are blocked");
}

/* The function uses the library in its own OS thread, which does not know
 * the caller's handles. */
static void *
use_library(void *arg)
{
	const tcp_mutex *m = arg;
	bool foreign = tcp_close_mutex(*m) == -1 && errno == EINVAL;

	return foreign && tcp_thread_sleep(1) == 0 ? arg : NULL;
}

static void
elsewhere(void)
{
	tcp_mutex m = tcp_make_mutex();
	void *result = NULL;

	ok(tcp_call(use_library, &m, &result, NULL, -1) == 0 && result == &m,
	    "the caller's handles are foreign ones there");
	tcp_close_mutex(m);
}

static void
shuts_down(void)
{
	int fds;

	set_up();
	fds = open_fds();
	tcp_thread_start(call_gate, &given);
	reaches(&world.begun, 1);
	tcp_shutdown();
	is_int(atomic_load(&world.ended), 0, "a shutdown does not wait");
	open_gate(1);
	ok(reaches(&world.abandoned, 1), "and the function goes on");
	tcp_shutdown();
	ok(settled_fds() <= fds, "no descriptor is left");
	tear_down();
}

#ifndef __SANITIZE_THREAD__
static void *
do_nothing(void *arg)
{
	return arg;
}

static void *
fork_here(void *arg)
{
	pid_t *child = arg;

	*child = fork();
	return arg;
}

static void
forks(void)
{
	void *result = NULL;
	tcp_thread t;
	pid_t child;

	set_up();
	t = tcp_thread_start(call_gate, &given);
	reaches(&world.begun, 1);
	child = fork();
	if (child == 0) {
		alarm(20);
		_exit(tcp_call(do_nothing, &given, &result, NULL, -1) != 0 ||
		    result != &given || atomic_load(&world.abandoned) != 0 ||
		    atomic_load(&world.freed_early) != 0);
	}
	is_int(status_of(child), 0, "a child of a caller can call, too");
	open_gate(1);
	ok(tcp_thread_join(t, &result, PATIENCE_MS) == 0 && result == &given,
	    "and the parent's call returns");
	ok(tcp_call(fork_here, &child, NULL, NULL, -1) == 0 &&
		status_of(child) == 0,
	    "a function that forks ends its child");
	tear_down();
}

/* The function's result in the child has no place any more. */
static void *
fork_late(void *arg)
{
	pass_gate(arg);
	return fork_here(arg);
}

static void
forks_too_late(void)
{
	pid_t child = 0;

	set_up();
	ok(tcp_call(fork_late, &child, NULL, abandoned, LATE_MS) == -1,
	    "a call is given up");
	open_gate(1);
	reaches(&world.abandoned, 1);
	is_int(status_of(child), 0, "and its function forks after that");
	tear_down();
}

static pthread_key_t at_end;
static atomic_int ends; /* of helpers */

static void
count_end(void *arg)
{
	(void)arg;
	atomic_fetch_add(&ends, 1);
}

/* The helper ends after this, as it has nothing else to do. */
static void *
end_helper(void *arg)
{
	if (pthread_setspecific(at_end, arg) != 0)
		abort();
	return &answer;
}

static void *
call_and_end(void *arg)
{
	void *result = NULL;

	tcp_call(end_helper, arg, &result, abandoned, -1);
	return result;
}

/* The function has returned, but its caller has not run since. */
static void
forks_after_return(void)
{
	void *result = NULL;
	tcp_thread t;
	pid_t child;

	if (pthread_key_create(&at_end, count_end) != 0)
		abort();
	set_up();
	t = tcp_thread_start(call_and_end, &given);
	tcp_thread_yield();
	while (atomic_load(&ends) == 0)
		sched_yield();
	child = fork();
	if (child == 0)
		_exit(tcp_thread_sleep(1) != 0 ||
		    atomic_load(&world.abandoned) != 0);
	is_int(status_of(child), 0, "a child abandons no call of its parent");
	ok(tcp_thread_join(t, &result, PATIENCE_MS) == 0 && result == &answer,
	    "which takes the result");
	tear_down();
}

#endif

static void *
cancel_itself(void *arg)
{
	pthread_cancel(pthread_self());
	return arg;
}

static void
cancelled(void)
{
	void *result = NULL;

	ok(tcp_call(cancel_itself, &given, &result, NULL, PATIENCE_MS) == 0 &&
		result == &given,
	    "a function that cancels its OS thread returns");
}

int
main(void)
{
	sandbox();
	run(returns);
	run(eight);
	run(runs_out);
	run(limits_of_zero);
	run(never_begins);
	run(terminated);
	run(refused);
	run(signals);
	run(elsewhere);
	run(shuts_down);
	run(cancelled);
#ifndef __SANITIZE_THREAD__ /* it allows no new OS threads in a child */
	run(forks);
	run(forks_after_return);
	run(forks_too_late);
#endif
	return done_testing();
}
