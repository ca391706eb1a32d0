/* SPDX-License-Identifier: ISC */
/*
 * Green threads, and the one place where they wait: the ready queue, parking,
 * waking, and running the event loop.  A thread stops in tu_park and nowhere
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

#include "context.h"
#include "limit.h"
#include "loop.h"
#include "stack.h"
#include "tcpunit.h"
#include "timers.h"

struct tu_error;
struct tu_waiter;

enum tu_wake {
	TU_READY,     /* or the limit has just run out: try once more */
	TU_TIMED_OUT, /* the limit had run out before this wait */
	TU_ELAPSED,   /* the time passed as UNTIL has come */
	TU_TERMINATED,
	TU_CLOSED,
	TU_DEADLOCK,
	TU_FAILED, /* the event could not be added: see errno */
};

/* What could end a wait: an event or a time, or only another thread. */
enum tu_source { TU_OUTSIDE, TU_INSIDE };

TAILQ_HEAD(tu_queue, tu_thread);

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

struct tu_thread {
	TAILQ_ENTRY(tu_thread) link; /* in that queue, or among the ready */
	struct tu_queue *queue;      /* the one it is parked in, or NULL */
	struct tu_scheduler *scheduler;
	struct tu_context context;
	struct tu_timer timer; /* used while it is parked for a time */
	void *(*thunk)(void *);
	void *argument;
	void *result;
	struct tu_error *error; /* its last error; allocated when needed */
	bool speechless;        /* there was no memory for that */
	struct tu_cleanup *cleanups;
	LIST_HEAD(, tu_ending) endings;
	struct tu_waiter *waiters; /* while it is parked: see waiter.h */
	/* The thread that it waits for, as long as it is parked; or NULL. */
	struct tu_thread *const *awaits;
	struct tu_thread *joiner; /* the thread that waits for it */
	uint64_t handle;
	const char *call;      /* the name of the call in progress */
	struct tu_limit limit; /* of that call */
	int64_t deadline;      /* of all calls together, or TU_NEVER */
	struct tu_turn turn;   /* since it last let others run */
	enum tu_wake woken;
	unsigned terminations; /* by tu_terminate: how many waits will fail */
	bool parked, ended;
	void (*gone)(struct tu_thread *); /* after the end; NULL: kept */
	char name[];
};

struct tu_scheduler {
	struct tu_loop loop;
	struct tu_thread *current;
	struct tu_thread *first; /* primordial, or the forking one */
	struct tu_thread *ended; /* the next thread frees its stack */
	struct tu_queue ready;
	struct tu_queue out_of_fds; /* threads that wait for a free fd */
	/* Used by watch.c: events that fired while no thread was parked for
	 * them, which it removes before the loop waits; and the list of
	 * waits. */
	TAILQ_HEAD(, tu_watch) idle;
	void (*before_wait)(struct tu_scheduler *);
	LIST_HEAD(, tu_wait) waits;
	struct tu_stacks stacks;
	unsigned outside; /* parked threads that an event could wake */
	unsigned n_ready;
	unsigned round; /* switches until the next poll for events */
	bool forked;    /* in a child, before tu_scheduler_claim: the events
			   are the parent's, and stay */
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

/* A new thread, ready to run; NULL with errno ENOMEM. */
struct tu_thread *tu_thread_new(struct tu_scheduler *s, void *(*thunk)(void *),
    void *arg, const struct tcp_thread_options *options);
void tu_thread_free(struct tu_thread *t);
/* Frees a thread that has not ended, and that never runs again. */
void tu_thread_vanish(struct tu_thread *t);

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

/* Lets the other ready threads run. */
void tu_yield(struct tu_scheduler *s);

/*
 * Begins each call that may park, and each question about a port.  It counts
 * the call, and lets the other threads run once this one has had its turn.
 * They run before the call looks at anything, so that its answer is still true
 * when it returns.  The call
 * has no time limit until tu_limit.
 */
void tu_call(struct tu_scheduler *s);
void tu_limit(struct tu_scheduler *s, int ms);
/* Like tu_limit, but each system call that moves bytes restarts the limit. */
void tu_limit_each(struct tu_scheduler *s, int ms);

/* Called before each system call: lets others run once the turn is over.
 * TU_TIMED_OUT: the limit ran out, and the turn that followed is over. */
enum tu_wake tu_go_on(struct tu_scheduler *s);
/* Called after each system call. */
void tu_charge(struct tu_scheduler *s, size_t bytes);

/* Whether a wait would fail at once.  If so, the caller has to look for data
 * instead of guessing that there is none. */
bool tu_hurried(const struct tu_scheduler *s);

#endif
