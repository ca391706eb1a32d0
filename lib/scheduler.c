/* SPDX-License-Identifier: ISC */
#include "scheduler.h"

#include <errno.h>
#include <stdlib.h>

#include "waiter.h"

enum {
	MIN_ROUND = 32, /* switches between two polls for events */
	MAX_ROUNDS = 16 /* in tu_run_ready */
};

static int wait_for(struct tu_scheduler *, int64_t);
static void stop(struct tu_scheduler *, struct tu_queue *, bool);
static struct tu_thread *next_ready(struct tu_scheduler *);
static bool has_events(const struct tu_scheduler *);
static int run_loop(struct tu_scheduler *, int (*)(struct tu_loop *));
static bool has_to_free(const struct tu_scheduler *);
static void begin_round(struct tu_scheduler *);
static void poll_events(struct tu_scheduler *);
static void wait_for_events(struct tu_scheduler *);
static void strike(void *);
static struct tu_thread *next_due(struct tu_scheduler *, int64_t);

int
tu_scheduler_init(struct tu_scheduler *s)
{
	struct tu_thread *first = tu_thread_alloc(s, "primordial");

	*s = (struct tu_scheduler){.first = first, .current = first};
	TAILQ_INIT(&s->ready);
	TAILQ_INIT(&s->out_of_fds);
	TAILQ_INIT(&s->idle);
	if (first != NULL && tu_loop_init(&s->loop, strike, s) == 0)
		return 0;
	if (first != NULL)
		tu_thread_free(first);
	return -1;
}

void
tu_scheduler_free(struct tu_scheduler *s)
{
	if (s->guest != NULL)
		tu_thread_vanish(s->guest);
	tu_thread_free(s->first);
	tu_stacks_free(&s->stacks);
	if (!s->forked) /* else the loop is the parent's */
		tu_loop_free(&s->loop);
}

int
tu_scheduler_claim(struct tu_scheduler *s)
{
	struct tu_thread *old = s->first, *self = s->current;

	if (tu_in_callback(s)) {
		errno = EBUSY; /* the loop that runs is the parent's */
		return -1;
	}
	if (tu_loop_claim(&s->loop) == -1)
		return -1;
	s->forked = false;
	s->claims++;
	s->outside = 0;
	self->joiner = NULL;
	if (old == self)
		return 0;
	s->first = self;
	tu_context_keep(&self->context);
	if (old->handle == 0)
		tu_thread_vanish(old);
	return 0;
}

int
tu_scheduler_share(struct tu_scheduler *s)
{
	if (tu_scheduler_invite(s) == -1)
		return -1;
	s->shared = true;
	return 0;
}

int
tu_scheduler_invite(struct tu_scheduler *s)
{
	if (s->guest == NULL)
		s->guest = tu_thread_alloc(s, NULL);
	if (s->guest == NULL)
		return -1;
	s->guest->parked = true; /* it is never ready */
	return 0;
}

enum tu_wake
tu_park(struct tu_scheduler *s, struct tu_queue *queue, int64_t until,
    enum tu_source source)
{
	struct tu_thread *self = s->current;
	struct tu_limit *limit = &self->limit;
	int64_t time = until < limit->deadline ? until : limit->deadline;

	if (tu_in_callback(s))
		return TU_BUSY;
	if (self->terminations > 0) {
		self->terminations--;
		return TU_TERMINATED;
	}
	if (limit->late)
		return TU_TIMED_OUT;
	self->woken = TU_ELAPSED;
	if (time == TU_NEVER || time > tu_now()) {
		if (wait_for(s, time) == -1)
			return TU_FAILED;
		stop(s, queue, source == TU_OUTSIDE || time != TU_NEVER);
	}
	/* cppcheck-suppress knownConditionTrueFalse ; it was parked */
	if (self->woken != TU_ELAPSED || time == until)
		return self->woken;
	limit->late = true;
	return TU_READY;
}

void
tu_wake(struct tu_thread *t, enum tu_wake why)
{
	if (!t->parked)
		return;
	if (t->queue != NULL)
		TAILQ_REMOVE(t->queue, t, link);
	t->queue = NULL;
	if (t->waiters != NULL)
		tu_waiters_leave(t);
	t->parked = false;
	t->woken = why;
	if (t->timer.thread != NULL)
		tu_loop_unset(&t->scheduler->loop, &t->timer);
	t->timer.thread = NULL;
	tu_make_ready(t);
}

void
tu_wake_all(struct tu_queue *queue, enum tu_wake why)
{
	struct tu_thread *t;

	while ((t = TAILQ_FIRST(queue)) != NULL)
		tu_wake(t, why);
}

void
tu_terminate(struct tu_thread *t)
{
	if (t->parked)
		tu_wake(t, TU_TERMINATED);
	else
		t->terminations++;
}

void
tu_yield(struct tu_scheduler *s)
{
	if (s->forked)
		return; /* all other threads are the parent's */
	s->current->turn = (struct tu_turn){0};
	if (tu_in_callback(s))
		return;
	if ((TAILQ_EMPTY(&s->ready) && has_events(s)) || has_to_free(s))
		poll_events(s);
	if (TAILQ_EMPTY(&s->ready))
		return;
	tu_make_ready(s->current);
	tu_run_next(s);
}

void
tu_run_ready(struct tu_scheduler *s)
{
	int i;

	strike(s); /* libevent may be late, and poll would not wait */
	poll_events(s);
	for (i = 0; i < MAX_ROUNDS && !TAILQ_EMPTY(&s->ready); i++)
		tu_yield(s);
	if (s->before_wait != NULL)
		s->before_wait(s);
	tu_loop_arm(&s->loop, !TAILQ_EMPTY(&s->ready));
}

/* Sets the running thread's timer to TIME.  0, or -1 with errno. */
static int
wait_for(struct tu_scheduler *s, int64_t time)
{
	struct tu_timer *timer = &s->current->timer;

	if (time == TU_NEVER)
		return 0;
	timer->thread = s->current;
	if (tu_loop_set(&s->loop, timer, time) == 0)
		return 0;
	timer->thread = NULL;
	return -1;
}

/* Parks the running thread until another one wakes it. */
static void
stop(struct tu_scheduler *s, struct tu_queue *queue, bool outside)
{
	struct tu_thread *self = s->current;

	self->turn = (struct tu_turn){0};
	self->parked = true;
	self->queue = queue;
	if (queue != NULL)
		TAILQ_INSERT_TAIL(queue, self, link);
	s->outside += outside;
	tu_run_next(s);
	s->outside -= outside;
}

void
tu_make_ready(struct tu_thread *t)
{
	TAILQ_INSERT_TAIL(&t->scheduler->ready, t, link);
	t->scheduler->n_ready++;
}

void
tu_leave_ready(struct tu_thread *t)
{
	TAILQ_REMOVE(&t->scheduler->ready, t, link);
	t->scheduler->n_ready--;
}

/* Switches to the first ready thread, which may be the running one. */
void
tu_run_next(struct tu_scheduler *s)
{
	struct tu_thread *self = s->current, *next = next_ready(s);

	tu_leave_ready(next);
	if (next == self)
		return;
	s->current = next;
	tu_context_switch(self->ended ? NULL : &self->context, &next->context);
	tu_thread_reap(s);
}

static struct tu_thread *
next_ready(struct tu_scheduler *s)
{
	if ((has_events(s) && s->round-- == 0) || has_to_free(s))
		poll_events(s);
	while (TAILQ_EMPTY(&s->ready)) {
		if (has_events(s))
			wait_for_events(s);
		else /* no thread can ever run again: wake one to fail */
			tu_wake(s->current->ended ? s->first : s->current,
			    TU_DEADLOCK);
	}
	return TAILQ_FIRST(&s->ready);
}

/* Whether an event could make a thread ready. */
static bool
has_events(const struct tu_scheduler *s)
{
	return s->outside > 0 || s->shared;
}

/* At most once a round. */
static bool
has_to_free(const struct tu_scheduler *s)
{
	return s->loop.deferred >= MIN_ROUND && s->loop.deferred >= s->n_ready;
}

/* A round ends when every thread that was ready has had its turn.  Polling
 * earlier would make the kernel report the same events again. */
static void
begin_round(struct tu_scheduler *s)
{
	s->round = s->n_ready > MIN_ROUND ? s->n_ready : MIN_ROUND;
}

static void
poll_events(struct tu_scheduler *s)
{
	(void)run_loop(s, tu_loop_poll); /* the next one may succeed */
	begin_round(s);
}

static void
wait_for_events(struct tu_scheduler *s)
{
	if (s->before_wait != NULL)
		s->before_wait(s);
	if (run_loop(s, tu_loop_wait) == -1)
		tu_wake(s->current->ended ? s->first : s->current, TU_FAILED);
	begin_round(s);
}

/* Callbacks of the program's change nothing of the thread that runs the loop,
 * such as the name of its call, its limit, or its error. */
static int
run_loop(struct tu_scheduler *s, int (*run)(struct tu_loop *))
{
	struct tu_thread *self = s->current;
	int result;

	if (s->guest != NULL)
		s->current = s->guest;
	result = run(&s->loop);
	s->current = self;
	return result;
}

/* Wakes the threads that are due.  They go to the head of the ready queue, so
 * that they do not wait for a whole round. */
static void
strike(void *scheduler)
{
	struct tu_scheduler *s = scheduler;
	struct tu_thread *t, *last = NULL;
	int64_t now = tu_now();

	while ((t = next_due(s, now)) != NULL) {
		tu_wake(t, TU_ELAPSED);
		TAILQ_REMOVE(&s->ready, t, link);
		if (last == NULL)
			TAILQ_INSERT_HEAD(&s->ready, t, link);
		else
			TAILQ_INSERT_AFTER(&s->ready, last, t, link);
		last = t;
	}
}

static struct tu_thread *
next_due(struct tu_scheduler *s, int64_t now)
{
	const struct tu_timer *first = s->loop.timers;

	return first != NULL && first->time <= now ? first->thread : NULL;
}
