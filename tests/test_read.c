/* SPDX-License-Identifier: ISC */
/*
 * test_read.c - reading from a connection: section R of the conformance
 * table, line endings, limits and time limits.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "metronome.h"
#include "pair.h"
#include "peer.h"
#include "probe.h"
#include "tap.h"
#include "unit.h"

#define LONG_LINE 100000
#define MUCH (20 << 20)

/* One call of a thread, and the result of that call. */
struct reading {
	tcp_port in;
	ssize_t (*call)(struct reading *);
	bool begun;
	char got[2048];
	ssize_t n;
	enum tcp_error_kind kind;
	int code;
};

static ssize_t
read_any(struct reading *r)
{
	return tcp_read(r->in, r->got, sizeof r->got);
}

static ssize_t
read_ten(struct reading *r)
{
	return tcp_read_string(r->in, r->got, 10);
}

static ssize_t
read_line(struct reading *r)
{
	char *line;
	size_t len;
	int n;

	n = tcp_read_line(r->in, sizeof r->got, &line, &len);
	if (n != 1)
		return n;
	memcpy(r->got, line, len);
	return (ssize_t)len;
}

static void *
read_once(void *arg)
{
	struct reading *r = arg;

	r->begun = true;
	r->n = r->call(r);
	r->kind = tcp_last_error()->kind;
	r->code = tcp_last_error()->code;
	return NULL;
}

/* Starts a thread and returns when the thread waits in its call. */
static tcp_thread
start_reading(struct reading *r)
{
	tcp_thread t = tcp_thread_start(read_once, r);

	while (!r->begun)
		tcp_thread_yield();
	return t;
}

/* Checks the next line; WANT is NULL for the end of the file. */
static void
line_is(tcp_port in, const char *want, const char *name)
{
	char *line;
	size_t len;
	int n;

	n = tcp_read_line(in, TCPUNIT_NO_LIMIT, &line, &len);
	if (n == -1)
		diag("%s", tcp_last_error()->text);
	if (want == NULL)
		is_int(n, 0, "%s", name);
	else if (n == 1)
		is_mem(line, len, want, strlen(want), "%s", name);
	else
		ok(false, "%s", name);
}

static void
string_is(tcp_port in, size_t n, const char *want, const char *name)
{
	char got[2048];
	ssize_t len;

	len = tcp_read_string(in, got, n);
	is_mem(
	    got, len == -1 ? 0 : (size_t)len, want, strlen(want), "%s", name);
}

/* Returns all the lines of a connection, each after a '|', and before a '+' if
 * the line was cut. */
struct lines {
	tcp_port in;
	size_t limit;
	char all[256];
	size_t len;
};

static void *
read_lines(void *arg)
{
	struct lines *l = arg;
	char *line;
	size_t len;
	int n;

	while ((n = tcp_read_line(l->in, l->limit, &line, &len)) > 0) {
		if (l->len + len + 2 > sizeof l->all)
			break;
		l->all[l->len++] = '|';
		memcpy(l->all + l->len, line, len);
		l->len += len;
		if (n == 2)
			l->all[l->len++] = '+';
	}
	return NULL;
}

/* Returns the lines of TEXT, of which the first CUT bytes arrive first and the
 * rest in pieces of STEP bytes. */
static struct lines
lines_of(const char *text, size_t cut, size_t step, enum tcp_line_ending e,
    size_t limit)
{
	struct pair p = pair_connect();
	struct lines l = {.in = p.in, .limit = limit};
	size_t n = strlen(text), piece;
	tcp_thread t;

	tcp_set_line_ending(p.in, e);
	t = tcp_thread_start(read_lines, &l);
	for (size_t at = 0; at < n; at += piece) {
		piece = at < cut ? cut : step;
		if (piece > n - at)
			piece = n - at;
		pair_send(&p, text + at, piece);
		pair_taken(&p);
	}
	pair_finish(&p);
	tcp_thread_join(t, NULL, -1);
	pair_close(&p);
	return l;
}

/* TEXT arrives in one segment. */
static void
whole_reads_as(enum tcp_line_ending e, const char *text, const char *want,
    const char *name)
{
	size_t n = strlen(text);
	struct lines l = lines_of(text, n, n, e, TCPUNIT_NO_LIMIT);

	is_mem(l.all, l.len, want, strlen(want), "%s", name);
}

/* TEXT arrives in two segments, cut at any place, and byte by byte. */
static void
cut_reads_as(enum tcp_line_ending e, const char *text, const char *want,
    const char *name)
{
	size_t n = strlen(text), wrong = 0;

	for (size_t cut = 0; cut < n; cut++) {
		struct lines l =
		    lines_of(text, cut, cut ? n : 1, e, TCPUNIT_NO_LIMIT);

		if (l.len == strlen(want) && !memcmp(l.all, want, l.len))
			continue;
		wrong++;
		diag("cut at %zu: \"%.*s\"", cut, (int)l.len, l.all);
	}
	is_int((long long)wrong, 0, "%s", name);
}

static void
ends_of_lines(void)
{
	struct pair p = pair_connect();

	pair_say(&p, "a\nb\r\n");
	line_is(p.in, "a", "R01 a line ends at LF");
	line_is(p.in, "b", "R02 a line ends at CRLF");
	pair_say(&p, "\n\n");
	line_is(p.in, "", "R06 an empty line");
	line_is(p.in, "", "R06 another empty line");
	pair_close(&p);
}

static void
carriage_returns(void)
{
	whole_reads_as(
	    TCPUNIT_LINE_CRLF, "c\rd\n", "|c\rd", "R03 a lone CR is data");
	whole_reads_as(TCPUNIT_LINE_ANY, "c\rd\n", "|c|d",
	    "R03 on request a CR ends a line");
	cut_reads_as(TCPUNIT_LINE_CRLF, "abc\rx\ndef\n", "|abc\rx|def",
	    "R04 a lone CR is data wherever the segments end");
	cut_reads_as(TCPUNIT_LINE_ANY, "abc\rx\ndef\n", "|abc|x|def",
	    "R04 on request a CR ends a line wherever the segments end");
	cut_reads_as(TCPUNIT_LINE_CRLF, "abc\r\ndef\n", "|abc|def",
	    "R05 CRLF in two segments is one ending");
	cut_reads_as(TCPUNIT_LINE_ANY, "abc\r\n\r\rdef\r\n", "|abc|||def",
	    "R05 CRLF in two segments is one ending where CR ends lines too");
	whole_reads_as(TCPUNIT_LINE_CRLF, "abc\r", "|abc\r",
	    "R09 a CR before the end of file is data");
	whole_reads_as(TCPUNIT_LINE_ANY, "abc\r", "|abc",
	    "R09 on request a CR before the end of file ends the line");
	whole_reads_as(TCPUNIT_LINE_LF, "a\r\nb\n", "|a\r|b",
	    "on request only LF ends a line");
}

/* The LF of a CRLF arrives after the line was returned, and does not appear in
 * any later read. */
static void
ending_in_two_parts(void)
{
	struct pair p = pair_connect();
	struct reading r = {.in = p.in, .call = read_line};
	tcp_thread t;
	char got[8];
	ssize_t n;

	for (int i = 0; i < 3; i++) {
		tcp_set_line_ending(p.in, TCPUNIT_LINE_ANY);
		r.begun = false;
		t = start_reading(&r);
		pair_say(&p, "abc\r");
		pair_taken(&p);
		pair_say(&p, "\nxyz");
		tcp_thread_join(t, NULL, -1);
		is_mem(r.got, (size_t)r.n, "abc", 3, "R05 the line is read");
		if (i == 0)
			is_int(tcp_peek_byte(p.in), 'x', "R05 then a peek");
		if (i == 1)
			is_int(tcp_char_ready(p.in), 1, "R05 or char_ready");
		n = tcp_read_string(p.in, got, 3);
		is_mem(got, (size_t)n, "xyz", 3, "R05 the LF was skipped");
	}
	pair_close(&p);
}

/* A byte that was peeked with one line ending is peeked again with another. */
static void
other_ending(void)
{
	struct pair p = pair_connect();
	char *line;
	size_t len;

	tcp_set_timeout(p.in, 0);
	tcp_set_line_ending(p.in, TCPUNIT_LINE_NUL);
	pair_say(&p, "one\ntwo");
	is_int(tcp_read_line(p.in, 99, &line, &len), -1, "no NUL is there");
	tcp_set_line_ending(p.in, TCPUNIT_LINE_LF);
	line_is(p.in, "one", "but an LF is");
	pair_close(&p);
}

static void
nul_lines(void)
{
	struct pair p = pair_connect();

	tcp_set_line_ending(p.in, TCPUNIT_LINE_NUL);
	pair_send(&p, "one\ntwo\0\0three", 14);
	pair_finish(&p);
	line_is(p.in, "one\ntwo", "on request a NUL ends a line");
	line_is(p.in, "", "on request a NUL ends an empty line");
	line_is(p.in, "three", "the last line needs no NUL");
	line_is(p.in, NULL, "after the last line comes the end of file");
	pair_close(&p);
}

static void
nul_in_a_line(void)
{
	struct pair p = pair_connect();
	char *line = NULL;
	size_t len = 0;

	pair_send(&p, "e\0f\n", 4);
	tcp_read_line(p.in, TCPUNIT_NO_LIMIT, &line, &len);
	is_mem(line, len, "e\0f", 3, "R07 a NUL is part of a line");
	ok(line && line[len] == '\0', "R07 a NUL stands behind a line");
	pair_close(&p);
}

static void
end_of_file(void)
{
	struct pair p = pair_connect();
	char byte;

	pair_say(&p, "g-partial");
	pair_finish(&p);
	line_is(p.in, "g-partial", "R08 an unterminated last line counts");
	line_is(p.in, NULL, "R08 then comes the end of file");
	pair_close(&p);

	p = pair_connect();
	pair_finish(&p);
	line_is(p.in, NULL, "R10 end of file at once");
	line_is(p.in, NULL, "R10 the end of file stays");
	is_int(tcp_read(p.in, &byte, 1), 0, "R10 it stays for every call");
	is_int(tcp_read_byte(p.in), TCPUNIT_EOF, "R10 also for a byte");
	is_int(tcp_peek_byte(p.in), TCPUNIT_EOF, "R10 also for a peek");
	pair_close(&p);
}

static void *
read_long_line(void *arg)
{
	tcp_port *in = arg;
	char *line;
	size_t len;

	if (tcp_read_line(*in, TCPUNIT_NO_LIMIT, &line, &len) != 1)
		return NULL;
	return len == strspn(line, "x") ? (void *)len : NULL;
}

static void
long_line(void)
{
	struct pair p = pair_connect();
	char piece[1000];
	void *len = NULL;
	tcp_thread t;

	memset(piece, 'x', sizeof piece);
	t = tcp_thread_start(read_long_line, &p.in);
	for (int i = 0; i < LONG_LINE; i += (int)sizeof piece) {
		pair_send(&p, piece, sizeof piece);
		pair_taken(&p);
	}
	pair_say(&p, "\n");
	tcp_thread_join(t, &len, -1);
	is_int((intptr_t)len, LONG_LINE, "R11 a line of 100000 bytes");
	pair_close(&p);
}

static void
limits(void)
{
	static const struct {
		size_t limit;
		int result;
		const char *want;
	} calls[] = {{3, 2, "abc"}, {3, 2, "def"}, {3, 1, "g"}, {0, 2, ""},
	    {10, 1, "xy"}, {3, 1, "foo"}};
	struct pair p = pair_connect();
	char *line;
	size_t len;
	int n;

	pair_say(&p, "abcdefg\nxy\nfoo\n");
	pair_finish(&p);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		line = NULL;
		len = 0;
		n = tcp_read_line(p.in, calls[i].limit, &line, &len);
		is_mem(line, len, calls[i].want, strlen(calls[i].want),
		    "R12 limit %zu gives \"%s\"", calls[i].limit,
		    calls[i].want);
		is_int(n, calls[i].result, "R12 which is %s line",
		    n == 2 ? "part of a" : "a whole");
	}
	is_int(tcp_read_line(p.in, 3, &line, &len), 0,
	    "R12 and then the end of file");
	pair_close(&p);
}

/* Every byte is returned, in order; a line cut by its limit has no line
 * ending. */
static bool
keeps_all(const struct lines *l, const char *text)
{
	size_t at = 0;

	if (l->len == 0 || l->all[at++] != '|')
		return false;
	for (; *text; text++) {
		if (at + 1 < l->len && memcmp(l->all + at, "+|", 2) == 0)
			at += 2;
		if (at == l->len ||
		    l->all[at++] != (*text == '\n' ? '|' : *text))
			return false;
	}
	return at == l->len;
}

/* How many of the limits up to MOST make a difference between TEXT at once and
 * TEXT byte by byte, or lose a byte of it if KEEPS. */
static size_t
wrong_limits(const char *text, size_t most, bool keeps)
{
	size_t n = strlen(text), wrong = 0;

	for (size_t limit = 1; limit <= most; limit++) {
		struct lines whole =
		    lines_of(text, n, n, TCPUNIT_LINE_CRLF, limit);
		struct lines bytes =
		    lines_of(text, 0, 1, TCPUNIT_LINE_CRLF, limit);

		if ((!keeps || keeps_all(&whole, text)) &&
		    whole.len == bytes.len &&
		    !memcmp(whole.all, bytes.all, whole.len))
			continue;
		wrong++;
		diag("limit %zu: \"%.*s\", bytewise \"%.*s\"", limit,
		    (int)whole.len, whole.all, (int)bytes.len, bytes.all);
	}
	return wrong;
}

static void
limits_lose_nothing(void)
{
	is_int((long long)wrong_limits(
		   "ab\ncdefgh\n\nijklmnopqrs\ntuvw", 12, true),
	    0, "R12 no limit loses a byte, wherever the segments end");
}

/* A CR at the limit may be half of a CRLF. */
static void
limits_and_crlf(void)
{
	is_int((long long)wrong_limits("ab\r\nc\rd\r\n\r\nefgh\r\n", 6, false),
	    0, "R12 with CRLF a limit does not depend on the segments either");
}

/* Each line has 10 bytes, so that it is known whether the next one has
 * arrived. */
static void
lines_of_the_limit(void)
{
	static const struct {
		enum tcp_line_ending ending;
		const char *text;
		const char *want;
	} cases[] = {
	    {TCPUNIT_LINE_CRLF, "0123456789\r\nb\r\n", "|0123456789|b"},
	    {TCPUNIT_LINE_CRLF, "0123456789\nb\n", "|0123456789|b"},
	    {TCPUNIT_LINE_CRLF, "0123456789", "|0123456789"},
	    {TCPUNIT_LINE_CRLF, "0123456789\r", "|0123456789+|\r"},
	    {TCPUNIT_LINE_CRLF, "0123456789\rb\n", "|0123456789+|\rb"},
	    {TCPUNIT_LINE_CRLF, "0123456789b\n", "|0123456789+|b"},
	    {TCPUNIT_LINE_CRLF, "012345678\r\n\r\n", "|012345678|"},
	    {TCPUNIT_LINE_LF, "012345678\r\nb\n", "|012345678\r|b"},
	    {TCPUNIT_LINE_LF, "0123456789\r\nb\n", "|0123456789+|\r|b"},
	    {TCPUNIT_LINE_ANY, "0123456789\rb\r", "|0123456789|b"},
	    {TCPUNIT_LINE_ANY, "0123456789\r\n\nb", "|0123456789||b"},
	    {TCPUNIT_LINE_ANY, "0123456789b\r\n", "|0123456789+|b"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *text = cases[i].text, *want = cases[i].want;
		size_t n = strlen(text), wrong = 0;

		for (size_t cut = 0; cut < n; cut++) {
			struct lines l = lines_of(
			    text, cut, cut ? n : 1, cases[i].ending, 10);

			wrong += l.len != strlen(want) ||
			    memcmp(l.all, want, l.len) != 0;
		}
		is_int((long long)wrong, 0,
		    "R12 a line of exactly LIMIT bytes (%zu)", i);
	}
}

struct much {
	int fd;
	char *bytes;
	atomic_bool sent;
};

static void *
send_much(void *arg)
{
	struct much *m = arg;
	ssize_t n;

	for (size_t at = 0; at < MUCH; at += (size_t)n) {
		n = send(m->fd, m->bytes + at, MUCH - at, MSG_NOSIGNAL);
		if (n == -1)
			break;
	}
	m->sent = true;
	return NULL;
}

/* Whether all bytes have reached the other end. */
static bool
has_arrived(const struct much *m)
{
	int n;

	return m->sent && ioctl(m->fd, SIOCOUTQ, &n) == 0 && n == 0;
}

/* Returns MUCH bytes, every tenth of which is END; all have been read ahead. */
static struct pair
much_ahead(char end)
{
	struct pair p = pair_connect();
	struct much m = {p.peer, malloc(MUCH), false};
	char *got = malloc(MUCH + 1);
	int fd = tcp_port_fileno(p.in);
	pthread_t sender;

	memset(m.bytes, 'x', MUCH);
	for (size_t i = 9; i < MUCH; i += 10)
		m.bytes[i] = end;
	pthread_create(&sender, NULL, send_much, &m);
	tcp_set_timeout(p.in, 20);
	while (!has_arrived(&m) || unread(fd) > 0)
		tcp_read_string(p.in, got, MUCH + 1);
	pthread_join(sender, NULL);
	pair_finish(&p);
	free(m.bytes);
	free(got);
	return p;
}

/* Searching all the buffered bytes again for each line would take an hour. */
static void
many_lines(enum tcp_line_ending e, char end, size_t limit, const char *name)
{
	struct pair p = much_ahead(end);
	size_t len, n = 0;
	char *line;

	tcp_set_line_ending(p.in, e);
	while (tcp_read_line(p.in, limit, &line, &len) > 0 && len <= 10)
		n++;
	is_int((long long)n, MUCH / 10, "%s", name);
	pair_close(&p);
}

static void
lines_of_much(void)
{
	many_lines(TCPUNIT_LINE_CRLF, '\n', 99, "lines of much that is there");
	many_lines(TCPUNIT_LINE_CRLF, 'x', 10, "it is cut by a short limit");
	many_lines(
	    TCPUNIT_LINE_ANY, '\r', TCPUNIT_NO_LIMIT, "a CR ends each of them");
	many_lines(TCPUNIT_LINE_ANY, '\n', TCPUNIT_NO_LIMIT, "or an LF does");
}

static void
all_bytes(void)
{
	struct pair p = pair_connect();
	char every[256], got[256];
	ssize_t n;

	for (int i = 0; i < 256; i++)
		every[i] = (char)i;
	pair_send(&p, every, sizeof every);
	n = tcp_read_string(p.in, got, sizeof got);
	is_mem(got, (size_t)n, every, sizeof every,
	    "R13 every byte value arrives as it is");
	pair_close(&p);
}

static void
peek_and_strings(void)
{
	struct pair p = pair_connect();
	char none = 'n';

	pair_say(&p, "abcmore\n");
	is_int(tcp_peek_byte(p.in), 'a', "R14 a peek shows the next byte");
	is_int(tcp_peek_byte(p.in), 'a', "R14 a peek leaves it");
	is_int(tcp_read_byte(p.in), 'a', "R14 a read takes it");
	is_int((long long)tcp_port_position(p.in), 1,
	    "R14 a peek does not move the position");
	string_is(p.in, 2, "bc", "R15 a string of 2");
	is_int(tcp_read_string(p.in, &none, 0), 0, "R15 a string of 0");
	pair_finish(&p);
	string_is(p.in, 100, "more\n", "R15 a string that the end cuts short");
	is_int(tcp_read_string(p.in, &none, 1), 0,
	    "R16 a string at the end of file");
	pair_close(&p);
}

static void
a_string_waits_for_all(void)
{
	struct pair p = pair_connect();
	struct reading r = {.in = p.in, .call = read_ten, .n = -1};
	tcp_thread t = start_reading(&r);

	pair_say(&p, "0123");
	pair_taken(&p);
	pair_say(&p, "45678");
	pair_taken(&p);
	is_int(r.n, -1, "R15 a string of 10 waits while there are 9");
	pair_say(&p, "9x");
	tcp_thread_join(t, NULL, -1);
	is_mem(r.got, (size_t)r.n, "0123456789", 10,
	    "R15 a string in three segments");
	string_is(p.in, 1, "x", "R15 what follows it is still there");
	pair_close(&p);
}

static void
char_ready(void)
{
	struct pair p = pair_connect();

	is_int(tcp_char_ready(p.in), 0, "R17 not ready before there is data");
	pair_say(&p, "a");
	is_int(tcp_char_ready(p.in), 1, "R17 ready when there is data");
	tcp_peek_byte(p.in);
	is_int(tcp_char_ready(p.in), 1, "R17 ready after a peek");
	tcp_read_byte(p.in);
	is_int(tcp_char_ready(p.in), 0, "R17 not ready when it is taken");
	pair_finish(&p);
	is_int(tcp_char_ready(p.in), 1, "R17 ready at the end of file");
	tcp_read_byte(p.in);
	is_int(tcp_char_ready(p.in), 1, "R17 and it stays ready");
	pair_close(&p);

	p = pair_connect();
	pair_reset(&p);
	is_int(tcp_char_ready(p.in), 1, "R17 ready after a reset");
	pair_close(&p);
}

static void
read_buffered(void)
{
	struct pair p = pair_connect();
	char got[16];
	ssize_t n;

	is_int(tcp_read_buffered(p.in, got, sizeof got), 0,
	    "R18 nothing is there, and nobody waits");
	pair_say(&p, "abc\ndefgh");
	line_is(p.in, "abc", "R18 a line first");
	n = tcp_read_buffered(p.in, got, sizeof got);
	is_mem(got, (size_t)n, "defgh", 5, "R18 what is there behind it");
	pair_say(&p, "ijklm");
	n = tcp_read_buffered(p.in, got, 3);
	is_mem(got, (size_t)n, "ijk", 3, "R18 no more than is asked for");
	string_is(p.in, 2, "lm", "R18 the rest is still there");
	pair_finish(&p);
	is_int(tcp_read_buffered(p.in, got, sizeof got), 0,
	    "R18 nothing at the end of file");
	pair_close(&p);
}

/* Nothing is there to read. */
static void
times_out(tcp_port in, int limit, const char *name)
{
	int64_t start = now_ms();
	char byte;

	tcp_set_timeout(in, limit);
	ok(failed(
	       tcp_read(in, &byte, 1) == -1, TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "%s", name);
	ok(within(now_ms() - start, limit, limit + 1000), "%s: after %d ms",
	    name, limit);
}

static void
time_limit(void)
{
	struct pair p = pair_connect();

	times_out(p.in, 300, "R19 a read with nothing to read times out");
	pair_close(&p);
}

/* The bytes of BEFORE have arrived; those of AFTER arrive as the limit
 * expires. */
static void
interrupt_line(const char *before, const char *after, const char *name)
{
	struct pair p = pair_connect();
	char *line = NULL, want[2048];
	size_t len = 0;

	snprintf(want, sizeof want, "%s%s", before, after);
	want[strcspn(want, "\n")] = '\0';
	tcp_set_timeout(p.in, 20);
	pair_say(&p, before);
	ok(failed(tcp_read_line(p.in, TCPUNIT_NO_LIMIT, &line, &len) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "%s: it times out", name);
	pair_say(&p, after);
	line_is(p.in, want, name);
	pair_close(&p);
}

static void
time_limits_lose_nothing(void)
{
	struct pair p = pair_connect();
	char much[1501], got[16];

	memset(much, 'm', sizeof much - 1);
	much[sizeof much - 1] = '\0';
	interrupt_line("part", "ial\n", "R20 an interrupted line is whole");
	interrupt_line(much, "END\n", "R21 also one of 1503 bytes");

	tcp_set_timeout(p.in, 20);
	pair_say(&p, "abc");
	ok(failed(tcp_read_string(p.in, got, 10) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "R22 a string of 10 times out after 3 bytes");
	is_int((long long)tcp_port_position(p.in), 0,
	    "R22 none of them was handed out");
	pair_say(&p, "defghij\n");
	string_is(p.in, 10, "abcdefghij", "R22 none of them is lost");
	string_is(p.in, 1, "\n", "R22 nor what follows");
	pair_close(&p);
}

static void
time_limits_of_0(void)
{
	struct pair p = pair_connect();

	times_out(p.in, 0, "R23 a limit of 0 does not wait");
	pair_say(&p, "x");
	is_int(tcp_read_byte(p.in), 'x', "R23 it takes what is there");
	is_int(tcp_set_timeout(p.in, -1), 0, "R23 -1 is no limit");
	pair_close(&p);

	p = pair_connect();
	tcp_set_timeout(p.in, 0);
	pair_say(&p, "in the kernel");
	string_is(p.in, 13, "in the kernel",
	    "W17 a limit of 0 gives what the kernel has");
	pair_close(&p);
}

static void
no_limit_waits(void)
{
	struct pair p = pair_connect();
	struct reading r = {.in = p.in, .call = read_any};
	tcp_thread t;

	tcp_set_timeout(p.in, 0);
	tcp_set_timeout(p.in, -1);
	t = start_reading(&r);
	pair_say(&p, "late");
	tcp_thread_join(t, NULL, -1);
	is_mem(r.got, (size_t)r.n, "late", 4, "R23 -1 waits for it");
	pair_close(&p);
}

static void
signals_while_reading(void)
{
	struct pair p = pair_connect();

	alarms_start();
	times_out(p.in, 500, "R24 signals do not end a read");
	ok(alarms_stop() > 0, "R24 their handler runs meanwhile");
	pair_close(&p);
}

static void
closed(void)
{
	struct pair p = pair_connect();
	struct reading r = {.in = p.in, .call = read_any};
	int64_t start = now_ms();
	tcp_thread t;

	t = start_reading(&r);
	tcp_close_input_port(p.in);
	tcp_thread_join(t, NULL, -1);
	is_int(r.n, -1, "R26 closing the port ends a read that waits");
	is_int(r.kind, TCPUNIT_ERROR_CLOSED, "R26 with the closed error");
	ok(within(now_ms() - start, 0, 1000), "R26 at once");
	pair_close(&p);
}

/* The peer resets the connection after "part" was received and read. */
static void
reset_while_reading(ssize_t (*call)(struct reading *), const char *what)
{
	struct pair p = pair_connect();
	struct reading r = {.in = p.in, .call = call};
	tcp_thread t = start_reading(&r);
	char byte;

	pair_say(&p, "part");
	pair_taken(&p);
	pair_reset(&p);
	tcp_thread_join(t, NULL, -1);
	if (r.n == -1) {
		is_int(r.code, ECONNRESET, "R27 a reset ends %s", what);
		r.n = tcp_read(p.in, r.got, sizeof r.got);
	}
	is_mem(r.got, r.n == -1 ? 0 : (size_t)r.n, "part", 4,
	    "R27 what came before a reset is read after %s", what);
	ok(failed(
	       tcp_read(p.in, &byte, 1) == -1, TCPUNIT_ERROR_NET, ECONNRESET),
	    "R27 then comes the reset, after %s", what);
	ok(failed(
	       tcp_read(p.in, &byte, 1) == -1, TCPUNIT_ERROR_NET, ECONNRESET),
	    "R27 and it stays, after %s", what);
	pair_close(&p);
}

/* A line that was cut off after "transfer 10" may have been "transfer 1000". */
static void
reset_cuts_short(void)
{
	struct pair p = pair_connect();
	char *line, got[20];
	size_t len;

	pair_say(&p, "pay\ntransfer 10");
	pair_reset(&p);
	line_is(p.in, "pay", "R27 a whole line comes before the reset");
	for (int i = 0; i < 2; i++) {
		ok(failed(tcp_read_line(p.in, 99, &line, &len) == -1,
		       TCPUNIT_ERROR_NET, ECONNRESET),
		    "R27 one without its ending does not");
		ok(failed(tcp_read_string(p.in, got, 12) == -1,
		       TCPUNIT_ERROR_NET, ECONNRESET),
		    "R27 nor does a string that is too short");
	}
	ok(failed(tcp_read_line(p.in, 11, &line, &len) == -1, TCPUNIT_ERROR_NET,
	       ECONNRESET),
	    "R27 nor a line of the limit that may go on");
	is_int(tcp_read_line(p.in, 10, &line, &len), 2,
	    "R27 but one that was cut by the limit does");
	is_int((long long)tcp_port_position(p.in), 14,
	    "R27 what was not handed out does not count");
	is_int(tcp_read_buffered(p.in, got, sizeof got), 1,
	    "R27 and the rest is there to be taken");
	pair_close(&p);
}

static void
reset_while_waiting(void)
{
	struct pair p = pair_connect();
	struct reading r = {.in = p.in, .call = read_line};
	tcp_thread t = start_reading(&r);

	pair_reset(&p);
	tcp_thread_join(t, NULL, -1);
	is_int(r.n, -1, "R27 a reset ends a read that waits");
	is_int(r.code, ECONNRESET, "R27 and is its error");
	pair_close(&p);
}

static void
resets(void)
{
	struct pair p;
	char *line;
	size_t len;

	reset_while_reading(read_any, "bytes");
	reset_while_reading(read_line, "a line");
	reset_while_reading(read_ten, "a string");
	reset_cuts_short();
	reset_while_waiting();

	p = pair_connect();
	pair_say(&p, "line1\nline2\n");
	pair_reset(&p);
	line_is(p.in, "line1", "R28 a line that came before a reset");
	line_is(p.in, "line2", "R28 another one");
	ok(failed(tcp_read_line(p.in, 9, &line, &len) == -1, TCPUNIT_ERROR_NET,
	       ECONNRESET),
	    "R28 then comes the reset");
	pair_close(&p);
}

static void
half_closed_peer(void)
{
	struct pair p = pair_connect();

	pair_finish(&p);
	line_is(p.in, NULL, "R29 the peer has closed its output");
	is_int(tcp_write_string(p.out, "still"), 5, "R29 we write");
	ok(peer_says(p.peer, "still"), "R29 the peer gets it");
	pair_close(&p);
}

static void
no_utf8(void)
{
	struct pair p = pair_connect();

	pair_say(&p, "\xff\xfe\x80 \xc3(\xed\xa0\x80\n");
	line_is(p.in, "\xff\xfe\x80 \xc3(\xed\xa0\x80",
	    "R30 invalid UTF-8 is bytes");
	pair_close(&p);
}

int
main(void)
{
	metronome_start();
	run(ends_of_lines);
	run(carriage_returns);
	run(ending_in_two_parts);
	run(other_ending);
	run(nul_lines);
	run(nul_in_a_line);
	run(end_of_file);
	run(long_line);
	run(limits);
	run(limits_lose_nothing);
	run(limits_and_crlf);
	run(lines_of_the_limit);
	run(lines_of_much);
	run(all_bytes);
	run(peek_and_strings);
	run(a_string_waits_for_all);
	run(char_ready);
	run(read_buffered);
	run(time_limit);
	run(time_limits_lose_nothing);
	run(time_limits_of_0);
	run(no_limit_waits);
	run(signals_while_reading);
	run(closed);
	run(resets);
	run(half_closed_peer);
	run(no_utf8);
	return done_testing();
}
