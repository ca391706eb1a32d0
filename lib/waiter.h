/* SPDX-License-Identifier: ISC */
/*
 * Waiting for another green thread to give something: queues of waiters, first
 * come, first served.  A waiter lies on the stack of its thread.  A thread may
 * have several, each in a queue of its own.  When the thread is woken, by
 * whatever, all of them leave their queues; so nothing is given twice, or to a
 * thread that has stopped waiting.
 */
#ifndef TU_WAITER_H
#define TU_WAITER_H

#include <sys/queue.h>

#include <stdbool.h>

#include "scheduler.h"

struct tu_waiter {
	TAILQ_ENTRY(tu_waiter) link;
	struct tu_waiters *queue; /* NULL: it has left */
	struct tu_thread *thread;
	struct tu_waiter *next; /* another one of the same thread */
	void *item;             /* that it offers, or that it was given */
	bool given;             /* another thread took or gave the item */
};

TAILQ_HEAD(tu_waiters, tu_waiter);

/* Puts W, a waiter of the running thread, into QUEUE.  The thread has to park,
 * and then to leave: see tu_waiter_wait. */
void tu_waiter_enter(struct tu_waiter *w, struct tu_scheduler *s,
    struct tu_waiters *queue, void *item);
/* Takes all waiters of T out of their queues. */
void tu_waiters_leave(struct tu_thread *t);

/*
 * Waits in QUEUE until W is given an item, or until UNTIL.  TU_READY without an
 * item says that the limit has run out: look once more for what is waited for.
 * The object that QUEUE belongs to may have gone: look it up again.
 */
enum tu_wake tu_waiter_wait(struct tu_waiter *w, struct tu_scheduler *s,
    struct tu_waiters *queue, void *item, int64_t until);

/* Gives ITEM to W, and wakes its thread. */
void tu_waiter_give(struct tu_waiter *w, void *item);
/* Gives ITEM to the first waiter of QUEUE; false if there is none. */
bool tu_waiters_give(struct tu_waiters *queue, void *item);
/* Wakes all threads that wait in QUEUE, which has gone. */
void tu_waiters_close(struct tu_waiters *queue);

/* Whether T is WHOM, the running thread, or waits for it without limit,
 * directly or through others: a wait of WHOM for T would never end. */
bool tu_waits_for(const struct tu_thread *t, const struct tu_thread *whom);
/* The same for any of the members. */
bool tu_members_wait_for(
    struct tu_members *members, const struct tu_thread *whom);

#endif
