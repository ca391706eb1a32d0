/* SPDX-License-Identifier: ISC */
/*
 * One green thread: it is made here, begins and ends here, and is freed here.
 * The scheduler decides when it runs.
 */
#ifndef TU_GREEN_H
#define TU_GREEN_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "bell.h"
#include "context.h"
#include "limit.h"
#include "tcpunit.h"
#include "timers.h"

struct tu_error;
struct tu_group;
struct tu_scheduler;
struct tu_waiter;

TAILQ_HEAD(tu_queue, tu_thread);

enum tu_wake {
	TU_READY,     /* or the limit has just run out: try once more */
	TU_TIMED_OUT, /* the limit had run out before this wait */
	TU_ELAPSED,   /* the time passed as UNTIL has come */
	TU_TERMINATED,
	TU_CLOSED,
	TU_DEADLOCK,
	TU_BUSY,   /* a callback of the event loop cannot wait */
	TU_FAILED, /* the event could not be added: see errno */
};

/*
 * How to release what a call holds while it waits, if its thread is freed
 * without running again, as at tcp_shutdown.  It lies on the thread's stack.
 */
struct tu_cleanup {
	void (*f)(void *);
	void *argument;
	struct tu_cleanup *next;
};

/* A function to call when a thread ends or vanishes.  The structure is a part
 * of the object that needs the call. */
struct tu_ending {
	LIST_ENTRY(tu_ending) link;
	void (*f)(struct tu_ending *, struct tu_thread *);
};

/* The threads of a group. */
struct tu_member {
	struct tu_ending ending; /* of its thread; comes first */
	LIST_ENTRY(tu_member) link;
	struct tu_group *group;
	struct tu_thread *thread;
};

struct tu_members {
	LIST_HEAD(, tu_member) list;
	/* While waits are searched: whether this search has found it, and which
	 * other members it has still to look at. */
	unsigned search;
	struct tu_members *next;
};

/* What a call uses that parks and is woken comes first, so that it lies in few
 * lines of the cache. */
struct tu_thread {
	TAILQ_ENTRY(tu_thread) link; /* in QUEUE, or in the ready queue */
	struct tu_queue *queue;      /* the one it is parked in, or NULL */
	struct tu_scheduler *scheduler;
	enum tu_wake woken;
	unsigned terminations; /* by tu_terminate: how many waits will fail */
	bool parked, ended;
	struct tu_turn turn;       /* since it last let others run */
	struct tu_waiter *waiters; /* while it is parked: see waiter.h */
	struct tu_cleanup *cleanups;
	const char *call;      /* the name of the call in progress */
	struct tu_limit limit; /* of that call */
	int64_t deadline;      /* of all calls together, or TU_NEVER */
	struct tu_context context;
	struct tu_timer timer; /* used while it is parked for a time */

	void *(*thunk)(void *);
	void *argument;
	void *result;
	const char *name;       /* not NULL */
	struct tu_error *error; /* its last error; allocated when needed */
	bool speechless;        /* there was no memory for that */
	LIST_HEAD(, tu_ending) endings;
	/* The thread, or all the threads, that it waits for, as long as it is
	 * parked; or NULL. */
	struct tu_thread *const *awaits;
	struct tu_members *awaits_all;
	struct tu_thread *joiner; /* the thread that waits for it */
	uint64_t handle;
	struct tu_bell *bell; /* if it has a handle */
	bool within;          /* it lies on its own stack */
	bool detached;
	void (*after)(struct tu_thread *); /* called when it has ended */
};

/* A thread that has no stack of its own; NULL with errno ENOMEM. */
struct tu_thread *tu_thread_alloc(struct tu_scheduler *s, const char *name);
/* A new thread, ready to run, which lies on its own stack; AFTER is called when
 * it has ended.  NULL with errno ENOMEM. */
struct tu_thread *tu_thread_new(struct tu_scheduler *s, void *(*thunk)(void *),
    void *arg, void (*after)(struct tu_thread *),
    const struct tcp_thread_options *options);
/* Moves what is left of a thread that has ended out of its stack, and frees the
 * stack.  Returns where it is now; NULL if there is no memory. */
struct tu_thread *tu_thread_move(struct tu_thread *t);
void tu_thread_free(struct tu_thread *t);
/* Frees a thread that has not ended, and that never runs again. */
void tu_thread_vanish(struct tu_thread *t);
/* Frees the stack of the thread that ended last, now that another one runs. */
void tu_thread_reap(struct tu_scheduler *s);

#endif
