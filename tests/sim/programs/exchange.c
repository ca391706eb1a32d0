/* SPDX-License-Identifier: ISC */
/*
 * Threads that wait for one another: a mailbox between many threads; a queue
 * made of mutexes and conditions; mutexes in a circle.  Threads give up, are
 * terminated, or end while they own a mutex, and mailboxes are closed while
 * threads wait for them.
 */
#include "../clock.h"
#include "../exchange.h"
#include "../program.h"
#include "../random.h"
#include "../verdict.h"

enum { THREADS = 4, CIRCLE = 4 };

static struct sim_mailbox mailbox;
static struct sim_mutex mutex;
static struct sim_condition changed;
static unsigned items, produced, consumed, producers;

static struct sim_mutex circle[CIRCLE];
static unsigned circle_size, deadlocks;

/* Whether a thread continues after a failure: it tries again unless it was
 * terminated or the object is closed. */
static bool
tries_again(void)
{
	if (sim_failure() == TCPUNIT_ERROR_DEADLOCK)
		sim_fail("a deadlock is told, though main sleeps");
	return sim_failure() == TCPUNIT_ERROR_TIMEOUT;
}

static void
send_all(void *arg)
{
	unsigned self = (unsigned)(uintptr_t)arg, i;

	for (i = 0; i < SIM_MESSAGES; i++) {
		sim_some_work();
		if (sim_chance(1000))
			sim_set_deadline((int)sim_below(20));
		if (sim_chance(1000))
			sim_rouse(&changed, sim_chance(5000));
		while (sim_send(&mailbox, self, sim_some_limit(50)) == -1) {
			if (!tries_again())
				return;
			if (sim_chance(5000))
				sim_end_deadline();
		}
	}
}

static int
receive(void)
{
	if (sim_chance(5000))
		return sim_receive(&mailbox, sim_some_limit(50));
	return sim_select(&mailbox, &changed, sim_some_limit(50));
}

static void
receive_all(void *unused)
{
	(void)unused;
	for (;;) {
		while (receive() == -1)
			if (!tries_again())
				return;
		sim_some_work();
	}
}

/* The main thread sleeps with a limit.  Because it will wake, the library
 * never sees a deadlock here. */
static void
await(struct sim_task **t, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		while (!t[i]->joined)
			if (sim_join(t[i], 1000) == -1 && !t[i]->ended &&
			    sim_chance(500))
				sim_terminate(t[i]);
}

static void
use_mailbox(void)
{
	struct sim_task *senders[THREADS], *receivers[THREADS];
	unsigned i, n = 1 + sim_below(THREADS), m = 1 + sim_below(THREADS);

	sim_make_mailbox(&mailbox, sim_below(SIM_ROOM + 1));
	mailbox.ordered = m == 1;
	sim_make_condition(&changed);
	for (i = 0; i < n; i++)
		senders[i] = sim_task_new(send_all, (void *)(uintptr_t)i);
	for (i = 0; i < m; i++)
		receivers[i] = sim_task_new(receive_all, NULL);
	if (sim_chance(3000)) {
		(void)sim_sleep(1 + (int)sim_below(50));
		i = sim_below(n);
		if (!senders[i]->ended)
			sim_terminate(senders[i]);
	}
	if (sim_chance(7000))
		await(senders, n);
	sim_close_mailbox(&mailbox);
	await(senders, n);
	await(receivers, m);
	sim_close_condition(&changed);
	for (i = 0; i < n; i++)
		if (mailbox.sent[i] != mailbox.received[i])
			sim_fail("%u messages of %u are lost",
			    mailbox.sent[i] - mailbox.received[i], i);
}

static bool
lock(void)
{
	while (sim_lock(&mutex, sim_some_limit(100)) == -1)
		if (!tries_again())
			return false;
	return true;
}

/* Lets some time pass, so that a turn at the queue spans several calls. */
static void
take_time(void)
{
	if (sim_chance(3000))
		(void)sim_sleep((int)sim_below(5));
	sim_some_work();
}

static void
produce(void *unused)
{
	unsigned i;

	(void)unused;
	for (i = 0; i < SIM_MESSAGES && lock(); i++) {
		take_time();
		items++;
		produced++;
		if (sim_chance(200)) {
			sim_rouse(&changed, true);
			break; /* while it owns the mutex */
		}
		sim_rouse(&changed, sim_chance(2000));
		sim_unlock(&mutex);
	}
	producers--;
	sim_rouse(&changed, true);
}

static bool
await_item(void)
{
	while (items == 0 && producers > 0) {
		sim_unlock(&mutex);
		if (sim_await_signal(&changed, sim_some_limit(100)) == -1 &&
		    !tries_again())
			return false;
		if (!lock())
			return false;
	}
	return true;
}

static void
consume(void *unused)
{
	bool done = false;

	(void)unused;
	while (!done && lock() && await_item()) {
		take_time();
		done = items == 0;
		if (!done) {
			items--;
			consumed++;
		}
		sim_unlock(&mutex);
	}
	if (!done && mutex.owner == sim_task_self())
		sim_unlock(&mutex);
}

static void
use_queue(void)
{
	struct sim_task *t[2 * THREADS];
	unsigned i, n = 1 + sim_below(THREADS);

	sim_make_mutex(&mutex);
	sim_make_condition(&changed);
	items = produced = consumed = 0;
	producers = n;
	for (i = 0; i < n; i++)
		t[i] = sim_task_new(produce, NULL);
	for (i = 0; i < n; i++)
		t[n + i] = sim_task_new(consume, NULL);
	if (sim_chance(2000)) {
		(void)sim_sleep((int)sim_below(100));
		sim_close_condition(&changed);
		sim_make_condition(&changed);
	}
	await(t, 2 * n);
	if (produced != consumed + items)
		sim_fail(
		    "%u items became %u and %u", produced, consumed, items);
	sim_close_condition(&changed);
	sim_close_mutex(&mutex);
}

/* Only the thread that closes the circle gets the error. */
static void
lock_two(void *arg)
{
	uintptr_t i = (uintptr_t)arg;

	if (sim_lock(&circle[i], -1) == -1)
		return;
	(void)sim_sleep((int)sim_below(20));
	if (sim_lock(&circle[(i + 1) % circle_size], -1) != -1)
		sim_unlock(&circle[(i + 1) % circle_size]);
	else if (sim_failure() == TCPUNIT_ERROR_DEADLOCK)
		deadlocks++;
	sim_unlock(&circle[i]);
}

static void
use_circle(void)
{
	struct sim_task *t[CIRCLE] = {NULL};
	uintptr_t i;

	circle_size = 2 + sim_below(CIRCLE - 1);
	deadlocks = 0;
	for (i = 0; i < circle_size; i++)
		sim_make_mutex(&circle[i]);
	for (i = 0; i < circle_size; i++)
		t[i] = sim_task_new(lock_two, (void *)i);
	for (i = 0; i < circle_size; i++)
		(void)sim_join(t[i], -1);
	if (deadlocks > 1)
		sim_fail("%u threads of a circle are told of it", deadlocks);
	for (i = 0; i < circle_size; i++)
		sim_close_mutex(&circle[i]);
}

/* Uses up a part of its turn, so that the next call may let others run. */
static void
use_turn(struct sim_mutex *m)
{
	unsigned n;

	for (n = sim_below(300); n > 0; n--)
		if (sim_lock(m, 0) == 0)
			sim_unlock(m);
}

/* Each thread waits for its turn without a limit.  If a signal is lost, all
 * wait for ever, which the library reports as a deadlock. */
static void
play(void *arg)
{
	unsigned self = (unsigned)(uintptr_t)arg;
	struct sim_mutex own;

	sim_make_mutex(&own);
	while (produced < SIM_MESSAGES) {
		use_turn(&own);
		while (produced % producers != self && produced < SIM_MESSAGES)
			if (sim_await_signal(&changed, -1) == -1)
				sim_fail("a signal is lost");
		produced++;
		sim_rouse(&changed, true);
	}
	sim_close_mutex(&own);
}

static void
use_turns(void)
{
	struct sim_task *t[THREADS] = {NULL};
	uintptr_t i;

	sim_make_condition(&changed);
	produced = 0;
	producers = 2 + sim_below(THREADS - 1);
	for (i = 0; i < producers; i++)
		t[i] = sim_task_new(play, (void *)i);
	for (i = 0; i < producers; i++)
		if (sim_join(t[i], -1) == -1)
			sim_fail("a game does not end");
	sim_close_condition(&changed);
}

/* Starts threads that sleep, some of them repeatedly. */
static struct sim_group group;

static void
sleep_some_times(void *arg)
{
	unsigned times = (unsigned)(uintptr_t)arg;

	while (times-- > 0) {
		(void)sim_sleep(sim_chance(2000) ? -1 : (int)sim_below(100));
		sim_some_work();
	}
	sim_leave_group(&group);
}

static void
use_group(void)
{
	unsigned i, n = sim_below(2 * THREADS);

	sim_make_group(&group);
	for (i = 0; i < n; i++)
		(void)sim_join_group(
		    &group, sleep_some_times, (void *)(uintptr_t)sim_below(4));
	if (sim_chance(7000))
		(void)sim_group_wait(&group, (int)sim_below(300));
	while (sim_group_terminate(&group, (int)sim_below(1000)) == -1)
		if (!tries_again())
			return;
	if (sim_group_wait(&group, 0) == -1)
		sim_fail("a group without threads is waited for");
	sim_close_group(&group);
}

void
sim_run_exchange(void)
{
	unsigned rounds = 1 + sim_below(3);

	while (rounds-- > 0) {
		if (sim_chance(4000))
			use_mailbox();
		else if (sim_chance(5000))
			use_queue();
		else if (sim_chance(3000))
			use_turns();
		else if (sim_chance(5000))
			use_group();
		else
			use_circle();
	}
}
