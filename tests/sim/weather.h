/* SPDX-License-Identifier: ISC */
/*
 * The troubles that the machine makes in this run.  Chances are in 10,000.
 */
#ifndef SIM_WEATHER_H
#define SIM_WEATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_weather {
	unsigned short_read;  /* reads and writes move fewer bytes */
	unsigned interrupted; /* EINTR */
	unsigned spurious;    /* a file is falsely reported as ready */
	unsigned aborted;     /* accept meets a dead connection */
	unsigned unsupported; /* RWF_NOWAIT, sendfile, splice fail */
	int most_events;      /* reported at a time */
	bool shuffled;        /* events come in any order */
	size_t buffer;        /* of each direction of a connection */
	size_t segment;       /* the longest */
	int64_t latency;      /* ns */
	int64_t jitter;
	int64_t cost;      /* most ns that a call takes */
	int64_t oversleep; /* most ns that a sleep is late */
	unsigned reset;    /* connections that the network resets */
	unsigned full;     /* no descriptors for a while */
};

extern struct sim_weather sim_weather;

void sim_weather_start(void);

/* Draws how many of N bytes a call moves. */
size_t sim_weather_piece(size_t n);

#endif
