/* SPDX-License-Identifier: ISC */
/*
 * clock.h - the monotonic time, in milliseconds and in nanoseconds.
 */
#ifndef TCPU_CLOCK_H
#define TCPU_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int64_t
now(void)
{
	return now_ns() / 1000000;
}

#endif
