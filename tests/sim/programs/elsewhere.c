/* SPDX-License-Identifier: ISC */
/*
 * What happens elsewhere: OS threads and signal handlers wake threads, calls
 * run on OS threads, signals come, and connections are given away and taken
 * back.  Threads give up or are terminated at any moment.
 */
#include <pthread.h>
#include <signal.h>

#include "../clock.h"
#include "../os_thread.h"
#include "../outside.h"
#include "../program.h"
#include "../random.h"

enum {
	MAX_WAKEES = 4,
	MAX_WAKERS = 3,
	WAKES = 20,
	MAX_CALLERS = 12,
	CALLS = 3,
	MAX_WAITERS = 3,
	SIGNALS = 10,
	SIZE = 20000
};

static struct sim_wakee wakees[MAX_WAKEES];
static struct sim_job jobs[MAX_CALLERS][CALLS];
static const int numbers[] = {SIGHUP, SIGUSR1, SIGUSR2};
static struct sim_link client, server;

static struct sim_task *tasks[MAX_WAKEES + MAX_CALLERS + MAX_WAITERS + 2];
static unsigned n_tasks, n_wakees;

static void
add(void (*f)(void *), void *arg)
{
	tasks[n_tasks++] = sim_task_new(f, arg);
}

/* Whether a thread continues after its call: until it is terminated. */
static bool
continues(int r)
{
	if (r == -1 && sim_failure() == TCPUNIT_ERROR_TERMINATED)
		return false;
	if (r == -1 && sim_failure() == TCPUNIT_ERROR_SYSTEM)
		(void)sim_sleep(1 + (int)sim_below(100)); /* no descriptor */
	sim_some_work();
	return true;
}

static void
await_wakes(void *wakee)
{
	while (continues(sim_wait_wake(wakee, sim_some_limit(20))))
		;
}

static void
wake_one(void *unused)
{
	(void)unused;
	sim_wake(&wakees[sim_below(n_wakees)]);
}

/* Runs on an OS thread. */
static void *
wake_some(void *unused)
{
	int i;

	for (i = 0; i < WAKES; i++) {
		sim_os_thread_sleep(sim_between(0, 20 * SIM_MS));
		wake_one(unused);
	}
	return NULL;
}

static void
call(void *job)
{
	struct sim_job *j = job;
	int i;

	for (i = 0; i < CALLS; i++) {
		j[i].ns = sim_between(0, sim_chance(5000) ? 0 : 50 * SIM_MS);
		if (!continues(sim_call(&j[i], sim_some_limit(50))))
			break;
	}
}

static int
some_signal(void)
{
	return numbers[sim_below(3)];
}

/* As a bit of a set. */
static uint64_t
some_bit(void)
{
	return UINT64_C(1) << some_signal();
}

static void
await_signals(void *unused)
{
	uint64_t set;

	(void)unused;
	do {
		set = some_bit();
		set |= some_bit();
	} while (continues(sim_wait_signal(set, sim_some_limit(20))));
}

static void
signal_comes(void *unused)
{
	(void)unused;
	sim_send_signal(some_signal());
}

/* Gives the connection away and takes it back, or leaves it as it is. */
static int
hand_over(struct sim_link *l)
{
	int fd;

	if (!sim_chance(3000))
		return 0;
	while ((fd = sim_release(l)) == -1)
		if (sim_read_buffered(&l->in, 1000) < 1 &&
		    sim_flush(&l->out) == -1)
			return 0;
	(void)sim_sleep((int)sim_below(10));
	return sim_adopt(l, fd);
}

static void
feed(void *unused)
{
	uint64_t total = sim_some_bytes(SIZE);
	ssize_t r;

	(void)unused;
	do {
		if (sim_chance(2000))
			sim_set_buffer(&client.out, sim_below(1000));
		sim_set_limit(&client.out, sim_some_limit(100));
		r = sim_write(&client.out, sim_some_bytes(1000));
		if (hand_over(&client) == -1)
			return;
	} while (sim_goes_on(r) && client.out.flow->written < total);
	sim_close_link(&client);
}

static void
drain(void *unused)
{
	ssize_t r;

	(void)unused;
	do {
		sim_set_limit(&server.in, sim_some_limit(100));
		r = sim_read(&server.in, sim_some_bytes(1000));
		if (hand_over(&server) == -1)
			return;
	} while (sim_goes_on(r));
	sim_close_link(&server);
}

static void
start_threads(void)
{
	unsigned i, n = sim_below(MAX_CALLERS + 1);

	n_wakees = 1 + sim_below(MAX_WAKEES);
	for (i = 0; i < n_wakees; i++) {
		wakees[i].since = SIM_NEVER;
		add(await_wakes, &wakees[i]);
		wakees[i].task = tasks[n_tasks - 1];
	}
	for (i = 0; i < n; i++)
		add(call, jobs[i]);
	for (i = sim_below(MAX_WAITERS + 1); i > 0; i--)
		add(await_signals, NULL);
}

/* Events are what a signal handler is: they come in any call of the system. */
static void
start_outside(void)
{
	unsigned i, n = sim_below(MAX_WAKERS + 1);
	pthread_t id;

	for (i = 0; i < n; i++)
		if (pthread_create(&id, NULL, wake_some, NULL) == 0)
			(void)pthread_detach(id);
	for (i = 0; i < SIGNALS; i++) {
		sim_at(
		    sim_now() + sim_between(0, 200 * SIM_MS), wake_one, NULL);
		sim_at(sim_now() + sim_between(0, 200 * SIM_MS), signal_comes,
		    NULL);
	}
}

static void
end_one(struct sim_task *t)
{
	if (!t->ended && sim_chance(500))
		sim_terminate(t);
}

static void
await(struct sim_task *t)
{
	while (!t->joined)
		if (sim_join(t, 100) == -1 && !t->ended && sim_chance(2000))
			sim_terminate(t);
}

static void
block_signals(void)
{
	sigset_t signals;
	int i;

	(void)sigemptyset(&signals);
	for (i = 0; i < 3; i++)
		(void)sigaddset(&signals, numbers[i]);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

void
sim_run_elsewhere(void)
{
	bool linked = sim_pair(&client, &server) == 0;
	struct sim_task *feeder = NULL, *drainer = NULL;
	unsigned i;

	block_signals();
	if (linked) {
		feeder = sim_task_new(feed, NULL);
		drainer = sim_task_new(drain, NULL);
	}
	start_threads();
	start_outside();
	for (i = 0; i < WAKES; i++) {
		(void)sim_sleep((int)sim_below(20));
		wake_one(NULL);
		end_one(tasks[sim_below(n_tasks)]);
	}
	if (linked) {
		(void)sim_join(feeder, -1);
		(void)sim_join(drainer, -1);
	}
	sim_keep_wakes();
	if (sim_chance(3000)) {
		tcp_shutdown();
		sim_tasks_vanish();
	} else {
		while (n_tasks > 0)
			await(tasks[--n_tasks]);
		sim_check_signals();
	}
	while (sim_os_threads() > 0 && sim_next() != SIM_NEVER)
		sim_jump(sim_next());
	for (i = 0; i < MAX_CALLERS * CALLS; i++)
		sim_check_job(&jobs[i / CALLS][i % CALLS]);
}
