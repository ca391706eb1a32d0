/* SPDX-License-Identifier: ISC */
/*
 * test_mutexes.c - mutexes: owners, the order of waiting, time limits, owners
 * that end, and deadlocks of several threads.
 */
#include <errno.h>
#include <tcpunit.h>

#include "sandbox.h"
#include "tap.h"
#include "unit.h"

#define LIMIT_MS 50

static tcp_mutex mutex;

/* A thread that locks the mutex, and the result of that call. */
struct locker {
	int locked; /* what tcp_mutex_lock returned */
	int turn;   /* its place in the order of locking */
	enum tcp_error_kind kind;
	int timeout;
};

static int turns;

static void *
lock(void *arg)
{
	struct locker *l = arg;

	l->locked = tcp_mutex_lock(mutex, l->timeout);
	l->kind = tcp_last_error()->kind;
	l->turn = ++turns;
	if (l->locked != -1)
		tcp_mutex_unlock(mutex);
	return NULL;
}

static tcp_thread
start_locker(struct locker *l, int timeout)
{
	tcp_thread t;

	*l = (struct locker){.timeout = timeout};
	t = tcp_thread_start(lock, l);
	tcp_thread_yield();
	return t;
}

static void
excludes(void)
{
	struct locker l;
	tcp_thread t;

	mutex = tcp_make_mutex();
	ok(tcp_mutex_p(mutex) && tcp_mutex_lock(mutex, -1) == 0,
	    "a new mutex can be locked");
	t = start_locker(&l, -1);
	turns = 0;
	tcp_thread_sleep(1);
	is_int(turns, 0, "another thread waits for it");
	ok(tcp_mutex_unlock(mutex) == 0 &&
		tcp_thread_join(t, NULL, PATIENCE_MS) == 0 && l.locked == 0,
	    "until it is unlocked");
	ok(tcp_close_mutex(mutex) == 0 && tcp_mutex_p(mutex),
	    "a closed mutex is still a mutex");
}

static void
in_order(void)
{
	struct locker l[3];
	tcp_thread t[3];
	bool ordered = true;

	mutex = tcp_make_mutex();
	tcp_mutex_lock(mutex, -1);
	turns = 0;
	for (int i = 0; i < 3; i++)
		t[i] = start_locker(&l[i], -1);
	tcp_mutex_unlock(mutex);
	ok(failed(tcp_mutex_lock(mutex, 0) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "it goes to the first thread that waits, and to no other");
	for (int i = 0; i < 3; i++) {
		tcp_thread_join(t[i], NULL, PATIENCE_MS);
		ordered = ordered && l[i].locked == 0 && l[i].turn == i + 1;
	}
	ok(ordered, "the threads get it in the order in which they came");
	tcp_close_mutex(mutex);
}

static void
owners(void)
{
	mutex = tcp_make_mutex();
	ok(failed(tcp_mutex_unlock(mutex) == -1, TCPUNIT_ERROR_ARGUMENT, EPERM),
	    "a mutex that is not locked cannot be unlocked");
	tcp_mutex_lock(mutex, -1);
	ok(failed(tcp_mutex_lock(mutex, -1) == -1, TCPUNIT_ERROR_DEADLOCK,
	       EDEADLK),
	    "locking it twice is a deadlock");
	ok(failed(tcp_mutex_lock(mutex, 0) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "and with a limit of 0 a time-out");
	tcp_close_mutex(mutex);
}

static void *
unlock(void *arg)
{
	(void)arg;
	return failed(
		   tcp_mutex_unlock(mutex) == -1, TCPUNIT_ERROR_ARGUMENT, EPERM)
	    ? &mutex
	    : NULL;
}

static void
unlocked_by_another(void)
{
	struct locker l;
	tcp_thread t;
	void *refused;

	mutex = tcp_make_mutex();
	tcp_mutex_lock(mutex, -1);
	tcp_thread_join(tcp_thread_start(unlock, NULL), &refused, PATIENCE_MS);
	ok(refused != NULL, "a thread cannot unlock the mutex of another");
	t = start_locker(&l, 0);
	tcp_thread_join(t, NULL, PATIENCE_MS);
	ok(l.locked == -1 && tcp_mutex_unlock(mutex) == 0,
	    "which stays locked by its owner");
	tcp_close_mutex(mutex);
}

static void
limits(void)
{
	struct locker l;
	tcp_thread t;

	mutex = tcp_make_mutex();
	tcp_mutex_lock(mutex, -1);
	t = start_locker(&l, LIMIT_MS);
	tcp_thread_join(t, NULL, PATIENCE_MS);
	ok(l.locked == -1 && l.kind == TCPUNIT_ERROR_TIMEOUT,
	    "a thread gives up after its limit");
	t = start_locker(&l, -1);
	tcp_thread_terminate(t);
	tcp_thread_join(t, NULL, PATIENCE_MS);
	ok(l.locked == -1 && l.kind == TCPUNIT_ERROR_TERMINATED,
	    "or when it is terminated");
	ok(tcp_mutex_unlock(mutex) == 0 && tcp_mutex_lock(mutex, 0) == 0,
	    "and does not own the mutex afterwards");
	tcp_close_mutex(mutex);
}

/* Keeps the CPU until the other thread's time limit must have passed. */
static void
busy(int ms)
{
	int64_t end;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < end);
}

static void
late(void)
{
	struct locker l;
	tcp_thread t;

	mutex = tcp_make_mutex();
	tcp_mutex_lock(mutex, -1);
	t = start_locker(&l, LIMIT_MS);
	tcp_mutex_unlock(mutex);
	busy(2 * LIMIT_MS);
	ok(tcp_thread_join(t, NULL, PATIENCE_MS) == 0 && l.locked == 0,
	    "a thread that got it in time has it, however late it runs");
	tcp_mutex_lock(mutex, -1);
	t = start_locker(&l, LIMIT_MS);
	busy(2 * LIMIT_MS);
	tcp_thread_sleep(1); /* the waiter times out here */
	tcp_mutex_unlock(mutex);
	ok(tcp_thread_join(t, NULL, PATIENCE_MS) == 0 && l.locked == -1 &&
		l.kind == TCPUNIT_ERROR_TIMEOUT,
	    "and one that did not, has not");
	tcp_close_mutex(mutex);
}

static void
closed(void)
{
	struct locker l[2];
	tcp_thread t[2];

	mutex = tcp_make_mutex();
	tcp_mutex_lock(mutex, -1);
	t[0] = start_locker(&l[0], -1);
	t[1] = start_locker(&l[1], PATIENCE_MS);
	tcp_close_mutex(mutex);
	tcp_thread_join(t[0], NULL, PATIENCE_MS);
	tcp_thread_join(t[1], NULL, PATIENCE_MS);
	ok(l[0].locked == -1 && l[0].kind == TCPUNIT_ERROR_CLOSED &&
		l[1].locked == -1 && l[1].kind == TCPUNIT_ERROR_CLOSED,
	    "closing it wakes the threads that wait for it");
	ok(failed(tcp_close_mutex(mutex) == -1, TCPUNIT_ERROR_CLOSED, EBADF) &&
		failed(tcp_mutex_lock(mutex, -1) == -1, TCPUNIT_ERROR_CLOSED,
		    EBADF) &&
		failed(
		    tcp_mutex_unlock(mutex) == -1, TCPUNIT_ERROR_CLOSED, EBADF),
	    "a closed mutex is refused by every call");
}

static void *
lock_and_end(void *arg)
{
	tcp_mutex_lock(mutex, -1);
	if (arg != NULL)
		tcp_thread_sleep(-1);
	return NULL;
}

static void
abandoned(void)
{
	struct locker l;
	tcp_thread owner, t;

	mutex = tcp_make_mutex();
	tcp_thread_join(
	    tcp_thread_start(lock_and_end, NULL), NULL, PATIENCE_MS);
	is_int(tcp_mutex_lock(mutex, 0), 1,
	    "the next owner learns that the last one ended with the mutex");
	tcp_mutex_unlock(mutex);
	is_int(tcp_mutex_lock(mutex, 0), 0, "and nobody after it");
	tcp_mutex_unlock(mutex);
	owner = tcp_thread_start(lock_and_end, &mutex);
	tcp_thread_yield();
	t = start_locker(&l, -1);
	tcp_thread_terminate(owner);
	tcp_thread_join(owner, NULL, PATIENCE_MS);
	ok(tcp_thread_join(t, NULL, PATIENCE_MS) == 0 && l.locked == 1,
	    "nor does a thread that waits for it wait for ever");
	is_int(tcp_mutex_lock(mutex, 0), 0, "which then was its owner");
	tcp_close_mutex(mutex);
}

/* Threads that each lock one mutex and then the next, so that they form a
 * circle. */
enum { CIRCLE = 3 };
static tcp_mutex ring[CIRCLE];
static int deadlocks;

static void *
lock_two(void *arg)
{
	tcp_mutex *first = arg;
	tcp_mutex *second = first == &ring[CIRCLE - 1] ? ring : first + 1;

	tcp_mutex_lock(*first, -1);
	tcp_thread_yield();
	if (tcp_mutex_lock(*second, -1) == 0)
		tcp_mutex_unlock(*second);
	else
		deadlocks += failed(true, TCPUNIT_ERROR_DEADLOCK, EDEADLK);
	tcp_mutex_unlock(*first);
	return NULL;
}

static void
circle(void)
{
	struct ticker ticker;
	tcp_thread t[CIRCLE];
	int joined = 0;

	ticker_start(&ticker);
	for (int i = 0; i < CIRCLE; i++)
		ring[i] = tcp_make_mutex();
	deadlocks = 0;
	for (int i = 0; i < CIRCLE; i++)
		t[i] = tcp_thread_start(lock_two, &ring[i]);
	for (int i = 0; i < CIRCLE; i++)
		joined += tcp_thread_join(t[i], NULL, PATIENCE_MS) == 0;
	ticker_stop(&ticker);
	is_int(deadlocks, 1,
	    "a circle of mutexes is a deadlock, though others run");
	is_int(joined, CIRCLE, "and the others go on when one gives up");
	for (int i = 0; i < CIRCLE; i++)
		tcp_close_mutex(ring[i]);
}

static void *
join_owner(void *arg)
{
	return tcp_thread_join(*(tcp_thread *)arg, NULL, -1) == 0 ? arg : NULL;
}

static void
joined_owner(void)
{
	struct ticker ticker;
	tcp_thread me = tcp_current_thread(), joiner;

	ticker_start(&ticker);
	mutex = tcp_make_mutex();
	joiner = tcp_thread_start(join_owner, &me);
	tcp_thread_yield();
	ok(failed(tcp_thread_join(joiner, NULL, -1) == -1,
	       TCPUNIT_ERROR_DEADLOCK, EDEADLK),
	    "a thread that joins this one cannot be joined");
	tcp_thread_terminate(joiner);
	tcp_thread_join(joiner, NULL, PATIENCE_MS);
	ticker_stop(&ticker);
	tcp_close_mutex(mutex);
}

/* Waits for a mutex whose owner joins this thread. */
static void *
lock_joiners(void *arg)
{
	return failed(tcp_mutex_lock(mutex, -1) == -1, TCPUNIT_ERROR_DEADLOCK,
		   EDEADLK)
	    ? arg
	    : NULL;
}

static void
circle_with_join(void)
{
	struct ticker ticker;
	tcp_thread t;
	void *told = NULL;

	ticker_start(&ticker);
	mutex = tcp_make_mutex();
	tcp_mutex_lock(mutex, -1);
	t = tcp_thread_start(lock_joiners, &t);
	ok(tcp_thread_join(t, &told, -1) == 0 && told != NULL,
	    "waiting for the mutex of a thread that joins one is a deadlock");
	ticker_stop(&ticker);
	tcp_close_mutex(mutex);
}

static void
left_to_shutdown(void)
{
	struct locker l;

	mutex = tcp_make_mutex();
	tcp_mutex_lock(mutex, -1);
	(void)start_locker(&l, -1);
	(void)start_locker(&l, PATIENCE_MS);
	mutex = tcp_make_mutex();
	tcp_thread_detach(tcp_thread_start(lock_and_end, &mutex));
	tcp_thread_yield();
	(void)start_locker(&l, -1);
	tcp_shutdown();
	ok(failed(tcp_mutex_lock(mutex, -1) == -1, TCPUNIT_ERROR_CLOSED, EBADF),
	    "shutdown closes mutexes that are locked or waited for");
}

int
main(void)
{
	sandbox();
	run(excludes);
	run(in_order);
	run(owners);
	run(unlocked_by_another);
	run(limits);
	run(late);
	run(closed);
	run(abandoned);
	run(circle);
	run(joined_owner);
	run(circle_with_join);
	run(left_to_shutdown);
	return done_testing();
}
