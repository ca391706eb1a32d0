/* SPDX-License-Identifier: ISC */
/*
 * The ready queue, parking and waking, and who runs the event loop.
 */
#include "scheduler.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "error.h"

enum {
	MIN_ROUND = 32, /* switches between looks for events */
	MAX_CALLS = 16,
	MAX_BYTES = 1 << 20,
};

static void begin(void *);
static void make_ready(struct tu_thread *);
static void leave_ready(struct tu_thread *);
static void run_next(struct tu_scheduler *);
static struct tu_thread *next_ready(struct tu_scheduler *);
static void begin_round(struct tu_scheduler *);
static void poll_events(struct tu_scheduler *);
static void wait_for_events(struct tu_scheduler *);
static void reap(struct tu_scheduler *);
static void thread_strip(struct tu_thread *);
static int timer_set(struct tu_thread *, int64_t);
static void timer_fired(evutil_socket_t, short, void *);

int
tu_scheduler_init(struct tu_scheduler *s)
{
	struct event_config *config = event_config_new();
	struct tu_thread *first = calloc(1, sizeof(*first));
	struct event_base *base = NULL;

	if (config != NULL && first != NULL && tu_check_descriptors() == 0 &&
	    event_config_set_flag(config,
		EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) == 0)
		base = event_base_new_with_config(config);
	if (config != NULL)
		event_config_free(config);
	if (base == NULL) {
		free(first);
		errno = errno == EMFILE || errno == ENFILE ? errno : ENOMEM;
		return -1;
	}
	*s = (struct tu_scheduler){
	    .base = base, .first = first, .current = first};
	TAILQ_INIT(&s->ready);
	TAILQ_INIT(&s->idle);
	first->scheduler = s;
	return 0;
}

int
tu_check_descriptors(void)
{
	int fds[3], n = 0, error;

	while (n < 3 && (fds[n] = eventfd(0, EFD_CLOEXEC)) != -1)
		n++;
	error = errno;
	for (int i = 0; i < n; i++)
		(void)close(fds[i]); /* an eventfd */
	errno = error;
	return n == 3 ? 0 : -1;
}

void
tu_scheduler_free(struct tu_scheduler *s)
{
	tu_thread_free(s->first);
	tu_stacks_free(&s->stacks);
	event_base_free(s->base);
}

int
tu_scheduler_claim(struct tu_scheduler *s)
{
	struct tu_thread *old = s->first, *self = s->current;

	if (tu_check_descriptors() == -1 || event_reinit(s->base) == -1)
		return -1;
	s->forked = false;
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

struct tu_thread *
tu_thread_new(struct tu_scheduler *s, void *(*thunk)(void *), void *arg)
{
	struct tu_thread *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->scheduler = s;
	t->thunk = thunk;
	t->argument = arg;
	if (tu_context_make(&t->context, &s->stacks, begin, t) == -1) {
		free(t);
		return NULL;
	}
	make_ready(t);
	return t;
}

void
tu_thread_free(struct tu_thread *t)
{
	thread_strip(t);
	free(t);
}

void
tu_thread_vanish(struct tu_thread *t)
{
	struct tu_cleanup *c, *next;

	if (t->queue != NULL)
		TAILQ_REMOVE(t->queue, t, link);
	else if (!t->parked && !t->ended)
		leave_ready(t);
	for (c = t->cleanups; c != NULL; c = next) {
		next = c->next; /* c may be part of what is given back */
		c->f(c->argument);
	}
	tu_thread_free(t);
}

void
tu_cleanup_push(struct tu_scheduler *s, struct tu_cleanup *c, void (*f)(void *),
    void *argument)
{
	*c = (struct tu_cleanup){f, argument, s->current->cleanups};
	s->current->cleanups = c;
}

void
tu_cleanup_pop(struct tu_scheduler *s)
{
	s->current->cleanups = s->current->cleanups->next;
}

enum tu_wake
tu_park(struct tu_scheduler *s, struct tu_queue *queue, int64_t deadline,
    enum tu_source source)
{
	struct tu_thread *self = s->current;
	bool outside = source == TU_OUTSIDE || deadline != TU_NEVER;

	if (self->terminated)
		return TU_TERMINATED;
	if (deadline == TU_AT_ONCE ||
	    (deadline != TU_NEVER && deadline <= tu_now()))
		return TU_TIMED_OUT;
	if (deadline != TU_NEVER && timer_set(self, deadline) == -1)
		return TU_FAILED;
	self->calls = 0;
	self->bytes = 0;
	self->parked = true;
	self->queue = queue;
	if (queue != NULL)
		TAILQ_INSERT_TAIL(queue, self, link);
	s->outside += outside;
	run_next(s);
	s->outside -= outside;
	if (deadline != TU_NEVER)
		(void)event_del(self->timer); /* fails for a bad base only */
	return self->woken;
}

void
tu_wake(struct tu_thread *t, enum tu_wake why)
{
	if (!t->parked)
		return;
	if (t->queue != NULL)
		TAILQ_REMOVE(t->queue, t, link);
	t->queue = NULL;
	t->parked = false;
	t->woken = why;
	make_ready(t);
	if (why != TU_TIMED_OUT)
		return;
	/* A time that has come does not wait for a whole round. */
	TAILQ_REMOVE(&t->scheduler->ready, t, link);
	TAILQ_INSERT_HEAD(&t->scheduler->ready, t, link);
}

void
tu_wake_all(struct tu_queue *queue, enum tu_wake why)
{
	struct tu_thread *t;

	while ((t = TAILQ_FIRST(queue)) != NULL)
		tu_wake(t, why);
}

void
tu_yield(struct tu_scheduler *s)
{
	if (TAILQ_EMPTY(&s->ready) && s->outside > 0)
		poll_events(s);
	s->current->calls = 0;
	s->current->bytes = 0;
	if (TAILQ_EMPTY(&s->ready))
		return;
	make_ready(s->current);
	run_next(s);
}

void
tu_charge(struct tu_scheduler *s, size_t bytes)
{
	struct tu_thread *self = s->current;

	self->bytes += bytes;
	if (++self->calls >= MAX_CALLS || self->bytes >= MAX_BYTES)
		tu_yield(s);
}

int64_t
tu_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* is always there */
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
tu_deadline(int ms)
{
	if (ms < 0)
		return TU_NEVER;
	return ms == 0 ? TU_AT_ONCE : tu_now() + (int64_t)ms * 1000;
}

/* The first frame of every thread but the primordial one.  In a child that it
 * forked there is nobody to go on with, and tcp_shutdown may have freed it. */
static void
begin(void *arg)
{
	struct tu_thread *self = arg;
	struct tu_scheduler *s = self->scheduler;
	struct tu_stack *stack = self->context.stack;
	void *result;

	reap(s);
	result = self->thunk(self->argument);
	if (s->forked || stack->kept)
		exit(0);
	self->result = result;
	self->ended = true;
	if (self->joiner != NULL)
		tu_wake(self->joiner, TU_READY);
	s->ended = self;
	run_next(s);
	assert(!"an ended thread runs again");
}

static void
make_ready(struct tu_thread *t)
{
	TAILQ_INSERT_TAIL(&t->scheduler->ready, t, link);
	t->scheduler->n_ready++;
}

static void
leave_ready(struct tu_thread *t)
{
	TAILQ_REMOVE(&t->scheduler->ready, t, link);
	t->scheduler->n_ready--;
}

/* Switches to the first ready thread, which may be the running one. */
static void
run_next(struct tu_scheduler *s)
{
	struct tu_thread *self = s->current, *next = next_ready(s);

	leave_ready(next);
	if (next == self)
		return;
	s->current = next;
	tu_context_switch(self->ended ? NULL : &self->context, &next->context);
	reap(s);
}

static struct tu_thread *
next_ready(struct tu_scheduler *s)
{
	if (s->outside > 0 && s->round-- == 0)
		poll_events(s);
	while (TAILQ_EMPTY(&s->ready)) {
		if (s->outside > 0)
			wait_for_events(s);
		else /* nothing can happen any more: say so to one of them */
			tu_wake(s->current->ended ? s->first : s->current,
			    TU_DEADLOCK);
	}
	return TAILQ_FIRST(&s->ready);
}

/* Once every thread that was ready has had its turn: earlier, the kernel would
 * report them all again. */
static void
begin_round(struct tu_scheduler *s)
{
	s->round = s->n_ready > MIN_ROUND ? s->n_ready : MIN_ROUND;
}

static void
poll_events(struct tu_scheduler *s)
{
	/* EVLOOP_NONBLOCK alone never returns while an event stays ready. */
	(void)event_base_loop(s->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	begin_round(s);
}

/* A level-triggered event without a reader would make the loop spin. */
static void
wait_for_events(struct tu_scheduler *s)
{
	struct tu_watch *w;

	while ((w = TAILQ_FIRST(&s->idle)) != NULL)
		tu_watch_clear(w);
	if (event_base_loop(s->base, EVLOOP_ONCE) == -1)
		tu_wake(s->current->ended ? s->first : s->current, TU_FAILED);
	begin_round(s);
}

/* The stack of a thread that has ended is free once another one runs. */
static void
reap(struct tu_scheduler *s)
{
	struct tu_thread *t = s->ended;

	s->ended = NULL;
	if (t == NULL)
		return;
	thread_strip(t);
	if (t->gone != NULL)
		t->gone(t);
}

/* All but its result. */
static void
thread_strip(struct tu_thread *t)
{
	tu_context_free(&t->context, &t->scheduler->stacks);
	if (t->timer != NULL)
		event_free(t->timer);
	t->timer = NULL;
	tu_error_free(t->error);
	t->error = NULL;
}

static int
timer_set(struct tu_thread *t, int64_t deadline)
{
	int64_t left = deadline - tu_now();
	struct timeval tv;

	if (t->timer == NULL)
		t->timer = event_new(t->scheduler->base, -1, 0, timer_fired, t);
	if (t->timer == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (left < 0)
		left = 0;
	tv.tv_sec = left / 1000000;
	tv.tv_usec = left % 1000000;
	t->deadline = deadline;
	return event_add(t->timer, &tv);
}

/* libevent's clock is a coarse one, and may be some milliseconds early. */
static void
timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct tu_thread *t = arg;

	(void)fd;
	(void)what;
	if (tu_now() >= t->deadline || timer_set(t, t->deadline) == -1)
		tu_wake(t, TU_TIMED_OUT);
}
