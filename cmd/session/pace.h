/* SPDX-License-Identifier: ISC */
/*
 * pace.h - when the bytes of a lane may be written: the times of --delay,
 * --rate and --slice, in ns, and the waiting for them.
 */
#ifndef TCPU_PACE_H
#define TCPU_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lane_options.h"

struct pace {
	const struct lane_options *options;
	unsigned short chance[3]; /* the state of erand48(3) */
	int64_t due;              /* of the last bytes, or of their end */
	int64_t next;             /* when the next byte may be written */
	int timer;                /* a timerfd, or -1 */
	bool waits;
};

void begin_pace(struct pace *p, const struct lane_options *options);
void end_pace(struct pace *p);

/* How many bytes the rate, which is below 2^32, moves within the delay and the
 * time that it may be late. */
int64_t bytes_under_way(const struct pace *p);

/* Call when bytes have come, or their end.  Returns when they are due: never
 * before earlier ones. */
int64_t note_arrival(struct pace *p);

/* How many of N bytes are written together. */
size_t piece_size(const struct pace *p, size_t n);

/* Returns when N bytes may be written that are due at DUE. */
int64_t time_to_write(struct pace *p, int64_t due, size_t n);

/* Waits until then (parks).  Returns 0, or -1 and the library's last error. */
int await_time(struct pace *p, int64_t time);

/* Call when bytes have been written. */
void note_writing(struct pace *p);

#endif
