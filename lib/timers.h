/* SPDX-License-Identifier: ISC */
/*
 * Times to come, of which the first is at hand.  libevent's own timers go by
 * a clock of some milliseconds, in whose steps they change places.
 */
#ifndef TU_TIMERS_H
#define TU_TIMERS_H

#include <stdint.h>

/* Absolute times are microseconds of CLOCK_MONOTONIC. */
#define TU_NEVER INT64_MAX

struct tu_thread;

/* A node of a pairing heap. */
struct tu_timer {
	int64_t time;
	uint64_t number; /* of two of one time the lower one comes first */
	struct tu_thread *thread;
	struct tu_timer *child; /* the first one */
	struct tu_timer *next;
	struct tu_timer *before; /* the previous child, or the parent */
};

int64_t tu_now(void);
/* After MS milliseconds; -1 is never. */
int64_t tu_after(int ms);

/* The heap is its first timer, or NULL. */
void tu_timer_add(struct tu_timer **heap, struct tu_timer *t);
void tu_timer_remove(struct tu_timer **heap, struct tu_timer *t);

#endif
