/* SPDX-License-Identifier: ISC */
/*
 * test_memory.c - if there is no memory to keep what was read, no byte is lost
 * and every error is reported.
 */
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <tcpunit.h>

#include "pair.h"
#include "tap.h"
#include "unit.h"

#define PIECE 8000
#define LONG (5 * PIECE) /* more bytes than one piece of memory holds */

static char text[LONG], got[LONG + 1];

/* While this is true, libevent, which keeps bytes read ahead, gets no
 * memory. */
static bool exhausted;

static void *
allocate(size_t n)
{
	return exhausted ? NULL : malloc(n);
}

static void *
allocate_again(void *memory, size_t n)
{
	return exhausted ? NULL : realloc(memory, n);
}

/* A line in several pieces, which ends with CR, so that an LF may follow. There
 * is no memory when the last piece is read. */
static void
line_end(void)
{
	struct pair p = pair_connect();
	char *line;
	size_t len;
	int read = 0;

	memset(text, 'x', sizeof text);
	text[LONG - 1] = '\r';
	tcp_set_line_ending(p.in, TCPUNIT_LINE_ANY);
	tcp_set_timeout(p.in, 0);
	for (int i = 0; i < LONG; i += PIECE) {
		pair_send(&p, text + i, PIECE);
		exhausted = i + PIECE == LONG;
		read = tcp_read_line(p.in, LONG, &line, &len); /* may fail */
	}
	exhausted = false;
	tcp_set_timeout(p.in, PATIENCE_MS);
	pair_say(&p, "\nx");
	if (read == 1)
		ok(len == LONG - 1 && memcmp(line, text, len) == 0 &&
			tcp_read_byte(p.in) == 'x',
		    "a line that needs no more memory is handed out");
	else
		ok(tcp_read_string(p.in, got, LONG + 1) == LONG + 1 &&
			memcmp(got, text, LONG) == 0 && got[LONG] == '\n',
		    "the LF after a CR stays if its line was not handed out");
	pair_close(&p);
}

static struct {
	struct pair from, to;
	enum tcp_error_kind kind;
} copying;

static void *
copy(void *arg)
{
	(void)tcp_copy_port(copying.from.in, copying.to.out, -1);
	copying.kind = tcp_last_error()->kind;
	return arg;
}

/* Whether BYTE is the next byte of the copy's source. */
static bool
is_next(int byte)
{
	return byte == (unsigned char)text[tcp_port_position(copying.from.in)];
}

/* Fills the connection that the copy writes to.  With AHEAD, the source of the
 * copy also holds bytes that were read ahead, in two pieces of memory. */
static void
prepare_copy(bool ahead)
{
	static char much[32 << 20];
	char *line;
	size_t len;

	copying.from = pair_connect();
	copying.to = pair_connect();
	tcp_set_timeout(copying.to.out, 0);
	while (tcp_write(copying.to.out, much, sizeof much) != -1 ||
	    tcp_last_error()->transferred > 0)
		tcp_resume_output(copying.to.out);
	tcp_set_timeout(copying.to.out, -1);
	pair_send(&copying.from, text, PIECE);
	if (ahead)
		tcp_char_ready(copying.from.in);
	pair_send(&copying.from, text + PIECE, LONG - PIECE);
	tcp_set_timeout(copying.from.in, 0);
	if (ahead)
		(void)tcp_read_line(
		    copying.from.in, LONG, &line, &len); /* fails */
	tcp_set_timeout(copying.from.in, PATIENCE_MS);
}

/* Cuts short a copy that waits to write. */
static void
copy_cut(bool ahead)
{
	tcp_port in;
	tcp_thread t;
	char *line;
	size_t len, at;
	int n;

	for (int i = 0; i < LONG; i++)
		text[i] = (char)(i * 7 % 255 + 11);
	prepare_copy(ahead);
	in = copying.from.in;
	t = tcp_thread_start(copy, NULL);
	tcp_thread_yield();
	exhausted = true;
	tcp_thread_terminate(t);
	tcp_thread_join(t, NULL, -1);
	is_int(copying.kind, TCPUNIT_ERROR_TERMINATED,
	    "a copy that is terminated says so without memory as well");
	n = tcp_peek_byte(in);
	ok(failed(n == -1, TCPUNIT_ERROR_SYSTEM, ENOMEM) || is_next(n),
	    "what it had read comes next, or waits for memory");
	n = tcp_read_line(in, 1, &line, &len);
	ok(failed(n == -1, TCPUNIT_ERROR_SYSTEM, ENOMEM) ||
		(n == 2 && line[0] == text[tcp_port_position(in) - 1]),
	    "also for lines");
	exhausted = false;
	at = tcp_port_position(in);
	ok(tcp_read_string(in, got, LONG - at) == (ssize_t)(LONG - at) &&
		memcmp(got, text + at, LONG - at) == 0,
	    "and is all there");
	pair_close(&copying.from);
	pair_close(&copying.to);
}

static void
copy_of_bytes_ahead(void)
{
	copy_cut(true);
}

static void
copy_of_bytes_that_come(void)
{
	copy_cut(false);
}

int
main(void)
{
	event_set_mem_functions(allocate, allocate_again, free);
	run(line_end);
	run(copy_of_bytes_ahead);
	run(copy_of_bytes_that_come);
	return done_testing();
}
