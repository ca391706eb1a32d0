/* SPDX-License-Identifier: ISC */
/*
 * Checked calls on threads.
 */
#include "clock.h"
#include "invariant.h"
#include "port.h"
#include "stale.h"
#include "verdict.h"

enum { TICK = 1000 }; /* the library's tick, in nanoseconds */

static void check_order(const struct sim_call *);
static bool ended(const struct sim_call *, int64_t);
static bool at_once(const struct sim_call *, int64_t);

int
sim_join(struct sim_task *t, int ms)
{
	struct sim_call c;
	void *result;
	int r;

	sim_call_begin(&c, "join", ms);
	c.target = t;
	c.inside = true;
	c.ready = ended;
	r = tcp_thread_join(t->thread, &result, ms);
	if (r == 0 && (!t->ended || result != t))
		sim_fail("a thread is joined that has not ended");
	sim_call_end(&c, r == -1);
	if (r == 0) {
		t->joined = true;
		sim_stale_thread(t->thread);
	}
	return r;
}

void
sim_detach(struct sim_task *t)
{
	if (tcp_thread_detach(t->thread) == -1)
		sim_fail("detach: %s", tcp_last_error()->text);
	t->detached = true;
}

void
sim_yield(void)
{
	struct sim_call c;

	sim_call_begin(&c, "yield", -1);
	c.ready = at_once;
	tcp_thread_yield();
	sim_call_end(&c, false);
}

int
sim_sleep(int ms)
{
	struct sim_call c;
	int r;

	sim_call_begin(&c, "sleep", ms);
	c.inside = true;
	c.ready = ms == 0 ? at_once : NULL;
	c.sleep = ms > 0;
	r = tcp_thread_sleep(ms);
	if (r == 0 && sim_now() < c.deadline - 1000)
		sim_fail("sleep ends %.3f ms early",
		    (double)(c.deadline - sim_now()) / SIM_MS);
	if (r == 0 && ms > 0)
		check_order(&c);
	sim_call_end(&c, r == -1);
	return r;
}

/* A thread must not sleep longer than one that had to wake before it.  If a
 * call lets others run first, its sleep begins after that. */
static void
check_order(const struct sim_call *c)
{
	const struct sim_task *t;
	int64_t time;
	unsigned i;

	for (i = 0; (t = sim_task_at(i)) != NULL; i++) {
		if (t->ended || t->call == NULL || !t->call->sleep ||
		    t->terminated)
			continue;
		time = t->call->asked + t->call->deadline - t->call->begun;
		if (t->call->asked != 0 && time < c->deadline - TICK)
			sim_fail("%u still sleeps, though its time came "
				 "%.6f ms before",
			    t->number, (double)(c->deadline - time) / SIM_MS);
	}
}

void
sim_terminate(struct sim_task *t)
{
	if (tcp_thread_terminate(t->thread) == -1)
		sim_fail("terminate: %s", tcp_last_error()->text);
	t->terminations++;
	t->terminated = true;
}

static bool
ended(const struct sim_call *c, int64_t by)
{
	return c->target->ended && c->target->ended_at <= by;
}

static bool
at_once(const struct sim_call *c, int64_t by)
{
	(void)c;
	(void)by;
	return true;
}
