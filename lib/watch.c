/* SPDX-License-Identifier: ISC */
/*
 * Waiting for a descriptor: one event that is added at the first wait and then
 * left in, and a queue of threads of which it wakes the first.
 */
#include "scheduler.h"

static void fired(evutil_socket_t, short, void *);
static void set_idle(struct tu_watch *, bool);

void
tu_watch_init(struct tu_watch *w, struct tu_scheduler *s, int fd, short what,
    struct tu_queue *queue)
{
	*w = (struct tu_watch){.scheduler = s, .queue = queue};
	(void)event_assign(&w->event, s->base, fd, what | EV_PERSIST, fired,
	    w); /* fails for a bad base only */
}

void
tu_watch_clear(struct tu_watch *w)
{
	set_idle(w, false);
	if (w->added)
		(void)event_del(&w->event); /* is added */
	w->added = false;
}

int
tu_watch_add(struct tu_watch *w)
{
	set_idle(w, false);
	if (w->added || w->always)
		return 0;
	if (event_add(&w->event, NULL) == -1)
		return -1;
	w->added = true;
	return 0;
}

enum tu_wake
tu_watch_wait(struct tu_watch *w, int64_t deadline)
{
	if (deadline == TU_AT_ONCE)
		return TU_TIMED_OUT;
	if (tu_watch_add(w) == -1)
		return TU_FAILED;
	if (w->always) {
		tu_yield(w->scheduler);
		return TU_READY;
	}
	return tu_park(w->scheduler, w->queue, deadline, TU_OUTSIDE);
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
	if (idle)
		TAILQ_INSERT_TAIL(&w->scheduler->idle, w, link);
	else
		TAILQ_REMOVE(&w->scheduler->idle, w, link);
}
