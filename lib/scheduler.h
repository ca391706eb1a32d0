/* SPDX-License-Identifier: ISC */
/*
 * The one place where green threads wait: the ready queue, parking, waking, and
 * running the event loop.  A thread stops in tu_park and nowhere
 * else; events, closing and terminating only wake it.  If no thread is ready,
 * the parking thread runs the event loop on its own stack.  No frame of the
 * loop is alive across a switch.
 */
#ifndef TU_SCHEDULER_H
#define TU_SCHEDULER_H

#include <sys/queue.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "green.h"
#include "loop.h"
#include "stack.h"
#include "tcpunit.h"

/* What could end a wait: an event or a time, or only another thread. */
enum tu_source { TU_OUTSIDE, TU_INSIDE };

/* Thousands of connections with layers may wait, and each look at the waits for
 * one of them goes through one list. */
enum { TU_WAIT_LISTS = 256 };

struct tu_scheduler {
	struct tu_loop loop;
	struct tu_thread *current;
	struct tu_thread *first; /* primordial, or the forking one */
	struct tu_thread *ended; /* the next thread frees its stack */
	/* The current thread while callbacks and layers run, once the program
	 * may have some of its own: so these change nothing of the thread on
	 * whose stack they run.  It has no stack and never parks.  Or NULL. */
	struct tu_thread *guest;
	bool shared; /* the program may have events and callbacks */
	struct tu_queue ready;
	struct tu_queue out_of_fds; /* threads that wait for a free fd */
	/* Used by watch.c: events that fired while no thread was parked for
	 * them, which it removes before the loop waits; and the waits, at the
	 * end. */
	TAILQ_HEAD(, tu_watch) idle;
	void (*before_wait)(struct tu_scheduler *);
	struct tu_stacks stacks;
	unsigned outside; /* parked threads that an event could wake */
	unsigned n_ready;
	unsigned round;    /* switches until the next poll for events */
	unsigned claims;   /* by children of fork(2) */
	unsigned searches; /* of waits: see tu_waits_for */
	bool forked;       /* in a child, before tu_scheduler_claim: the events
			      are the parent's, and stay */
	LIST_HEAD(tu_waits, tu_wait) waits[TU_WAIT_LISTS]; /* by descriptor */
};

/* 0, or -1 with errno. */
int tu_scheduler_init(struct tu_scheduler *s);
void tu_scheduler_free(struct tu_scheduler *s);

/*
 * For the child of fork(2): replaces the event loop that it shares with its
 * parent by one of its own, and makes the running thread the first one.  The
 * other threads never run again: the caller frees those that have handles.  0,
 * or -1 with errno.
 */
int tu_scheduler_claim(struct tu_scheduler *s);

/* Makes the guest, if there is none.  0, or -1 with errno ENOMEM. */
int tu_scheduler_invite(struct tu_scheduler *s);

/* From now on the event loop may have events of the program's: their callbacks
 * run in a thread of their own, and may wake any other.  0, or -1 with errno
 * ENOMEM. */
int tu_scheduler_share(struct tu_scheduler *s);

/* Whether a callback of the event loop is running. */
static inline bool
tu_in_callback(const struct tu_scheduler *s)
{
	return s->guest != NULL && s->current == s->guest;
}

/* Runs what is ready, for some rounds, and does not wait. */
void tu_run_ready(struct tu_scheduler *s);

/* Pushes a cleanup of the running thread.  Cleanups are popped in reverse
 * order. */
static inline void
tu_cleanup_push(struct tu_scheduler *s, struct tu_cleanup *c, void (*f)(void *),
    void *argument)
{
	*c = (struct tu_cleanup){f, argument, s->current->cleanups};
	s->current->cleanups = c;
}

static inline void
tu_cleanup_pop(struct tu_scheduler *s)
{
	s->current->cleanups = s->current->cleanups->next;
}

/*
 * Stops the running thread, in QUEUE if that is not NULL, until it is woken,
 * the time is UNTIL, or the limit of its call has run out.  If SOURCE is
 * TU_INSIDE, only another thread can end the wait, apart from a time: if all
 * threads wait in this way, one of them gets TU_DEADLOCK.  Afterwards
 * everything may have changed: look all shared state up again.
 */
enum tu_wake tu_park(struct tu_scheduler *s, struct tu_queue *queue,
    int64_t until, enum tu_source source);

/* Makes T ready if it is parked. */
void tu_wake(struct tu_thread *t, enum tu_wake why);
void tu_wake_all(struct tu_queue *queue, enum tu_wake why);
/* Ends one wait of T, the one that it is in or else the next. */
void tu_terminate(struct tu_thread *t);

/* Put T at the end of the ready queue, and take it out of that queue. */
void tu_make_ready(struct tu_thread *t);
void tu_leave_ready(struct tu_thread *t);
/* Switches to the first ready thread, which may be the running one. */
void tu_run_next(struct tu_scheduler *s);

/* Lets the other ready threads run. */
void tu_yield(struct tu_scheduler *s);

/*
 * Begins each call that may park, and each question about a port.  It counts
 * the call, and lets the other threads run once this one has had its turn.
 * They run before the call looks at anything, so that its answer is still true
 * when it returns.  The call has no time limit until tu_limit.
 */
static inline void
tu_call(struct tu_scheduler *s)
{
	struct tu_thread *self = s->current;

	if (++self->turn.calls >= TU_TURN)
		tu_yield(s);
	self->limit = (struct tu_limit){.deadline = self->deadline, .ms = -1};
}

void tu_limit_begin(struct tu_thread *self, int ms, bool each);

static inline void
tu_limit(struct tu_scheduler *s, int ms)
{
	const struct tu_limit *limit = &s->current->limit;

	/* Calls that do not begin with tu_call find that of an earlier call. */
	if (ms != -1 || limit->ms != -1 || limit->late ||
	    limit->deadline != s->current->deadline)
		tu_limit_begin(s->current, ms, false);
}

/* Like tu_limit, but each system call that moves bytes restarts the limit. */
void tu_limit_each(struct tu_scheduler *s, int ms);

/* Called before each system call: lets others run once the turn is over.
 * TU_TIMED_OUT: the limit ran out, and the turn that followed is over. */
enum tu_wake tu_go_on(struct tu_scheduler *s);
/* Called after each system call, with the number of bytes that it moved, or -1.
 */
void tu_charge(struct tu_scheduler *s, ssize_t moved);

/* Whether a wait would fail at once.  If so, the caller has to look for data
 * instead of guessing that there is none. */
bool tu_hurried(const struct tu_scheduler *s);

#endif
