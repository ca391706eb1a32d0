/* SPDX-License-Identifier: ISC */
/*
 * Mutexes.  The thread that unlocks one hands it to the first waiter, which
 * therefore owns it before it runs.
 */
#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "runtime.h"
#include "waiter.h"

struct tu_mutex {
	struct tu_ending ending; /* one of its owner's; comes first */
	struct tu_thread *owner; /* NULL: it is free */
	struct tu_waiters waiters;
	bool abandoned; /* its last owner ended */
};

static enum tu_wake wait_turn(
    struct tu_mutex *, struct tu_scheduler *, struct tu_waiter *);
static bool own(struct tu_mutex *, struct tu_thread *);
static void release(struct tu_mutex *);
static void abandon(struct tu_ending *, struct tu_thread *);
static void drop(void *);

tcp_mutex
tcp_make_mutex(void)
{
	struct tu_runtime *rt = tu_begin("make-mutex");
	struct tu_mutex *m;

	if (rt == NULL)
		return (tcp_mutex){0};
	m = calloc(1, sizeof(*m));
	if (m != NULL) {
		m->ending.f = abandon;
		TAILQ_INIT(&m->waiters);
	}
	return (tcp_mutex){tu_object_register(rt, TU_MUTEX, m, drop)};
}

bool
tcp_mutex_p(tcp_mutex m)
{
	return tu_handle_kind(m.bits) == TU_MUTEX;
}

int
tcp_mutex_lock(tcp_mutex handle, int timeout)
{
	struct tu_runtime *rt = tu_enter("mutex-lock");
	struct tu_mutex *m;
	struct tu_waiter w = {0};
	enum tu_wake woken = TU_READY;

	if (rt == NULL || tu_check_time(timeout) == -1)
		return -1;
	tu_limit(&rt->scheduler, timeout);
	while (woken == TU_READY && !w.given) {
		m = tu_find(rt, TU_MUTEX, handle.bits);
		if (m == NULL)
			return -1;
		if (m->owner == NULL)
			return own(m, rt->scheduler.current);
		woken = wait_turn(m, &rt->scheduler, &w);
	}
	if (woken != TU_READY)
		return tu_raise_wake(woken, NULL);
	return w.item != NULL;
}

int
tcp_mutex_unlock(tcp_mutex handle)
{
	struct tu_runtime *rt = tu_begin("mutex-unlock");
	struct tu_mutex *m = tu_find(rt, TU_MUTEX, handle.bits);

	if (m == NULL)
		return -1;
	if (m->owner != rt->scheduler.current)
		return tu_refuse(
		    EPERM, "the mutex is not locked by the calling thread");
	LIST_REMOVE(&m->ending, link);
	release(m);
	return 0;
}

int
tcp_close_mutex(tcp_mutex handle)
{
	struct tu_runtime *rt = tu_begin("close-mutex");
	struct tu_mutex *m = tu_find(rt, TU_MUTEX, handle.bits);

	if (m == NULL)
		return -1;
	tu_handle_release(&rt->handles, handle.bits);
	drop(m);
	return 0;
}

/* A limit of 0 is no wait, and so closes no circle. */
static enum tu_wake
wait_turn(struct tu_mutex *m, struct tu_scheduler *s, struct tu_waiter *w)
{
	struct tu_thread *self = s->current;
	enum tu_wake woken;

	if (!tu_hurried(s) && tu_waits_for(m->owner, self))
		return TU_DEADLOCK;
	self->awaits = &m->owner;
	woken = tu_waiter_wait(w, s, &m->waiters, NULL, TU_NEVER);
	self->awaits = NULL;
	return woken;
}

/* Returns whether the last owner abandoned it. */
static bool
own(struct tu_mutex *m, struct tu_thread *t)
{
	bool abandoned = m->abandoned;

	m->owner = t;
	m->abandoned = false;
	LIST_INSERT_HEAD(&t->endings, &m->ending, link);
	return abandoned;
}

static void
release(struct tu_mutex *m)
{
	struct tu_waiter *next = TAILQ_FIRST(&m->waiters);

	m->owner = NULL;
	if (next != NULL)
		tu_waiter_give(next, own(m, next->thread) ? m : NULL);
}

static void
abandon(struct tu_ending *ending, struct tu_thread *owner)
{
	struct tu_mutex *m = (struct tu_mutex *)ending;

	(void)owner;
	m->abandoned = true;
	release(m);
}

static void
drop(void *object)
{
	struct tu_mutex *m = object;

	if (m->owner != NULL)
		LIST_REMOVE(&m->ending, link);
	tu_waiters_close(&m->waiters);
	free(m);
}
