/* SPDX-License-Identifier: ISC */
/*
 * Green threads and the one place where they wait.  A thread stops in tu_park
 * and nowhere else; events, closing and terminating only wake it.  The event
 * loop runs on the stack of whoever parks when nobody is ready, and no frame
 * of it is alive across a switch.
 */
#ifndef TU_SCHEDULER_H
#define TU_SCHEDULER_H

#include <sys/queue.h>
#include <sys/types.h>

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "context.h"
#include "limit.h"
#include "stack.h"
#include "tcpunit.h"
#include "timers.h"

struct tu_error;

enum tu_wake {
	TU_READY,     /* or the limit has just run out: try once more */
	TU_TIMED_OUT, /* the limit has run out before */
	TU_ELAPSED,   /* the time that was to be waited until has come */
	TU_TERMINATED,
	TU_CLOSED,
	TU_DEADLOCK,
	TU_FAILED, /* the event could not be added: see errno */
};

/* What could end a wait: something outside, or only another thread. */
enum tu_source { TU_OUTSIDE, TU_INSIDE };

TAILQ_HEAD(tu_queue, tu_thread);

/*
 * What a call holds while it waits, and how to give it back if the thread never
 * comes back from there, as at tcp_shutdown.  It lies on the thread's stack.
 */
struct tu_cleanup {
	void (*f)(void *);
	void *argument;
	struct tu_cleanup *next;
};

struct tu_thread {
	TAILQ_ENTRY(tu_thread) link; /* in queue, or in the ready queue */
	struct tu_queue *queue;      /* where it is parked, or NULL */
	struct tu_scheduler *scheduler;
	struct tu_context context;
	struct tu_timer timer; /* while it is parked for a time */
	void *(*thunk)(void *);
	void *argument;
	void *result;
	struct tu_error *error; /* the last one, made when needed */
	bool speechless;        /* no memory could be had for that */
	struct tu_cleanup *cleanups;
	struct tu_thread *joining; /* whom it waits for */
	struct tu_thread *joiner;  /* who waits for it */
	uint64_t handle;
	struct tu_limit limit; /* of the call that it is in */
	struct tu_turn turn;   /* since it last let others run */
	enum tu_wake woken;
	unsigned terminations; /* of waits to come */
	bool parked, ended;
	void (*gone)(struct tu_thread *); /* after the end; NULL: kept */
	char name[];
};

struct tu_scheduler {
	struct event_base *base;
	struct tu_thread *current;
	struct tu_thread *first; /* the primordial thread, or who forked */
	struct tu_thread *ended; /* whose stack the next one gives back */
	struct tu_queue ready;
	struct tu_queue out_of_fds; /* who waits for any fd to be closed */
	struct tu_timer *timers;    /* of those who are parked for a time */
	struct event *clock;        /* armed for the first of them */
	int64_t armed;              /* for when it is, or TU_NEVER */
	uint64_t parks;             /* so far */
	/* Of watch.c: events that fired with nobody parked, which it takes out
	 * before the loop waits; and waits. */
	TAILQ_HEAD(, tu_watch) idle;
	void (*before_wait)(struct tu_scheduler *);
	LIST_HEAD(, tu_wait) waits;
	struct tu_stacks stacks;
	unsigned outside; /* parked threads that an event could wake */
	unsigned n_ready;
	unsigned round;    /* switches until events are looked for */
	unsigned deferred; /* what libevent frees when the loop runs */
	bool forked;       /* in a child, before tu_scheduler_claim: the events
			      are the parent's, and stay */
};

/* libevent ends the process where it lacks one of its three descriptors: so
 * they are tried first.  -1 with errno. */
int tu_check_descriptors(void);

/* 0, or -1 with errno. */
int tu_scheduler_init(struct tu_scheduler *s);
void tu_scheduler_free(struct tu_scheduler *s);

/* In the child of fork(2): the loop, which it shares with its parent, becomes
 * its own, and the running thread the first one.  The others never run again:
 * the caller frees those that have handles.  0, or -1 with errno. */
int tu_scheduler_claim(struct tu_scheduler *s);

/* A thread, ready to run; NULL with errno ENOMEM. */
struct tu_thread *tu_thread_new(struct tu_scheduler *s, void *(*thunk)(void *),
    void *arg, const struct tcp_thread_options *options);
void tu_thread_free(struct tu_thread *t);
/* Frees a thread that has not ended and never runs again. */
void tu_thread_vanish(struct tu_thread *t);

/* Of the running thread: the latest one is the first to be popped. */
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
 * or the time is UNTIL, or the limit of its call has run out.  SOURCE tells
 * whether waiting on is hopeless once nobody is ready.  After it the world has
 * moved: look everything up again.
 */
enum tu_wake tu_park(struct tu_scheduler *s, struct tu_queue *queue,
    int64_t until, enum tu_source source);

/* Makes T ready if it is parked. */
void tu_wake(struct tu_thread *t, enum tu_wake why);
void tu_wake_all(struct tu_queue *queue, enum tu_wake why);

/* libevent frees a bufferevent when the loop next runs.  The loop runs after
 * some of these, even if there is always a thread that is ready. */
void tu_loop_frees(struct tu_scheduler *s);

/* Lets the others run. */
void tu_yield(struct tu_scheduler *s);

/*
 * Each call that may park, and each that asks, begins with tu_call, which
 * counts it and lets the others run once the thread has had its turn: so what
 * a call answers is true when it returns.  It has no limit until tu_limit.
 */
void tu_call(struct tu_scheduler *s);
void tu_limit(struct tu_scheduler *s, int ms);
/* Likewise, of which each system call that moves bytes begins another one. */
void tu_limit_each(struct tu_scheduler *s, int ms);

/* Before each system call: lets the others run once the turn is over.
 * TU_TIMED_OUT: the limit ran out, and the turn after it is over. */
enum tu_wake tu_go_on(struct tu_scheduler *s);
/* After it. */
void tu_charge(struct tu_scheduler *s, size_t bytes);

/* Whether a wait would fail at once, so that guessing that there is nothing
 * is not enough. */
bool tu_hurried(const struct tu_scheduler *s);

#endif
