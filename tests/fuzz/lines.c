/* SPDX-License-Identifier: ISC */
/*
 * lines.c - reading lines: the lines depend on the bytes, the line ending and
 * the limit, but not on how the bytes were cut.  The first three bytes are the
 * ending, the limit, and the length of the pieces.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <tcpunit.h>
#include <unistd.h>

#include "fuzz.h"

#define MOST 4096 /* fits in a pipe */

struct text {
	const uint8_t *bytes;
	size_t size;
	size_t at;
	enum tcp_line_ending ending;
	size_t limit;
};

/* Returns the bytes of the line ending at I, or 0. */
static size_t
ending_at(const struct text *t, size_t i)
{
	size_t left = t->size - i;
	const uint8_t *p = t->bytes + i;
	bool crlf = left > 1 && p[0] == '\r' && p[1] == '\n';

	switch (t->ending) {
	case TCPUNIT_LINE_NUL:
		return p[0] == '\0';
	case TCPUNIT_LINE_LF:
		return p[0] == '\n';
	case TCPUNIT_LINE_ANY:
		return crlf ? 2 : p[0] == '\n' || p[0] == '\r';
	default:
		return crlf ? 2 : p[0] == '\n';
	}
}

/* Returns the length of the next line, with *END bytes of line ending; -1 at
 * the end.  *CUT: the line goes on past the limit. */
static ssize_t
next_line(const struct text *t, size_t *end, bool *cut)
{
	size_t n = 0;

	*end = 0;
	*cut = false;
	if (t->at == t->size)
		return -1;
	while (t->at + n < t->size) {
		*end = ending_at(t, t->at + n);
		*cut = *end == 0 && n == t->limit;
		if (*end > 0 || *cut)
			break;
		n++;
	}
	return (ssize_t)n;
}

/* Reads as many lines as have come; returns whether the end was reached. */
static bool
take_lines(tcp_port in, struct text *t)
{
	size_t len, end;
	ssize_t want;
	char *line;
	bool cut;
	int got;

	while ((got = tcp_read_line(in, t->limit, &line, &len)) > 0) {
		want = next_line(t, &end, &cut);
		REQUIRE(got == (cut ? 2 : 1));
		REQUIRE(want == (ssize_t)len);
		REQUIRE(memcmp(line, t->bytes + t->at, len) == 0);
		REQUIRE(line[len] == '\0');
		t->at += len + end;
	}
	if (got == 0)
		REQUIRE(t->at == t->size);
	else
		REQUIRE(errno == ETIMEDOUT);
	return got == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = {data + 3, size - 3, 0, TCPUNIT_LINE_CRLF, 0};
	size_t sent = 0, piece;
	tcp_port in;
	int fds[2];

	if (size < 4 || size > MOST)
		return 0;
	t.ending = data[0] % 4;
	t.limit = data[1] ? data[1] : TCPUNIT_NO_LIMIT;
	REQUIRE(pipe(fds) == 0);
	in = tcp_open_input_fd(fds[0]);
	REQUIRE(tcp_set_timeout(in, 0) == 0);
	REQUIRE(tcp_set_line_ending(in, t.ending) == 0);
	for (; sent < t.size; sent += piece) {
		piece = data[2] ? data[2] : t.size;
		piece = piece < t.size - sent ? piece : t.size - sent;
		REQUIRE(write(fds[1], t.bytes + sent, piece) == (ssize_t)piece);
		(void)take_lines(in, &t);
	}
	(void)close(fds[1]);
	REQUIRE(take_lines(in, &t));
	REQUIRE(tcp_close_input_port(in) == 0);
	return 0;
}
