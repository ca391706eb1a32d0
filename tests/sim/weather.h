/* SPDX-License-Identifier: ISC */
/*
 * How unkind the machine is in this run.  Chances are in 10,000.
 */
#ifndef SIM_WEATHER_H
#define SIM_WEATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_weather {
	unsigned short_read;  /* a read or a write moves less than it could */
	unsigned interrupted; /* EINTR */
	unsigned spurious;    /* readiness of what is not ready */
	unsigned aborted;     /* accept meets a dead connection */
	unsigned unsupported; /* RWF_NOWAIT, sendfile, splice */
	int most_events;      /* at a time */
	bool shuffled;        /* events come in any order */
	size_t buffer;        /* of each direction of a connection */
	size_t segment;       /* the longest */
	int64_t latency;      /* ns */
	int64_t jitter;
	int64_t cost;      /* of a call, at most */
	int64_t oversleep; /* at most */
	unsigned reset;    /* connections that are reset on their way */
	unsigned full;     /* calls that begin a time without descriptors */
};

extern struct sim_weather sim_weather;

void sim_weather_start(void);

/* How many of N bytes a call moves. */
size_t sim_weather_piece(size_t n);

#endif
