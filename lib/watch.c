/* SPDX-License-Identifier: ISC */
#include "watch.h"

#include <errno.h>

static struct tu_waits *waits_for(struct tu_scheduler *, int);
static void fired(evutil_socket_t, short, void *);
static void set_idle(struct tu_watch *, bool);
static void clear_idle(struct tu_scheduler *);
static void forget(void *);

void
tu_watch_init(struct tu_watch *w, struct tu_scheduler *s, int fd, short what,
    struct tu_queue *queue)
{
	*w = (struct tu_watch){
	    .scheduler = s,
	    .queue = queue,
	    .fd = fd,
	    .what = what | EV_PERSIST,
	};
}

void
tu_watch_clear(struct tu_watch *w)
{
	set_idle(w, false);
	if (w->event != NULL && !w->scheduler->forked)
		event_free(w->event);
	w->event = NULL;
}

int
tu_watch_add(struct tu_watch *w)
{
	int error;

	set_idle(w, false);
	if (w->event != NULL || w->always)
		return 0;
	errno = ENOMEM;
	w->event = event_new(w->scheduler->loop.base, w->fd, w->what, fired, w);
	if (w->event == NULL)
		return -1;
	if (event_add(w->event, NULL) == 0)
		return 0;
	error = errno;
	tu_watch_clear(w);
	errno = error;
	return -1;
}

enum tu_wake
tu_watch_wait(struct tu_watch *w)
{
	struct tu_scheduler *s = w->scheduler;
	int64_t until = w->always ? 0 : TU_NEVER;
	enum tu_wake woken;

	if (!tu_hurried(s) && tu_watch_add(w) == -1)
		return TU_FAILED;
	if (w->always)
		tu_yield(s);
	woken = tu_park(s, w->queue, until, TU_OUTSIDE);
	if (woken == TU_READY && w->fd == -1)
		return TU_CLOSED;
	return woken == TU_ELAPSED ? TU_READY : woken;
}

void
tu_wait_begin(struct tu_wait *w, struct tu_scheduler *s, int fd, short what,
    struct tu_queue *queue)
{
	struct tu_waits *waits = waits_for(s, fd);

	TAILQ_INIT(&w->queue);
	tu_watch_init(&w->watch, s, fd, what, queue ? queue : &w->queue);
	LIST_INSERT_HEAD(waits, w, link);
	tu_cleanup_push(s, &w->cleanup, forget, w);
}

void
tu_wait_end(struct tu_wait *w)
{
	tu_cleanup_pop(w->watch.scheduler);
	forget(w);
}

void
tu_waits_forget(struct tu_scheduler *s, int fd, short what)
{
	struct tu_wait *w;

	LIST_FOREACH(w, waits_for(s, fd), link)
	{
		if (w->watch.fd != fd || (w->watch.what & what) == 0)
			continue;
		tu_watch_clear(&w->watch);
		w->watch.fd = -1; /* even if its thread is awake already */
		tu_wake_all(w->watch.queue,
		    w->watch.queue == &w->queue ? TU_CLOSED : TU_READY);
	}
	if (what == TU_BOTH)
		tu_wake_all(&s->out_of_fds, TU_READY);
}

void
tu_waits_wake(struct tu_scheduler *s, int fd)
{
	struct tu_wait *w;

	LIST_FOREACH(w, waits_for(s, fd), link)
	if (w->watch.fd == fd && w->watch.queue != &w->queue)
		tu_wake_all(w->watch.queue, TU_READY);
}

/* Descriptors with the same list are rare. */
static struct tu_waits *
waits_for(struct tu_scheduler *s, int fd)
{
	return &s->waits[(unsigned)fd % TU_WAIT_LISTS];
}

static void
forget(void *wait)
{
	struct tu_wait *w = wait;

	LIST_REMOVE(w, link);
	tu_watch_clear(&w->watch);
}

static void
fired(evutil_socket_t fd, short what, void *arg)
{
	struct tu_watch *w = arg;
	struct tu_thread *t = TAILQ_FIRST(w->queue);

	(void)fd;
	(void)what;
	w->fired = true;
	if (t != NULL)
		tu_wake(t, TU_READY);
	else
		set_idle(w, true);
}

static void
set_idle(struct tu_watch *w, bool idle)
{
	if (idle == w->idle)
		return;
	w->idle = idle;
	w->scheduler->before_wait = clear_idle;
	if (idle)
		TAILQ_INSERT_TAIL(&w->scheduler->idle, w, link);
	else
		TAILQ_REMOVE(&w->scheduler->idle, w, link);
}

/* A level-triggered event that no thread waits for would make the loop spin. */
static void
clear_idle(struct tu_scheduler *s)
{
	struct tu_watch *w;

	while ((w = TAILQ_FIRST(&s->idle)) != NULL)
		tu_watch_clear(w);
}
