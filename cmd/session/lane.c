/* SPDX-License-Identifier: ISC */
#include "lane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../run.h"
#include "../text.h"

/* How many bytes a lane holds; then it reads no more. */
#define MOST_HELD (16 * 1024 * 1024)

/* With a rate, a lane holds only the bytes that are under way and so many more,
 * so that the sender notices the limit. */
#define QUEUE_SIZE (64 * 1024)

/* How many bytes are read at a time, and converted. */
#define PIECE 65536
#define LINES_PIECE 8192

static void *run_reader(void *lane);
static ssize_t read_chunk(struct lane *l, size_t cap);
static int put(struct lane *l, const char *bytes, size_t n);
static int write_all(struct lane *l);
static int write_queue(struct lane *l);
static void drop_first(struct lane *l);
static int write_chunk(struct lane *l, const struct chunk *c);
static int write_piece(struct lane *l, const char *bytes, size_t n);
static void note_error(struct lane *l);
static int fail_lane(struct lane *l, enum tcp_error_kind kind, int code);
static void stop_reader(struct lane *l);

int
run_lane(struct lane *l)
{
	int n = -1;

	begin_pace(&l->pace, l->options);
	l->end = &l->first;
	l->wanted = l->left = l->options->cuts ? l->options->cut : INT64_MAX;
	l->changed = tcp_make_condition();
	if (tcp_condition_p(l->changed))
		l->reader = tcp_thread_start(run_reader, l);
	if (tcp_thread_p(l->reader))
		n = write_all(l);
	if (n == -1 && l->stopped)
		(void)fail_lane(l, TCPUNIT_ERROR_TERMINATED, ECANCELED);
	else if (n == -1)
		note_error(l);
	else if (n == 0 && l->failed)
		n = -1; /* the reader has noted it */
	stop_reader(l);
	(void)tcp_close_condition(l->changed); /* or it was never made */
	end_pace(&l->pace);
	while (l->first)
		drop_first(l);
	return n;
}

/* Another error of this thread would overwrite it, and its text. */
static void
note_error(struct lane *l)
{
	const struct tcp_error *e = tcp_last_error();

	(void)fail_lane(l, e->kind, e->code);
	l->error.port = e->port;
	format_text(l->why, sizeof(l->why), "%s", reason(e));
	l->error.reason = l->why;
}

static int
fail_lane(struct lane *l, enum tcp_error_kind kind, int code)
{
	l->error = (struct tcp_error){.kind = kind, .code = code};
	l->failed = true;
	return -1;
}

/* A termination of this thread that comes meanwhile must not be lost: the
 * thread may be about to wait for the peer. */
static void
stop_reader(struct lane *l)
{
	bool terminated = false;

	if (!tcp_thread_p(l->reader))
		return;
	l->stopped = true;
	(void)tcp_thread_terminate(l->reader); /* or it has ended */
	while (tcp_thread_join(l->reader, NULL, -1) == -1 &&
	    tcp_last_error()->kind == TCPUNIT_ERROR_TERMINATED)
		terminated = true;
	if (terminated)
		(void)tcp_thread_terminate(tcp_current_thread()); /* it runs */
}

/* ---- The reader ---- */

/* How many bytes may be read now. */
static size_t
room(const struct lane *l)
{
	const struct lane_options *o = l->options;
	const size_t heads = (l->chunks + 1) * sizeof(struct chunk);
	int64_t n = MOST_HELD;

	if (o->rate > 0 && o->rate < MOST_HELD)
		n = bytes_under_way(&l->pace) + QUEUE_SIZE;
	if (n > MOST_HELD - (int64_t)heads)
		n = MOST_HELD - (int64_t)heads;
	return n > (int64_t)l->held ? (size_t)n - l->held : 0;
}

static void *
run_reader(void *lane)
{
	struct lane *l = lane;
	ssize_t n = 1;
	size_t cap;

	while (n > 0 && l->wanted > 0 && !l->stopped) {
		cap = room(l);
		if (cap > 0)
			n = read_chunk(l, cap);
		else if (tcp_condition_wait(l->changed, -1) == -1)
			n = -1;
	}
	if (n > 0)
		return NULL; /* the writer is going to cut */
	if (n == -1 && !l->failed)
		note_error(l);
	(void)note_arrival(&l->pace);
	l->ended = true;
	(void)tcp_condition_signal(l->changed);
	return NULL;
}

/* Returns the number of bytes read, 0 at the end of file, or -1. */
static ssize_t
read_chunk(struct lane *l, size_t cap)
{
	char buf[PIECE];
	ssize_t n;

	if (cap > (l->arriving ? LINES_PIECE : sizeof(buf)))
		cap = l->arriving ? LINES_PIECE : sizeof(buf);
	if ((int64_t)cap > l->wanted)
		cap = (size_t)l->wanted;
	n = l->outflow ? read_outflow(l->outflow, buf, cap)
		       : read_patiently(l->from, buf, cap);
	return n > 0 && put(l, buf, (size_t)n) == -1 ? -1 : n;
}

static int
put(struct lane *l, const char *bytes, size_t n)
{
	struct chunk *c = malloc(sizeof(*c) + (l->arriving ? 2 * n + 1 : n));

	if (!c)
		return fail_lane(l, TCPUNIT_ERROR_SYSTEM, ENOMEM);
	c->size = l->arriving ? l->arriving(&l->crlf, bytes, n, c->bytes) : n;
	if (!l->arriving)
		memcpy(c->bytes, bytes, n);
	c->due = note_arrival(&l->pace);
	l->held += c->size;
	l->wanted -= (int64_t)c->size;
	l->chunks++;
	c->next = NULL;
	*l->end = c;
	l->end = &c->next;
	(void)tcp_condition_signal(l->changed);
	return 0;
}

/* ---- The writer ---- */

static int
write_all(struct lane *l)
{
	int n = write_queue(l);

	if (n == 0)
		n = await_time(&l->pace, l->pace.due);
	return n != -1 && write_piece(l, NULL, 0) == -1 ? -1 : n;
}

/* Returns 0 when the reader has ended and nothing is left; LANE_CUT or -1. */
static int
write_queue(struct lane *l)
{
	int n = l->left == 0 ? LANE_CUT : 0;

	while (n == 0 && (l->first || !l->ended)) {
		if (!l->first) {
			n = tcp_condition_wait(l->changed, -1);
			continue;
		}
		n = write_chunk(l, l->first);
		drop_first(l);
		(void)tcp_condition_signal(l->changed);
	}
	return n;
}

static void
drop_first(struct lane *l)
{
	struct chunk *c = l->first;

	l->first = c->next;
	if (!l->first)
		l->end = &l->first;
	l->chunks--;
	free(c);
}

static int
write_chunk(struct lane *l, const struct chunk *c)
{
	size_t n;

	for (size_t at = 0; at < c->size; at += n) {
		if (l->stopped)
			return -1;
		n = piece_size(&l->pace, c->size - at);
		if ((int64_t)n > l->left)
			n = (size_t)l->left;
		if (await_time(&l->pace, time_to_write(&l->pace, c->due, n)) ==
			-1 ||
		    write_piece(l, c->bytes + at, n) == -1)
			return -1;
		note_writing(&l->pace);
		l->held -= n;
		l->left -= (int64_t)n;
		if (l->left == 0)
			return LANE_CUT;
	}
	return 0;
}

/* Without bytes, writes what the converter has held back. */
static int
write_piece(struct lane *l, const char *bytes, size_t n)
{
	char lines[2 * LINES_PIECE + 1];
	size_t part, len;

	if (!l->leaving)
		return n > 0 && tcp_write(l->to, bytes, n) == -1 ? -1 : 0;
	do {
		part = n < LINES_PIECE ? n : LINES_PIECE;
		len = l->leaving(&l->crlf, bytes, part, lines);
		if (len > 0 && tcp_write(l->to, lines, len) == -1)
			return -1;
		bytes = bytes ? bytes + part : NULL;
		n -= part;
	} while (n > 0);
	return 0;
}
