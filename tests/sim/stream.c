/* SPDX-License-Identifier: ISC */
/*
 * Bytes on their way.  They are cut into segments, each of which arrives after
 * the latency, in order.
 */
#include "stream.h"

#include <string.h>

#include "clock.h"
#include "memory.h"
#include "random.h"
#include "verdict.h"
#include "weather.h"

enum { MAX_SEGMENTS = 1 << 12, PIECES = 64 };

static void arrive(void *);
static void take_arrived(struct sim_stream *);
static void end(void *);
static void copy_in(struct sim_stream *, const unsigned char *, size_t);
static void add_segment(struct sim_stream *, size_t);

struct sim_stream *
sim_stream_new(size_t capacity, int64_t latency, int64_t jitter)
{
	struct sim_stream *s = sim_memory(sizeof(*s));

	s->ring = sim_memory(capacity);
	s->segments = sim_memory(MAX_SEGMENTS * sizeof(*s->segments));
	s->capacity = capacity;
	s->latency = latency;
	s->jitter = jitter;
	s->ended_at = SIM_NEVER;
	s->reset_at = UINT64_MAX;
	return s;
}

size_t
sim_stream_room(const struct sim_stream *s)
{
	if (s->n_segments == MAX_SEGMENTS)
		return 0;
	return s->capacity - (size_t)(s->written - s->got);
}

size_t
sim_stream_put(struct sim_stream *s, const void *data, size_t n)
{
	size_t room = sim_stream_room(s), piece, done = 0;

	if (n > room)
		n = room;
	while (done < n && s->n_segments < MAX_SEGMENTS) {
		piece = 1 + sim_below((unsigned)sim_weather.segment);
		if (piece < n / PIECES)
			piece = n / PIECES;
		if (s->n_segments > MAX_SEGMENTS / 2)
			piece = n;
		if (piece > n - done)
			piece = n - done;
		copy_in(s, (const unsigned char *)data + done, piece);
		add_segment(s, piece);
		done += piece;
	}
	return done;
}

void
sim_stream_finish(struct sim_stream *s)
{
	if (s->finished)
		return;
	s->finished = true;
	sim_at(sim_stream_arrival(s), end, s);
}

size_t
sim_stream_there(const struct sim_stream *s)
{
	return (size_t)(s->arrived - s->got);
}

size_t
sim_stream_get(struct sim_stream *s, void *data, size_t n, bool peek)
{
	size_t there = sim_stream_there(s), i;

	if (n > there)
		n = there;
	for (i = 0; i < n; i++)
		((unsigned char *)data)[i] =
		    s->ring[(s->got + i) % s->capacity];
	if (peek)
		return n;
	s->got += n;
	while (
	    s->n_segments > 0 && s->segments[s->first_segment].end <= s->got) {
		s->first_segment = (s->first_segment + 1) % MAX_SEGMENTS;
		s->n_segments--;
		s->n_arrived--;
	}
	sim_file_changed(s->reader);
	sim_file_changed(s->writer);
	return n;
}

void
sim_stream_cut(struct sim_stream *s)
{
	s->cut = true;
}

uint64_t
sim_stream_arrived_by(const struct sim_stream *s, int64_t when)
{
	const struct sim_segment *g;
	uint64_t arrived = s->got;
	unsigned i;

	for (i = 0; i < s->n_segments; i++) {
		g = &s->segments[(s->first_segment + i) % MAX_SEGMENTS];
		if (g->at > when || g->end > s->arrived)
			break;
		arrived = g->end;
	}
	return arrived;
}

int64_t
sim_stream_arrival(struct sim_stream *s)
{
	int64_t at = sim_now() + s->latency;

	if (s->jitter > 0)
		at += sim_between(0, s->jitter);
	if (at < s->last_at)
		at = s->last_at;
	s->last_at = at;
	return at;
}

static void
copy_in(struct sim_stream *s, const unsigned char *data, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		s->ring[(s->written + i) % s->capacity] = data[i];
	s->written += n;
}

static void
add_segment(struct sim_stream *s, size_t n)
{
	unsigned at = (s->first_segment + s->n_segments++) % MAX_SEGMENTS;

	(void)n;
	s->segments[at] =
	    (struct sim_segment){s->written, sim_stream_arrival(s)};
	if (s->segments[at].at <= sim_now())
		take_arrived(s);
	else
		sim_at(s->segments[at].at, arrive, s);
	sim_file_changed(s->reader);
	sim_file_changed(s->writer);
}

/* Takes the bytes that are due, and breaks the connection at the chosen
 * byte. */
static void
arrive(void *arg)
{
	struct sim_stream *s = arg;

	if (s->cut)
		return;
	take_arrived(s);
	sim_file_changed(s->reader);
	if (s->arrived >= s->reset_at && s->broken != NULL)
		s->broken(s->owner);
}

static void
take_arrived(struct sim_stream *s)
{
	const struct sim_segment *g;

	while (s->n_arrived < s->n_segments) {
		g = &s->segments[(s->first_segment + s->n_arrived) %
		    MAX_SEGMENTS];
		if (g->at > sim_now())
			break;
		s->arrived = g->end;
		s->n_arrived++;
	}
}

static void
end(void *arg)
{
	struct sim_stream *s = arg;

	if (s->cut || s->ended)
		return;
	s->ended = true;
	s->ended_at = sim_now();
	sim_file_changed(s->reader);
}
