/* SPDX-License-Identifier: ISC */
/*
 * The clock and the agenda: a heap of events, the earliest on top.
 */
#include "clock.h"

#include "memory.h"
#include "random.h"
#include "verdict.h"

struct event {
	int64_t when;
	uint64_t order;
	void (*f)(void *);
	void *arg;
};

enum { MAX_EVENTS = 1 << 16 };

void (*sim_clock_asked)(void);

static int64_t now, start;
static struct event *events;
static unsigned n_events;
static uint64_t order;
static bool busy; /* an event may spend no time */

static bool before(const struct event *, const struct event *);
static void swap(unsigned, unsigned);
static struct event take_first(void);

void
sim_clock_start(void)
{
	start = now = SIM_S * sim_between(1, 1000000);
	events = sim_memory(MAX_EVENTS * sizeof(*events));
	n_events = 0;
}

int64_t
sim_now(void)
{
	return now;
}

int64_t
sim_elapsed(void)
{
	return now - start;
}

void
sim_at(int64_t when, void (*f)(void *), void *arg)
{
	unsigned i = n_events++;

	if (n_events == MAX_EVENTS)
		sim_fail("the simulated machine has too much to do");
	events[i] = (struct event){when < now ? now : when, order++, f, arg};
	for (; i > 0 && before(&events[i], &events[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap(i, (i - 1) / 2);
}

void
sim_spend(int64_t ns)
{
	if (!busy)
		sim_jump(now + ns);
}

void
sim_stop_process(void)
{
	busy = false;
}

int64_t
sim_next(void)
{
	return n_events > 0 ? events[0].when : SIM_NEVER;
}

void
sim_jump(int64_t when)
{
	struct event e;

	if (busy)
		sim_fail("an event waits");
	busy = true;
	while (n_events > 0 && events[0].when <= when) {
		e = take_first();
		if (e.when > now)
			now = e.when;
		e.f(e.arg);
	}
	now = when;
	busy = false;
}

static bool
before(const struct event *a, const struct event *b)
{
	return a->when < b->when || (a->when == b->when && a->order < b->order);
}

static void
swap(unsigned i, unsigned j)
{
	struct event e = events[i];

	events[i] = events[j];
	events[j] = e;
}

static struct event
take_first(void)
{
	struct event first = events[0];
	unsigned i = 0, child;

	events[0] = events[--n_events];
	while ((child = 2 * i + 1) < n_events) {
		if (child + 1 < n_events &&
		    before(&events[child + 1], &events[child]))
			child++;
		if (!before(&events[child], &events[i]))
			break;
		swap(i, child);
		i = child;
	}
	return first;
}
