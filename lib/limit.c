/* SPDX-License-Identifier: ISC */
#include "limit.h"

#include "scheduler.h"

/* A call that needs no system call counts as a sixteenth of one. */
enum {
	SYSTEM_CALL = 16,
	MAX_CALLS = 16 * SYSTEM_CALL,
	MAX_BYTES = 1 << 20,
#ifdef TCPUNIT_TINY /* calls of one byte */
	MAX_LATE_CALLS = 256 * MAX_CALLS,
#else
	MAX_LATE_CALLS = MAX_CALLS,
#endif
};

static bool is_over(const struct tu_turn *, unsigned);
static bool past_deadline(const struct tu_thread *);
static void begin(struct tu_thread *, int, bool);

void
tu_call(struct tu_scheduler *s)
{
	struct tu_thread *self = s->current;

	self->turn.calls++;
	if (is_over(&self->turn, MAX_CALLS))
		tu_yield(s);
	begin(self, -1, false);
}

void
tu_limit(struct tu_scheduler *s, int ms)
{
	begin(s->current, ms, false);
}

void
tu_limit_each(struct tu_scheduler *s, int ms)
{
	if (!past_deadline(s->current))
		begin(s->current, ms, true);
}

enum tu_wake
tu_go_on(struct tu_scheduler *s)
{
	struct tu_limit *limit = &s->current->limit;

	if (is_over(&s->current->turn, MAX_CALLS)) {
		tu_yield(s);
		if (!limit->late && limit->deadline != TU_NEVER)
			limit->late = limit->deadline <= tu_now();
	}
	return limit->late && is_over(&limit->turn, MAX_LATE_CALLS)
	    ? TU_TIMED_OUT
	    : TU_READY;
}

void
tu_charge(struct tu_scheduler *s, size_t bytes)
{
	struct tu_thread *self = s->current;

	self->turn.calls += SYSTEM_CALL;
	self->turn.bytes += bytes;
	if (self->limit.each && bytes > 0 && !past_deadline(self)) {
		begin(self, self->limit.ms, true);
	} else if (self->limit.late) {
		self->limit.turn.calls += SYSTEM_CALL;
		self->limit.turn.bytes += bytes;
	}
}

bool
tu_hurried(const struct tu_scheduler *s)
{
	return s->current->limit.late || s->current->terminations > 0 ||
	    tu_in_callback(s);
}

static bool
is_over(const struct tu_turn *turn, unsigned max_calls)
{
	return turn->calls >= max_calls || turn->bytes >= MAX_BYTES;
}

/* Once it has run out, the deadline of the thread lets no limit begin anew
 * within a call. */
static bool
past_deadline(const struct tu_thread *self)
{
	return self->limit.late && self->deadline != TU_NEVER &&
	    self->deadline <= tu_now();
}

static void
begin(struct tu_thread *self, int ms, bool each)
{
	int64_t deadline = ms > 0 ? tu_after(ms) : TU_NEVER;

	self->limit = (struct tu_limit){
	    .deadline = deadline < self->deadline ? deadline : self->deadline,
	    .ms = ms,
	    .each = each,
	    .late = ms == 0,
	};
}
