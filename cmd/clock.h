/* SPDX-License-Identifier: ISC */
/*
 * clock.h - the monotonic time in milliseconds.
 */
#ifndef TCPU_CLOCK_H
#define TCPU_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
