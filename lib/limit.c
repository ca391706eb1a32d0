/* SPDX-License-Identifier: ISC */
#include "limit.h"

#include "scheduler.h"

enum {
	MAX_BYTES = 1 << 20,
#ifdef TCPUNIT_TINY /* calls of one byte */
	MAX_LATE_CALLS = 256 * TU_TURN,
#else
	MAX_LATE_CALLS = TU_TURN,
#endif
};

static void charge(struct tu_turn *, size_t);
static bool past_deadline(const struct tu_thread *);

void
tu_limit_each(struct tu_scheduler *s, int ms)
{
	if (!past_deadline(s->current))
		tu_limit_begin(s->current, ms, true);
}

enum tu_wake
tu_go_on(struct tu_scheduler *s)
{
	struct tu_limit *limit = &s->current->limit;

	if (s->current->turn.calls >= TU_TURN) {
		tu_yield(s);
		if (!limit->late && limit->deadline != TU_NEVER)
			limit->late = limit->deadline <= tu_now();
	}
	return limit->late && limit->turn.calls >= MAX_LATE_CALLS ? TU_TIMED_OUT
								  : TU_READY;
}

void
tu_charge(struct tu_scheduler *s, ssize_t moved)
{
	const size_t bytes = moved > 0 ? (size_t)moved : 0;
	struct tu_thread *self = s->current;

	charge(&self->turn, bytes);
	if (self->limit.each && bytes > 0 && !past_deadline(self))
		tu_limit_begin(self, self->limit.ms, true);
	else if (self->limit.late)
		charge(&self->limit.turn, bytes);
}

static void
charge(struct tu_turn *turn, size_t bytes)
{
	turn->calls += TU_SYSTEM_CALL;
	turn->bytes += bytes;
	if (turn->bytes >= MAX_BYTES)
		turn->calls = TU_TURN_OVER;
}

bool
tu_hurried(const struct tu_scheduler *s)
{
	return s->current->limit.late || s->current->terminations > 0 ||
	    tu_in_callback(s);
}

/* Once it has run out, the deadline of the thread lets no limit begin anew
 * within a call. */
static bool
past_deadline(const struct tu_thread *self)
{
	return self->limit.late && self->deadline != TU_NEVER &&
	    self->deadline <= tu_now();
}

void
tu_limit_begin(struct tu_thread *self, int ms, bool each)
{
	int64_t deadline = ms > 0 ? tu_after(ms) : TU_NEVER;

	self->limit = (struct tu_limit){
	    .deadline = deadline < self->deadline ? deadline : self->deadline,
	    .ms = ms,
	    .each = each,
	    .late = ms == 0,
	};
}
