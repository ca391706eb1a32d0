/* SPDX-License-Identifier: ISC */
/*
 * The invariants.  The simulated machine knows since when each file has been
 * ready, and each call has said what it waits for.  From this follows what the
 * library should have done; the library itself is not asked.
 */
#include "invariant.h"

#include "clock.h"
#include "memory.h"
#include "os_thread.h"
#include "poller.h"
#include "stale.h"
#include "verdict.h"
#include "weather.h"

enum {
	TICK = 1000,        /* the library's tick, in nanoseconds */
	COARSE = 8000000,   /* twice the tick of libevent's timers */
	ROUND = 96,         /* turns between two polls, with a margin */
	CALLS = 16,         /* library calls in a turn */
	IDLE_LOOKUPS = 600, /* seconds until the last OS thread ends */
	WARM_THREADS = 256
};

static struct {
	uint64_t steps, turns;
	struct sim_task *last;
	long blocks, mapped;
	int files; /* that the library keeps for ever */
} state;

static void warm_up(void);
static void check_early(const struct sim_call *);
static void check_timeout(const struct sim_call *);
static bool had_turn(const struct sim_call *, const struct sim_moves *);
static void check_late(const struct sim_call *);
static void check_deadlock(const struct sim_call *);
static void check_termination(struct sim_task *, const struct sim_call *);
static void look_at_all(void);
static void look_at(struct sim_task *);
static void note_ready(struct sim_call *);
static void note_deadline(struct sim_call *);
static bool passed(const struct sim_call *);
static void may_sleep(int64_t);
static void tell_who_waits(void);
static bool could_go_on(const struct sim_task *);

void
sim_invariants_start(void)
{
	sim_poller_check = may_sleep;
	warm_up();
}

static void *
do_nothing(void *arg)
{
	return arg;
}

/* The library keeps the bells of threads for ever.  They are made before the
 * count begins, for more threads than a program has. */
static void
warm_up(void)
{
	for (int i = 0; i < WARM_THREADS; i++)
		(void)tcp_thread_start(do_nothing, NULL);
	tcp_shutdown();
	state.blocks = sim_blocks();
	state.mapped = sim_mapped();
	(void)tcp_current_thread();
}

void
sim_keep_file(void)
{
	state.files++;
}

uint64_t
sim_step(void)
{
	return state.steps;
}

uint64_t
sim_turn(void)
{
	return state.turns;
}

void
sim_call_begin(struct sim_call *c, const char *name, int ms)
{
	struct sim_task *t = sim_task_self();

	*c = (struct sim_call){.name = name, .begun = sim_now()};
	c->deadline = ms < 0 ? SIM_NEVER : sim_now() + ms * SIM_MS;
	if (t->deadline != 0 && t->deadline < c->deadline)
		c->deadline = t->deadline;
	t->call = c;
}

void
sim_call_end(struct sim_call *c, bool failed)
{
	struct sim_task *t = sim_task_self();
	enum tcp_error_kind kind =
	    failed ? tcp_last_error()->kind : TCPUNIT_ERROR_NONE;

	if (failed)
		t->failure = kind;

	t->call = NULL;
	sim_say("%u: %s %s", t->number, c->name,
	    kind == TCPUNIT_ERROR_NONE ? "done" : tcp_last_error()->text);
	sim_note(c->name, t->number, kind);
	note_deadline(c);
	if (kind == TCPUNIT_ERROR_TIMEOUT) {
		check_early(c);
		check_timeout(c);
	}
	if (kind == TCPUNIT_ERROR_DEADLOCK)
		check_deadlock(c);
	if (kind == TCPUNIT_ERROR_TERMINATED)
		check_termination(t, c);
	check_late(c);
	sim_step_taken();
	sim_stale_check();
}

void
sim_step_taken(void)
{
	state.steps++;
	state.turns += sim_task_self() != state.last;
	state.last = sim_task_self();
	look_at_all();
}

void
sim_check_end(void)
{
	int64_t until = sim_now() + IDLE_LOOKUPS * SIM_S;

	tcp_shutdown();
	while (sim_os_threads() > 0 && sim_next() <= until)
		sim_jump(sim_next());
	if (sim_os_threads() > 0)
		sim_fail("%u OS threads are left", sim_os_threads());
	if (sim_table_count() != state.files)
		sim_fail(
		    "%d descriptors are left", sim_table_count() - state.files);
	if (sim_blocks() != state.blocks)
		sim_fail("%ld blocks of the heap are left",
		    sim_blocks() - state.blocks);
	if (sim_mapped() != state.mapped)
		sim_fail("%ld bytes of stacks are left",
		    sim_mapped() - state.mapped);
}

static void
check_early(const struct sim_call *c)
{
	if (c->deadline != SIM_NEVER && sim_now() < c->deadline - TICK)
		sim_fail("%s times out %.3f ms before its limit", c->name,
		    (double)(c->deadline - sim_now()) / SIM_MS);
}

/* A time-out is wrong if the event that the call waited for came before the
 * deadline, and the call has had no turn since the deadline passed. */
static void
check_timeout(const struct sim_call *c)
{
	if (c->ready == NULL || c->deadline == SIM_NEVER ||
	    !c->ready(c, c->deadline))
		return;
	if (c->in != NULL && had_turn(c, &c->in->reads))
		return;
	if (c->out != NULL && had_turn(c, &c->out->writes))
		return;
	sim_fail("%s times out after %.3f ms, although what it waited for "
		 "came in time",
	    c->name, (double)(sim_now() - c->begun) / SIM_MS);
}

/* Whether as many calls as fit in a turn were made since the deadline or
 * shortly before it. */
static bool
had_turn(const struct sim_call *c, const struct sim_moves *m)
{
	return sim_weather.buffer > 1 << 16 ||
	    sim_first_move(m) >= c->deadline - SIM_MOVES * sim_weather.cost;
}

static void
check_late(const struct sim_call *c)
{
	uint64_t late = c->late_at ? state.turns - c->late_at : 0;

	if (late > ROUND + 4 * sim_tasks_alive())
		sim_fail("%s returns %llu turns after its limit", c->name,
		    (unsigned long long)late);
}

static void
check_deadlock(const struct sim_call *c)
{
	struct sim_task *t;
	unsigned i;

	for (t = c->target; t != NULL && t != sim_task_self();)
		t = t->call != NULL ? t->call->target : NULL;
	if (t != NULL)
		return; /* the join would have closed a circle */
	for (i = 0; (t = sim_task_at(i)) != NULL; i++)
		if (t != sim_task_self() && !t->ended && could_go_on(t))
			sim_fail("%s tells of a deadlock, but %u could go on",
			    c->name, t->number);
}

static bool
could_go_on(const struct sim_task *t)
{
	return t->call == NULL || !t->call->inside ||
	    t->call->deadline != SIM_NEVER ||
	    (t->call->ready != NULL && t->call->ready(t->call, sim_now()));
}

static void
check_termination(struct sim_task *t, const struct sim_call *c)
{
	if (t->terminations == 0 && !t->grouped)
		sim_fail("%s tells of a termination again", c->name);
	if (t->terminations > 0)
		t->terminations--;
	t->terminated = t->terminations > 0;
	if (c->ready != NULL && c->ready(c, c->begun))
		sim_fail("%s is terminated, though it need not wait", c->name);
}

static void
look_at_all(void)
{
	struct sim_task *t;
	unsigned i;

	for (i = 0; (t = sim_task_at(i)) != NULL; i++)
		if (!t->ended)
			look_at(t);
}

/* No thread may be kept for long from running when it is ready. */
static void
look_at(struct sim_task *t)
{
	uint64_t since = t->ready_at, most;
	const char *what = "has started";

	if (t->call != NULL) {
		note_deadline(t->call);
		note_ready(t->call);
		since = t->call->ready_at;
		what = t->call->name;
	} else if (t->begun) {
		return;
	}
	/* Its event may be reported only after the events of all the others. */
	most = CALLS * (ROUND + 4 * sim_tasks_alive()) *
	    (1 + sim_tasks_alive() / (unsigned)sim_weather.most_events);
	if (since != 0 && state.steps - since > most)
		sim_fail("%u (%s) could go on for %llu steps and does not run",
		    t->number, what, (unsigned long long)(state.steps - since));
}

/* A thread that has moved bytes has run, and its wait begins anew. */
static void
note_ready(struct sim_call *c)
{
	unsigned moves = (c->in != NULL ? c->in->reads.n : 0) +
	    (c->out != NULL ? c->out->writes.n : 0);
	bool ready = passed(c) || (c->ready != NULL && c->ready(c, sim_now()));

	if (!ready)
		c->ready_at = 0;
	else if (c->ready_at == 0 || c->moves != moves)
		c->ready_at = state.steps;
	c->moves = moves;
}

static void
note_deadline(struct sim_call *c)
{
	if (!passed(c))
		c->late_at = 0;
	else if (c->late_at == 0)
		c->late_at = state.turns;
}

/* Whether the deadline has passed even on the coarsest clock, and even if the
 * call let others run before it computed the deadline. */
static bool
passed(const struct sim_call *c)
{
	int64_t time = c->deadline;

	if (time == SIM_NEVER)
		return false;
	if (c->asked > c->begun)
		time += c->asked - c->begun;
	return sim_now() > time + COARSE;
}

static void
tell_who_waits(void)
{
	struct sim_task *t;
	unsigned i;

	for (i = 0; (t = sim_task_at(i)) != NULL; i++)
		if (!t->ended && t->call != NULL)
			sim_say("%u waits in %s", i, t->call->name);
}

/* The machine may only go to sleep if no thread is able to run. */
static void
may_sleep(int64_t until)
{
	struct sim_task *t;
	unsigned i;

	if (until == SIM_NEVER && sim_next() == SIM_NEVER)
		tell_who_waits();
	for (i = 0; (t = sim_task_at(i)) != NULL; i++) {
		if (t->ended)
			continue;
		if (t->call == NULL)
			continue; /* it calls the library in another way */
		if (t->call->closed != NULL && *t->call->closed)
			sim_fail("%u (%s) sleeps, though its port is closed",
			    t->number, t->call->name);
		if (t->terminated)
			sim_fail("%u (%s) sleeps, though it is terminated",
			    t->number, t->call->name);
		if (t->call->ready != NULL &&
		    t->call->ready(t->call, sim_now()))
			sim_fail("everybody sleeps, but %u (%s) could go on",
			    t->number, t->call->name);
		if (t->call->deadline != SIM_NEVER &&
		    t->call->deadline + 2 * sim_weather.oversleep + SIM_S <
			sim_now())
			sim_fail("everybody sleeps after the limit of %u (%s)",
			    t->number, t->call->name);
	}
}
