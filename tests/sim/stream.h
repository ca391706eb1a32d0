/* SPDX-License-Identifier: ISC */
/*
 * One direction of a connection or of a pipe: bytes that the writer has
 * written, and that have arrived at the reader or are on their way.
 */
#ifndef SIM_STREAM_H
#define SIM_STREAM_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "file.h"

struct sim_segment {
	uint64_t end;
	int64_t at;
};

struct sim_stream {
	unsigned char *ring;
	size_t capacity;
	uint64_t written, arrived, got; /* bytes since the beginning */
	struct sim_segment *segments;   /* those not wholly read */
	unsigned first_segment, n_segments;
	unsigned n_arrived; /* of the segments */
	int64_t latency, jitter, last_at;
	struct sim_file *reader, *writer;
	bool finished; /* the writer has written the end of file */
	bool ended;    /* the end of file has arrived */
	bool cut;      /* nothing arrives any more */
	int64_t ended_at;
	uint64_t reset_at; /* the network breaks it at this byte */
	void (*broken)(void *);
	void *owner;
};

struct sim_stream *sim_stream_new(
    size_t capacity, int64_t latency, int64_t jitter);

/* Takes at most sim_stream_room bytes; returns how many. */
size_t sim_stream_put(struct sim_stream *s, const void *data, size_t n);
size_t sim_stream_room(const struct sim_stream *s);
void sim_stream_finish(struct sim_stream *s);

/* Stores at most N bytes in DATA; returns how many. */
size_t sim_stream_get(struct sim_stream *s, void *data, size_t n, bool peek);
size_t sim_stream_there(const struct sim_stream *s);

/* Drops the bytes that have not arrived. */
void sim_stream_cut(struct sim_stream *s);

/* Returns the number of bytes that had arrived at time WHEN. */
uint64_t sim_stream_arrived_by(const struct sim_stream *s, int64_t when);

/* Returns the time at which a byte that is written now will arrive. */
int64_t sim_stream_arrival(struct sim_stream *s);

#endif
