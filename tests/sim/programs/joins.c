/* SPDX-License-Identifier: ISC */
/*
 * Joins: trees of threads, with limits; detached threads; and circles of
 * threads, which are a deadlock.
 */
#include "../clock.h"
#include "../program.h"
#include "../random.h"
#include "../verdict.h"

enum { DEPTH = 3, WIDTH = 4, CIRCLE = 4 };

static struct sim_task *circle[CIRCLE];
static unsigned circle_size, deadlocks;

static void
grow(void *arg)
{
	uintptr_t depth = (uintptr_t)arg;
	struct sim_task *children[WIDTH];
	unsigned i, n = depth > 0 ? sim_below(WIDTH) : 0;

	for (i = 0; i < n; i++)
		children[i] = sim_task_new(grow, (void *)(depth - 1));
	sim_some_work();
	if (sim_chance(5000))
		(void)sim_sleep((int)sim_below(100));
	else
		sim_yield();
	for (i = 0; i < n; i++) {
		if (sim_chance(2000)) {
			sim_detach(children[i]);
			continue;
		}
		while (sim_join(children[i], sim_some_limit(100)) == -1 &&
		    sim_failure() == TCPUNIT_ERROR_TIMEOUT)
			sim_yield();
	}
}

/* Each thread joins the next one; the thread that closes the circle gets an
 * error. */
static void
turn(void *arg)
{
	uintptr_t i = (uintptr_t)arg;

	if (sim_chance(5000))
		(void)sim_sleep((int)sim_below(20));
	if (sim_join(circle[(i + 1) % circle_size], -1) == -1 &&
	    sim_failure() == TCPUNIT_ERROR_DEADLOCK)
		deadlocks++;
}

static void
make_circle(void)
{
	uintptr_t i;

	circle_size = 2 + sim_below(CIRCLE - 1);
	for (i = 0; i < circle_size; i++)
		circle[i] = sim_task_new(turn, (void *)i);
	(void)sim_sleep(50);
	while (!circle[0]->ended || !circle[circle_size - 1]->ended)
		(void)sim_sleep(10);
	for (i = 0; i < circle_size; i++)
		if (!circle[i]->joined)
			(void)sim_join(circle[i], -1);
	if (deadlocks != 1)
		sim_fail("%u threads of a circle are told of it", deadlocks);
}

void
sim_run_joins(void)
{
	struct sim_task *t = sim_task_new(grow, (void *)DEPTH);

	(void)sim_join(t, -1);
	if (sim_chance(5000))
		make_circle();
	while (sim_tasks_alive() > 1)
		(void)sim_sleep(10);
	/* No thread is left that could end this join. */
	if (sim_sleep(-1) != -1 || sim_failure() != TCPUNIT_ERROR_DEADLOCK)
		sim_fail("a deadlock is not told");
}
