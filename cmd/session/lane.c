/* SPDX-License-Identifier: ISC */
#include "lane.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../clock.h"
#include "../run.h"
#include "../text.h"

/* How many bytes a lane holds; then it reads no more. */
#define MOST_HELD (16 * 1024 * 1024)

/* A limited rate holds fewer, as else its sender would not notice the limit:
 * those that are under way, those of the time that it makes up for, and so many
 * more. */
#define QUEUE_SIZE (64 * 1024)

/* How many bytes are read at a time, and converted. */
#define PIECE 65536
#define LINES_PIECE 8192

/* The ns of a millisecond and of a second. */
#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

/* How often a limited rate moves bytes in a second. */
#define MOVES 100

/* A limited rate makes up for this much time that it was late, in ns. */
#define SLACK (100 * MS)

static void *run_reader(void *lane);
static ssize_t read_chunk(struct lane *l, size_t cap);
static int put(struct lane *l, const char *bytes, size_t n);
static int64_t time_due(struct lane *l);
static int write_all(struct lane *l);
static int write_queue(struct lane *l);
static void drop_first(struct lane *l);
static int write_chunk(struct lane *l, const struct chunk *c);
static size_t next_piece(const struct lane *l, size_t n);
static int64_t time_to_write(struct lane *l, const struct chunk *c, size_t n);
static int write_piece(struct lane *l, const char *bytes, size_t n);
static int await(struct lane *l, int64_t time);
static int wait_once(const struct lane *l, int64_t time);
static void note_error(struct lane *l);
static int fail_lane(struct lane *l, enum tcp_error_kind kind, int code);
static void stop_reader(struct lane *l);

int
run_lane(struct lane *l)
{
	const int64_t begin = now_ns();
	int n = -1;

	l->end = &l->first;
	l->wanted = l->left = l->options->cuts ? l->options->cut : INT64_MAX;
	memcpy(l->chance, &begin, sizeof(l->chance));
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
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
	(void)close(l->timer);                 /* the same */
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
		n = o->rate * (o->delay + o->jitter + SLACK / MS) / 1000 +
		    QUEUE_SIZE;
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
	l->due = time_due(l);
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
	c->due = l->due = time_due(l);
	l->held += c->size;
	l->wanted -= (int64_t)c->size;
	l->chunks++;
	c->next = NULL;
	*l->end = c;
	l->end = &c->next;
	(void)tcp_condition_signal(l->changed);
	return 0;
}

/* When bytes that have come now are due: never before earlier ones. */
static int64_t
time_due(struct lane *l)
{
	const struct lane_options *o = l->options;
	const int64_t jitter = o->jitter * MS;
	int64_t late = o->delay * MS;

	if (jitter > 0)
		late +=
		    (int64_t)(erand48(l->chance) * 2 * (double)jitter) - jitter;
	late = now_ns() + (late > 0 ? late : 0);
	return late > l->due ? late : l->due;
}

/* ---- The writer ---- */

static int
write_all(struct lane *l)
{
	int n = write_queue(l);

	if (n == 0)
		n = await(l, l->due);
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
		n = next_piece(l, c->size - at);
		if (await(l, time_to_write(l, c, n)) == -1 ||
		    write_piece(l, c->bytes + at, n) == -1)
			return -1;
		if (l->options->pause > 0)
			l->next = now_ns() + l->options->pause * MS;
		l->held -= n;
		l->left -= (int64_t)n;
		if (l->left == 0)
			return LANE_CUT;
	}
	return 0;
}

/* How many of N bytes are written together. */
static size_t
next_piece(const struct lane *l, size_t n)
{
	const struct lane_options *o = l->options;
	int64_t most = l->left;

	if (o->slice > 0 && most > o->slice)
		most = o->slice;
	if (o->rate > 0 && most > o->rate / MOVES)
		most = o->rate / MOVES + 1;
	return (int64_t)n < most ? n : (size_t)most;
}

/* N bytes take N / rate seconds, and are there at the end of that time. */
static int64_t
time_to_write(struct lane *l, const struct chunk *c, size_t n)
{
	const int64_t rate = l->options->rate;
	const int64_t earliest = now_ns() - SLACK;
	int64_t time = c->due > l->next ? c->due : l->next;

	if (rate > 0 && time < earliest)
		time = earliest;
	if (rate > 0)
		time += ((int64_t)n * SECOND + rate - 1) / rate;
	return l->next = time;
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

static int
await(struct lane *l, int64_t time)
{
	int n = 0;

	l->waits = true;
	while (n != -1 && now_ns() < time)
		n = wait_once(l, time);
	l->waits = false;
	return n == -1 ? -1 : 0;
}

/* The library's sleep may be some milliseconds late; a timer is not, but may
 * not be available. */
static int
wait_once(const struct lane *l, int64_t time)
{
	const struct itimerspec when = {
	    .it_value = {time / SECOND, time % SECOND}};
	const int64_t left = (time - now_ns() + MS - 1) / MS;

	if (l->timer == -1)
		return tcp_thread_sleep(left < INT_MAX ? (int)left : INT_MAX);
	(void)timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &when, NULL);
	return tcp_wait_fd(l->timer, TCPUNIT_READABLE, -1);
}
