/* SPDX-License-Identifier: ISC */
/*
 * test_conditions.c - conditions: signals, the order of waiting, limits, and
 * signals that must not be lost.
 */
#include <errno.h>
#include <tcpunit.h>

#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

enum { WAITERS = 3, MANY_CALLS = 100000, LATE_MS = 50 };

static tcp_condition condition;

/* A thread that waits once, and the result of that wait. */
struct waiter {
	tcp_thread thread;
	int timeout;
	int result;
	int turn; /* its place in the order of waking */
	enum tcp_error_kind kind;
};

static int turns;

static void *
wait_once(void *arg)
{
	struct waiter *w = arg;

	w->result = tcp_condition_wait(condition, w->timeout);
	w->kind = tcp_last_error()->kind;
	w->turn = ++turns;
	return NULL;
}

static void
start(struct waiter *w, int timeout)
{
	*w = (struct waiter){.timeout = timeout, .result = 1};
	w->thread = tcp_thread_start(wait_once, w);
	tcp_thread_yield();
}

static void
start_all(struct waiter *w)
{
	condition = tcp_make_condition();
	turns = 0;
	for (int i = 0; i < WAITERS; i++)
		start(&w[i], -1);
}

/* Whether the wait of W succeeded, and W was woken as number TURN. */
static bool
woken(const struct waiter *w, int turn)
{
	return w->result == 0 && w->turn == turn;
}

static void
signals(void)
{
	struct waiter w[WAITERS];
	bool good = true;

	start_all(w);
	ok(tcp_condition_p(condition) && turns == 0, "threads wait");
	for (int i = 0; i < WAITERS; i++) {
		tcp_condition_signal(condition);
		tcp_thread_yield();
		good = good && turns == i + 1 && woken(&w[i], i + 1);
	}
	ok(good, "each signal wakes one thread, in the order they came");
	for (int i = 0; i < WAITERS; i++)
		tcp_thread_join(w[i].thread, NULL, PATIENCE_MS);
	ok(tcp_condition_signal(condition) == 0 &&
		tcp_condition_broadcast(condition) == 0 &&
		failed(tcp_condition_wait(condition, 0) == -1,
		    TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "a signal that no thread waits for is lost");
	tcp_close_condition(condition);
}

static void
broadcasts(void)
{
	struct waiter w[WAITERS];
	bool good = true;

	start_all(w);
	tcp_condition_broadcast(condition);
	is_int(turns, 0, "a broadcast does not let others run");
	tcp_thread_yield();
	for (int i = 0; i < WAITERS; i++) {
		tcp_thread_join(w[i].thread, NULL, PATIENCE_MS);
		good = good && woken(&w[i], i + 1);
	}
	ok(good, "and wakes all threads, in the order they came");
	tcp_close_condition(condition);
}

static void
limits(void)
{
	struct waiter w[2];
	int64_t begun = now_ms();

	condition = tcp_make_condition();
	ok(failed(tcp_condition_wait(condition, 50) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
		now_ms() - begun >= 49,
	    "a thread gives up after its limit");
	start(&w[0], LATE_MS);
	start(&w[1], -1);
	tcp_thread_join(w[0].thread, NULL, PATIENCE_MS);
	tcp_condition_signal(condition);
	ok(tcp_thread_join(w[1].thread, NULL, PATIENCE_MS) == 0 &&
		w[1].result == 0 && w[0].kind == TCPUNIT_ERROR_TIMEOUT,
	    "and takes no signal from another");
	start(&w[0], -1);
	start(&w[1], -1);
	tcp_thread_terminate(w[0].thread);
	tcp_condition_signal(condition);
	tcp_thread_join(w[0].thread, NULL, PATIENCE_MS);
	ok(tcp_thread_join(w[1].thread, NULL, PATIENCE_MS) == 0 &&
		w[1].result == 0 && w[0].kind == TCPUNIT_ERROR_TERMINATED,
	    "nor does a terminated one");
	tcp_close_condition(condition);
}

/* Keeps the CPU for MS milliseconds. */
static void
compute(int ms)
{
	int64_t end = now_ms() + ms;

	while (now_ms() < end)
		;
}

static void
late(void)
{
	struct waiter w;

	condition = tcp_make_condition();
	start(&w, LATE_MS);
	tcp_condition_signal(condition);
	compute(2 * LATE_MS);
	ok(tcp_thread_join(w.thread, NULL, PATIENCE_MS) == 0 && w.result == 0,
	    "a signal in time counts, however late the thread runs");
	start(&w, PATIENCE_MS);
	tcp_condition_signal(condition);
	tcp_thread_terminate(w.thread);
	ok(tcp_thread_join(w.thread, NULL, PATIENCE_MS) == 0 && w.result == 0,
	    "also if the thread is terminated after the signal");
	tcp_close_condition(condition);
}

static void
closed(void)
{
	struct waiter w[WAITERS];
	int woken_ones = 0;

	start_all(w);
	tcp_close_condition(condition);
	for (int i = 0; i < WAITERS; i++) {
		tcp_thread_join(w[i].thread, NULL, PATIENCE_MS);
		woken_ones +=
		    w[i].result == -1 && w[i].kind == TCPUNIT_ERROR_CLOSED;
	}
	is_int(woken_ones, WAITERS, "closing it wakes the threads that wait");
	ok(failed(tcp_close_condition(condition) == -1, TCPUNIT_ERROR_CLOSED,
	       EBADF) &&
		failed(tcp_condition_wait(condition, -1) == -1,
		    TCPUNIT_ERROR_CLOSED, EBADF) &&
		failed(tcp_condition_signal(condition) == -1,
		    TCPUNIT_ERROR_CLOSED, EBADF),
	    "a closed condition is refused by every call");
	ok(tcp_condition_p(condition), "and is still a condition");
}

static void
deadlock(void)
{
	struct waiter w;

	condition = tcp_make_condition();
	ok(failed(tcp_condition_wait(condition, -1) == -1,
	       TCPUNIT_ERROR_DEADLOCK, EDEADLK),
	    "waiting for ever alone is a deadlock");
	start(&w, -1);
	ok(failed(tcp_thread_join(w.thread, NULL, -1) == -1,
	       TCPUNIT_ERROR_DEADLOCK, EDEADLK),
	    "and so is joining a thread that nobody could wake");
	tcp_condition_signal(condition);
	tcp_thread_join(w.thread, NULL, PATIENCE_MS);
	tcp_close_condition(condition);
}

/* Two threads wake each other by turns, many more times than a thread can
 * call the library without letting other threads run.  A lost signal would
 * be a deadlock. */
static struct {
	tcp_condition changed;
	int value;
	bool lost;
} game;

static void *
play(void *arg)
{
	int odd = arg != NULL;

	while (game.value < MANY_CALLS && !game.lost) {
		while (game.value % 2 != odd && !game.lost)
			game.lost = tcp_condition_wait(game.changed, -1) == -1;
		game.value++;
		tcp_condition_signal(game.changed);
	}
	return NULL;
}

static void
loses_nothing(void)
{
	tcp_thread even, odd;

	game.changed = tcp_make_condition();
	even = tcp_thread_start(play, NULL);
	odd = tcp_thread_start(play, &game);
	tcp_thread_join(even, NULL, -1);
	tcp_thread_join(odd, NULL, -1);
	ok(!game.lost && game.value >= MANY_CALLS,
	    "no thread runs between a test and the wait");
	tcp_close_condition(game.changed);
}

static void *
note_turn(void *arg)
{
	bool *has_run = arg;

	*has_run = true;
	return NULL;
}

/* A wait with a limit of 0 never parks. */
static void
polling(void)
{
	bool has_run = false;
	tcp_thread t = tcp_thread_start(note_turn, &has_run);

	condition = tcp_make_condition();
	for (int i = 0; i < MANY_CALLS && !has_run; i++)
		tcp_condition_wait(condition, 0);
	ok(has_run, "a thread that polls lets others run");
	tcp_thread_join(t, NULL, -1);
	tcp_close_condition(condition);
}

/* A mutex that a thread holds while it looks at its data, but not while it
 * waits. */
static tcp_mutex mutex;
static bool ready, seen;

static void *
consume(void *arg)
{
	tcp_mutex_lock(mutex, -1);
	while (!ready) {
		tcp_mutex_unlock(mutex);
		if (tcp_condition_wait(condition, -1) == -1)
			return NULL;
		tcp_mutex_lock(mutex, -1);
	}
	seen = true;
	tcp_mutex_unlock(mutex);
	return arg;
}

static void
with_mutex(void)
{
	tcp_thread t;

	mutex = tcp_make_mutex();
	condition = tcp_make_condition();
	t = tcp_thread_start(consume, NULL);
	tcp_thread_yield();
	tcp_mutex_lock(mutex, -1);
	ready = true;
	tcp_condition_signal(condition);
	tcp_thread_sleep(1);
	ok(!seen, "a thread that was signalled waits for the mutex");
	tcp_mutex_unlock(mutex);
	ok(tcp_thread_join(t, NULL, PATIENCE_MS) == 0 && seen, "and gets it");
	tcp_close_mutex(mutex);
	tcp_close_condition(condition);
}

static void
left_to_shutdown(void)
{
	struct waiter w[2];

	condition = tcp_make_condition();
	start(&w[0], -1);
	start(&w[1], PATIENCE_MS);
	tcp_shutdown();
	ok(failed(tcp_condition_signal(condition) == -1, TCPUNIT_ERROR_CLOSED,
	       EBADF),
	    "shutdown closes conditions that threads wait for");
}

int
main(void)
{
	sandbox();
	run(signals);
	run(broadcasts);
	run(limits);
	run(late);
	run(closed);
	run(deadlock);
	run(loses_nothing);
	run(polling);
	run(with_mutex);
	run(left_to_shutdown);
	return done_testing();
}
