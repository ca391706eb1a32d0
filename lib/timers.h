/* SPDX-License-Identifier: ISC */
/*
 * Timers, kept in a pairing heap with the first one on top.  Most limits are
 * far away and are removed before they run out, which costs such a heap next to
 * nothing.  libevent's own timers use a clock with steps of some milliseconds,
 * and those that fall into one step can change their order.
 */
#ifndef TU_TIMERS_H
#define TU_TIMERS_H

#include <stdint.h>

/* Absolute times are microseconds of CLOCK_MONOTONIC. */
#define TU_NEVER INT64_MAX

struct tu_thread;

/* A node of a pairing heap. */
struct tu_timer {
	struct tu_thread *thread;
	int64_t time;
	uint64_t number;        /* at the same time the lower one comes first */
	struct tu_timer *child; /* the first child */
	struct tu_timer *next;
	struct tu_timer *before; /* the previous child, or the parent */
};

int64_t tu_now(void);
/* The time in MS milliseconds; TU_NEVER for -1. */
int64_t tu_after(int ms);

/* The heap is a pointer to its first timer, or NULL. */
void tu_timer_add(struct tu_timer **heap, struct tu_timer *t);
void tu_timer_remove(struct tu_timer **heap, struct tu_timer *t);

#endif
