/* SPDX-License-Identifier: ISC */
/*
 * Pipes, eventfds, and regular files.
 */
#include "pipe.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>

#include "content.h"
#include "memory.h"
#include "stream.h"
#include "verdict.h"
#include "weather.h"

enum { PIPES = 16 * PIPE_BUF };

struct counter {
	uint64_t n;
};

struct regular {
	const struct sim_content *content;
	uint64_t size, position;
};

static short poll_reader(const struct sim_file *);
static short poll_writer(const struct sim_file *);
static ssize_t read_pipe(struct sim_file *, void *, size_t, bool);
static ssize_t write_pipe(struct sim_file *, const void *, size_t);
static void close_reader(struct sim_file *);
static void close_writer(struct sim_file *);
static short poll_counter(const struct sim_file *);
static ssize_t read_counter(struct sim_file *, void *, size_t, bool);
static ssize_t write_counter(struct sim_file *, const void *, size_t);
static short poll_regular(const struct sim_file *);
static ssize_t read_regular(struct sim_file *, void *, size_t, bool);
static ssize_t write_regular(struct sim_file *, const void *, size_t);
static void close_nothing(struct sim_file *);

static const struct sim_file_kind reader = {"pipe", S_IFIFO, poll_reader,
    read_pipe, sim_file_refuse_write, close_reader, NULL};
static const struct sim_file_kind writer = {"pipe", S_IFIFO, poll_writer,
    sim_file_refuse_read, write_pipe, close_writer, NULL};
static const struct sim_file_kind counter = {"eventfd", 0, poll_counter,
    read_counter, write_counter, close_nothing, NULL};
static const struct sim_file_kind regular = {"file", S_IFREG, poll_regular,
    read_regular, write_regular, close_nothing, NULL};

void
sim_pipe(struct sim_file *ends[2])
{
	struct sim_stream *s = sim_stream_new(PIPES, 0, 0);

	s->reader = ends[0] = sim_file_new(&reader, s);
	s->writer = ends[1] = sim_file_new(&writer, s);
	sim_file_changed(ends[0]);
	sim_file_changed(ends[1]);
}

struct sim_stream *
sim_pipe_stream(struct sim_file *f)
{
	return f->kind == &reader || f->kind == &writer ? f->object : NULL;
}

struct sim_file *
sim_counter(uint64_t n)
{
	struct counter *c = sim_memory(sizeof(*c));
	struct sim_file *f = sim_file_new(&counter, c);

	c->n = n;
	sim_file_changed(f);
	return f;
}

struct sim_file *
sim_regular(const struct sim_content *c, uint64_t size)
{
	struct regular *r = sim_memory(sizeof(*r));
	struct sim_file *f = sim_file_new(&regular, r);

	*r = (struct regular){c, size, 0};
	sim_file_changed(f);
	return f;
}

uint64_t
sim_regular_size(const struct sim_file *f)
{
	return ((const struct regular *)f->object)->size;
}

uint64_t
sim_regular_position(const struct sim_file *f)
{
	return ((const struct regular *)f->object)->position;
}

bool
sim_is_regular(const struct sim_file *f)
{
	return f->kind == &regular;
}

static short
poll_reader(const struct sim_file *f)
{
	const struct sim_stream *s = f->object;

	return (short)((sim_stream_there(s) > 0 ? POLLIN : 0) |
	    (s->ended ? POLLHUP : 0));
}

static short
poll_writer(const struct sim_file *f)
{
	const struct sim_stream *s = f->object;

	return (short)((sim_stream_room(s) >= PIPE_BUF ? POLLOUT : 0) |
	    (s->cut ? POLLERR : 0));
}

static ssize_t
read_pipe(struct sim_file *f, void *buf, size_t n, bool peek)
{
	struct sim_stream *s = f->object;

	if (sim_stream_there(s) > 0)
		return (ssize_t)sim_stream_get(
		    s, buf, sim_weather_piece(n), peek);
	if (s->ended)
		return 0;
	errno = EAGAIN;
	return -1;
}

/* A write of up to PIPE_BUF bytes is atomic. */
static ssize_t
write_pipe(struct sim_file *f, const void *data, size_t n)
{
	struct sim_stream *s = f->object;

	errno = s->cut ? EPIPE : EAGAIN;
	if (s->cut || (n <= PIPE_BUF && sim_stream_room(s) < n) ||
	    sim_stream_room(s) == 0)
		return -1;
	if (n > PIPE_BUF)
		n = sim_weather_piece(n);
	return (ssize_t)sim_stream_put(s, data, n);
}

static void
close_reader(struct sim_file *f)
{
	struct sim_stream *s = f->object;

	s->cut = true;
	sim_file_changed(s->writer);
}

static void
close_writer(struct sim_file *f)
{
	struct sim_stream *s = f->object;

	s->finished = s->ended = true;
	sim_file_changed(s->reader);
}

static short
poll_counter(const struct sim_file *f)
{
	const struct counter *c = f->object;

	return (short)(POLLOUT | (c->n > 0 ? POLLIN : 0));
}

static ssize_t
read_counter(struct sim_file *f, void *buf, size_t n, bool peek)
{
	struct counter *c = f->object;

	(void)peek;
	errno = n < sizeof(c->n) ? EINVAL : EAGAIN;
	if (n < sizeof(c->n) || c->n == 0)
		return -1;
	*(uint64_t *)buf = c->n;
	c->n = 0;
	sim_file_changed(f);
	return sizeof(c->n);
}

static ssize_t
write_counter(struct sim_file *f, const void *data, size_t n)
{
	struct counter *c = f->object;

	if (n < sizeof(c->n)) {
		errno = EINVAL;
		return -1;
	}
	c->n += *(const uint64_t *)data;
	sim_file_changed(f);
	return sizeof(c->n);
}

static short
poll_regular(const struct sim_file *f)
{
	(void)f;
	return POLLIN | POLLOUT;
}

static ssize_t
read_regular(struct sim_file *f, void *buf, size_t n, bool peek)
{
	struct regular *r = f->object;

	(void)peek;
	if (n > r->size - r->position)
		n = (size_t)(r->size - r->position);
	n = sim_weather_piece(n);
	sim_content(r->content, r->position, buf, n);
	r->position += n;
	return (ssize_t)n;
}

static ssize_t
write_regular(struct sim_file *f, const void *data, size_t n)
{
	struct regular *r = f->object;

	n = sim_weather_piece(n);
	if (!sim_content_is(r->content, r->size, data, n))
		sim_fail("wrong bytes are written to a file at %llu",
		    (unsigned long long)r->size);
	r->size += n;
	return (ssize_t)n;
}

static void
close_nothing(struct sim_file *f)
{
	(void)f;
}
