/* SPDX-License-Identifier: ISC */
/*
 * The event loop of one OS thread: libevent's, and a clock for the timers.
 * Nothing here knows about threads.
 */
#ifndef TU_LOOP_H
#define TU_LOOP_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "poll_set.h"
#include "timers.h"

struct tu_loop {
	struct event_base *base;
	struct tu_timer *timers;
	uint64_t set;                /* timers set so far */
	struct event *clock;         /* the event for the first timer */
	int64_t armed;               /* the time of clock, or TU_NEVER */
	struct tu_poll_set poll_set; /* for a foreign loop */
	unsigned deferred; /* objects that libevent frees in the next round */
	void (*strike)(void *); /* called when timers are due */
	void *owner;            /* its argument */
};

/* 0; or -1 with errno EMFILE, ENFILE or ENOMEM. */
int tu_loop_init(struct tu_loop *l, void (*strike)(void *), void *owner);
void tu_loop_free(struct tu_loop *l);

/* For the child of fork(2): replaces what it shares with its parent.  0, or -1
 * with errno. */
int tu_loop_claim(struct tu_loop *l);

/* Sets a timer: 0, or -1 with errno. */
int tu_loop_set(struct tu_loop *l, struct tu_timer *t, int64_t time);
void tu_loop_unset(struct tu_loop *l, struct tu_timer *t);

/* Announces that libevent will free a bufferevent in the next round. */
void tu_loop_frees(struct tu_loop *l);

/* Calls the callbacks of the events that have come; tu_loop_wait waits until
 * there is one.  0, or -1 if the kernel fails to wait. */
int tu_loop_poll(struct tu_loop *l);
int tu_loop_wait(struct tu_loop *l);

/* The descriptor that is readable when there is something to poll for, for a
 * foreign loop; -1 with errno. */
int tu_loop_fileno(struct tu_loop *l);
/* Makes that descriptor, if there is one, readable at the first timer; or at
 * once, if NOW is true or callbacks are due. */
void tu_loop_arm(struct tu_loop *l, bool now);

#endif
