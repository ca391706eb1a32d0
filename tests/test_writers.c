/* SPDX-License-Identifier: ISC */
/*
 * test_writers.c - threads that write to one port: turns, limits, writes that
 * went out in part, copies, endings.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <tcpunit.h>

#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

/* A Unix socket: TCP moves bytes on while a writer waits, and so may have room
 * for more; a Unix socket does not. */
#define HOST "unix:@writers"

enum {
	MUCH = 1 << 20, /* more bytes than two sockets hold */
	SHORT_MS = 30,
	LONG_MS = 700,
	CROWD = 8,
	EACH = 20,
	LINE = 5000,
	ROOM = 4096 /* of a socket: less than a line */
};

/* A thread that makes one call on a port, and the result of that call. */
struct writer {
	tcp_thread thread;
	tcp_port out;
	ssize_t (*call)(tcp_port, const char *, size_t);
	const char *data;
	size_t size;
	ssize_t result;
	struct tcp_error error;
};

static tcp_listener listener;
static char *pages[4]; /* of 'a', of 'b', ... */

static ssize_t
write_data(tcp_port out, const char *data, size_t n)
{
	return tcp_write(out, data, n);
}

static ssize_t
write_text(tcp_port out, const char *data, size_t n)
{
	(void)n;
	return tcp_write_line(out, data);
}

static ssize_t
flush(tcp_port out, const char *data, size_t n)
{
	(void)data;
	(void)n;
	return tcp_flush_output(out);
}

static ssize_t
resize(tcp_port out, const char *data, size_t n)
{
	(void)data;
	return tcp_set_buffer_size(out, n);
}

static void *
call_writer(void *arg)
{
	struct writer *w = arg;

	w->result = w->call(w->out, w->data, w->size);
	w->error = *tcp_last_error();
	return NULL;
}

static void
start(struct writer *w, tcp_port out,
    ssize_t (*call)(tcp_port, const char *, size_t), const char *data,
    size_t size)
{
	*w = (struct writer){
	    .out = out, .call = call, .data = data, .size = size, .result = -2};
	w->thread = tcp_thread_start(call_writer, w);
	tcp_thread_yield();
}

/* Starts a thread that writes, and returns when the peer takes no more and the
 * thread waits. */
static void
occupy(struct writer *w, tcp_port out, int page)
{
	uint64_t before;

	start(w, out, write_data, pages[page], MUCH);
	do {
		before = tcp_port_position(out);
		tcp_thread_yield();
		tcp_thread_yield();
	} while (tcp_port_position(out) != before);
}

static bool
waits(const struct writer *w)
{
	return w->result == -2;
}

static ssize_t
end(struct writer *w)
{
	return tcp_thread_join(w->thread, NULL, -1) == 0 ? w->result : -3;
}

/* Whether the call of W failed with this error before it sent a byte. */
static bool
was_refused(struct writer *w, enum tcp_error_kind kind, int code)
{
	return end(w) == -1 && w->error.kind == kind && w->error.code == code &&
	    w->error.transferred == 0 && w->error.port.bits == w->out.bits;
}

static bool
refused(ssize_t result, enum tcp_error_kind kind, int code)
{
	return failed(result == -1, kind, code) &&
	    tcp_last_error()->transferred == 0;
}

/* Whether the next N bytes that arrive are the first N of this page. */
static bool
receives(tcp_port in, int page, size_t n)
{
	char *got = malloc(n + 1);
	bool right = tcp_read_string(in, got, n) == (ssize_t)n &&
	    memcmp(got, pages[page], n) == 0;

	free(got);
	return right;
}

static bool
receives_line(tcp_port in, const char *want)
{
	char *line;
	size_t len;

	return tcp_read_line(in, 100, &line, &len) == 1 &&
	    strcmp(line, want) == 0;
}

static void
turns(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[4];

	occupy(&w[0], b.server_out, 0);
	start(&w[1], b.server_out, write_data, pages[1], MUCH);
	start(&w[2], b.server_out, write_text, "third", 0);
	start(&w[3], b.server_out, write_text, "fourth", 0);
	ok(waits(&w[1]) && waits(&w[2]) && waits(&w[3]),
	    "three writers wait for the first");
	ok(receives(b.client_in, 0, MUCH) && receives(b.client_in, 1, MUCH) &&
		receives_line(b.client_in, "third") &&
		receives_line(b.client_in, "fourth"),
	    "each write arrives whole, in the order in which they came");
	ok(end(&w[0]) == MUCH && end(&w[1]) == MUCH && end(&w[2]) == 6 &&
		end(&w[3]) == 7,
	    "and each writer is told that all of it went out");
	is_int((long long)tcp_port_position(b.server_out), 2 * MUCH + 13,
	    "the position counts all of them");
	both_close(&b);
}

static void
readers(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w;

	occupy(&w, b.server_out, 0);
	ok(tcp_write_line(b.client_out, "y") == 2 &&
		receives_line(b.server_in, "y"),
	    "while writers wait, the other direction is read");
	ok(receives(b.client_in, 0, MUCH) && end(&w) == MUCH,
	    "and so is theirs");
	both_close(&b);
}

static void
limits(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[3];
	int64_t begun;

	occupy(&w[0], b.server_out, 0);
	tcp_set_timeout(b.server_out, 0);
	ok(refused(tcp_write_line(b.server_out, "x"), TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "a writer that may not wait times out");
	tcp_set_timeout(b.server_out, SHORT_MS);
	begun = now_ms();
	start(&w[1], b.server_out, write_text, "x", 0);
	tcp_set_timeout(b.server_out, -1);
	start(&w[2], b.server_out, write_text, "last", 0);
	ok(was_refused(&w[1], TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
		now_ms() - begun >= SHORT_MS,
	    "one that waits has the port's limit");
	ok(receives(b.client_in, 0, MUCH) &&
		receives_line(b.client_in, "last") && end(&w[0]) == MUCH &&
		end(&w[2]) == 5,
	    "and those before and after it are served");
	both_close(&b);
}

/* The limit covers the wait for the turn as well as the write itself. */
static void
one_limit(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[2];

	occupy(&w[0], b.server_out, 0);
	tcp_set_timeout(b.server_out, LONG_MS);
	start(&w[1], b.server_out, write_data, pages[1], MUCH);
	ok(receives(b.client_in, 0, MUCH) && end(&w[0]) == MUCH,
	    "a writer waits for its turn, and gets it");
	ok(end(&w[1]) == -1 && w[1].error.kind == TCPUNIT_ERROR_TIMEOUT &&
		w[1].error.transferred > 0,
	    "but its limit goes on, and runs out");
	both_close(&b);
}

static void
terminated(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[3];

	occupy(&w[0], b.server_out, 0);
	start(&w[1], b.server_out, write_text, "x", 0);
	start(&w[2], b.server_out, write_text, "last", 0);
	tcp_thread_terminate(w[1].thread);
	ok(was_refused(&w[1], TCPUNIT_ERROR_TERMINATED, ECANCELED),
	    "a writer that waits can be terminated");
	ok(receives(b.client_in, 0, MUCH) &&
		receives_line(b.client_in, "last") && end(&w[0]) == MUCH &&
		end(&w[2]) == 5,
	    "the others go on");
	both_close(&b);
}

static void
terminated_amid(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[2];

	occupy(&w[0], b.server_out, 0);
	start(&w[1], b.server_out, write_text, "x", 0);
	tcp_thread_terminate(w[0].thread);
	ok(end(&w[0]) == -1 && w[0].error.transferred > 0 &&
		was_refused(&w[1], TCPUNIT_ERROR_TERMINATED, ECANCELED),
	    "a write that is terminated amid its bytes stops the others");
	both_close(&b);
}

static void
closed(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[3];
	uint64_t sent;

	occupy(&w[0], b.server_out, 0);
	start(&w[1], b.server_out, write_text, "x", 0);
	start(&w[2], b.server_out, flush, NULL, 0);
	sent = tcp_port_position(b.server_out);
	is_int(tcp_close_output_port(b.server_out), 0, "the port is closed");
	ok(end(&w[1]) == -1 && w[1].error.kind == TCPUNIT_ERROR_CLOSED &&
		w[1].error.transferred == 0 && end(&w[2]) == -1 &&
		w[2].error.kind == TCPUNIT_ERROR_CLOSED,
	    "the writers that wait get the closed error");
	ok(end(&w[0]) == -1 && w[0].error.kind == TCPUNIT_ERROR_CLOSED &&
		w[0].error.transferred == sent,
	    "and so does the one that had the port");
	both_close(&b);
}

/* The port is closed when the first writer has ended and the second writer has
 * not run yet. */
static void
closed_in_turn(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[2];

	tcp_set_buffer_size(b.server_out, 2 * MUCH);
	tcp_write(b.server_out, pages[0], MUCH);
	start(&w[0], b.server_out, flush, NULL, 0);
	start(&w[1], b.server_out, write_text, "x", 0);
	tcp_thread_terminate(w[0].thread);
	while (waits(&w[0]))
		tcp_thread_yield();
	tcp_reset(b.server_out);
	ok(end(&w[0]) == -1 && w[0].error.kind == TCPUNIT_ERROR_TERMINATED &&
		end(&w[1]) == -1 && w[1].error.kind == TCPUNIT_ERROR_CLOSED,
	    "a writer that has got its turn, and has not run, is told as well");
	both_close(&b);
}

static void
reset_by_peer(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[2];

	occupy(&w[0], b.server_out, 0);
	start(&w[1], b.server_out, write_text, "x", 0);
	tcp_reset(b.client_in);
	ok(end(&w[0]) == -1 && w[0].error.kind == TCPUNIT_ERROR_NET &&
		w[0].error.transferred > 0,
	    "a write that a reset ends");
	ok(was_refused(&w[1], TCPUNIT_ERROR_NET, w[0].error.code),
	    "fails for those that wait, too");
	ok(refused(tcp_write_line(b.server_out, "x"), TCPUNIT_ERROR_NET,
	       w[0].error.code),
	    "and for later ones");
	both_close(&b);
}

/* Makes every kind of call that needs the port. */
static bool
all_time_out(tcp_port in, tcp_port out)
{
	return refused(
		   tcp_write(out, "x", 1), TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
	    refused(
		tcp_printf(out, "%d", 1), TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
	    refused(tcp_flush_output(out), TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
	    refused(tcp_set_buffer_size(out, 10), TCPUNIT_ERROR_TIMEOUT,
		ETIMEDOUT) &&
	    refused(tcp_await_acknowledgement(out), TCPUNIT_ERROR_TIMEOUT,
		ETIMEDOUT) &&
	    refused(tcp_copy_port(in, out, 1) == -1 ? -1 : 0,
		TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT);
}

static void
torn(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[3];
	size_t sent;

	tcp_set_timeout(b.server_out, SHORT_MS);
	start(&w[0], b.server_out, write_data, pages[0], MUCH);
	tcp_set_timeout(b.server_out, -1);
	start(&w[1], b.server_out, write_text, "x", 0);
	start(&w[2], b.server_out, flush, NULL, 0);
	ok(end(&w[0]) == -1 && w[0].error.kind == TCPUNIT_ERROR_TIMEOUT &&
		w[0].error.transferred > 0,
	    "a write times out when a part of it is out");
	ok(was_refused(&w[1], TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
		was_refused(&w[2], TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "the writers that wait fail likewise, though they have no limit");
	ok(all_time_out(b.server_in, b.server_out),
	    "and so does every later call");
	is_int(tcp_resume_output(b.server_out), 0, "until it is resumed");
	sent = w[0].error.transferred;
	start(&w[0], b.server_out, write_data, pages[0], MUCH - sent);
	start(&w[1], b.server_out, write_text, "second", 0);
	ok(receives(b.client_in, 0, MUCH) &&
		receives_line(b.client_in, "second"),
	    "then the first goes on, and nothing is lost or between");
	ok(end(&w[0]) == (ssize_t)(MUCH - sent) && end(&w[1]) == 7,
	    "and both are told so");
	both_close(&b);
}

/* This thread resumes output before the other writers have run; their calls
 * fail all the same. */
static void *
resume_at_once(void *arg)
{
	struct writer *w = arg;
	size_t sent;

	if (tcp_write(w->out, w->data, w->size) != -1)
		return NULL;
	sent = tcp_last_error()->transferred;
	tcp_set_timeout(w->out, -1);
	tcp_resume_output(w->out);
	w->result = tcp_write(w->out, w->data + sent, w->size - sent);
	return w;
}

static void
resumed_at_once(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[2] = {{.out = b.server_out,
	    .data = pages[0],
	    .size = MUCH,
	    .result = -2}};

	tcp_set_timeout(b.server_out, SHORT_MS);
	w[0].thread = tcp_thread_start(resume_at_once, &w[0]);
	tcp_thread_yield();
	start(&w[1], b.server_out, write_text, "x", 0);
	ok(receives(b.client_in, 0, 1) &&
		was_refused(&w[1], TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "who waited for a write that was torn fails though it goes on");
	ok(receives(b.client_in, 0, MUCH - 1) && end(&w[0]) > 0,
	    "which it does");
	both_close(&b);
}

/* The first writer does not send a byte, as the test has filled the
 * connection. */
static void
not_torn(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[2];
	size_t sent;

	tcp_set_timeout(b.server_out, 0);
	(void)tcp_write(b.server_out, pages[0], MUCH); /* it times out */
	sent = tcp_last_error()->transferred;
	tcp_resume_output(b.server_out);
	tcp_set_timeout(b.server_out, SHORT_MS);
	start(&w[0], b.server_out, write_data, pages[1], MUCH);
	tcp_set_timeout(b.server_out, -1);
	start(&w[1], b.server_out, write_text, "second", 0);
	ok(was_refused(&w[0], TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "a write times out before a byte of it is out");
	ok(receives(b.client_in, 0, sent) &&
		receives_line(b.client_in, "second") && end(&w[1]) == 7,
	    "which does not concern the next");
	both_close(&b);
}

static void
buffered(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[4];

	tcp_set_buffer_size(b.server_out, 2 * MUCH);
	tcp_write(b.server_out, pages[0], MUCH);
	start(&w[0], b.server_out, flush, NULL, 0);
	start(&w[1], b.server_out, write_text, "second", 0);
	start(&w[2], b.server_out, resize, NULL, 0);
	start(&w[3], b.server_out, write_text, "fourth", 0);
	ok(waits(&w[1]) && waits(&w[2]) && waits(&w[3]),
	    "writes wait for a flush, even if the buffer has room");
	ok(receives(b.client_in, 0, MUCH) &&
		receives_line(b.client_in, "second") &&
		receives_line(b.client_in, "fourth"),
	    "and come after it");
	ok(end(&w[0]) == 0 && end(&w[1]) == 7 && end(&w[2]) == 0 &&
		end(&w[3]) == 7,
	    "a change of the buffer's size has its turn as well");
	both_close(&b);
}

/* A flush that fails keeps the unsent bytes in the buffer, so nothing is
 * torn. */
static void
flush_in_part(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[2];

	tcp_set_buffer_size(b.server_out, 2 * MUCH);
	tcp_write(b.server_out, pages[0], MUCH);
	tcp_set_timeout(b.server_out, SHORT_MS);
	start(&w[0], b.server_out, flush, NULL, 0);
	tcp_set_timeout(b.server_out, -1);
	start(&w[1], b.server_out, resize, NULL, 0);
	ok(end(&w[0]) == -1 && w[0].error.kind == TCPUNIT_ERROR_TIMEOUT &&
		waits(&w[1]),
	    "a flush times out, and the next goes on with it");
	ok(receives(b.client_in, 0, MUCH) && end(&w[1]) == 0, "to the end");
	both_close(&b);
}

struct copying {
	tcp_thread thread;
	tcp_port in, out;
	int64_t limit, result;
	enum tcp_error_kind kind;
};

static void *
copy_once(void *arg)
{
	struct copying *c = arg;

	c->result = tcp_copy_port(c->in, c->out, c->limit);
	c->kind = tcp_last_error()->kind;
	return NULL;
}

static void
start_copy(struct copying *c, tcp_port in, tcp_port out, int64_t limit)
{
	*c = (struct copying){
	    .in = in, .out = out, .limit = limit, .result = -2};
	c->thread = tcp_thread_start(copy_once, c);
	tcp_thread_yield();
}

static void
copies(void)
{
	struct both from = both_connect(listener, HOST);
	struct both other = both_connect(listener, HOST);
	struct both b = both_connect(listener, HOST);
	struct copying c;

	start_copy(&c, from.server_in, b.server_out, 6);
	ok(refused(
	       tcp_write_line(b.server_out, "x"), TCPUNIT_ERROR_BUSY, EBUSY) &&
		refused(tcp_flush_output(b.server_out), TCPUNIT_ERROR_BUSY,
		    EBUSY) &&
		refused(
		    (ssize_t)tcp_copy_port(other.server_in, b.server_out, 1),
		    TCPUNIT_ERROR_BUSY, EBUSY),
	    "who writes during a copy is told that it is busy");
	tcp_write_line(from.client_out, "hello");
	ok(tcp_thread_join(c.thread, NULL, -1) == 0 && c.result == 6 &&
		receives_line(b.client_in, "hello"),
	    "which keeps its turn to its end");
	ok(tcp_write_line(b.server_out, "x") == 2 &&
		receives_line(b.client_in, "x"),
	    "after which it is not");
	both_close(&b);
	both_close(&other);
	both_close(&from);
}

static void
copy_after_write(void)
{
	struct both from = both_connect(listener, HOST);
	struct both b = both_connect(listener, HOST);
	struct copying c;
	struct writer w;

	occupy(&w, b.server_out, 0);
	start_copy(&c, from.server_in, b.server_out, 6);
	ok(refused(
	       tcp_write_line(b.server_out, "x"), TCPUNIT_ERROR_BUSY, EBUSY),
	    "nobody waits for a copy that waits for its turn");
	tcp_write_line(from.client_out, "there");
	ok(receives(b.client_in, 0, MUCH) &&
		receives_line(b.client_in, "there"),
	    "which comes after the write");
	ok(tcp_thread_join(c.thread, NULL, -1) == 0 && c.result == 6 &&
		end(&w) == MUCH,
	    "and both are whole");
	both_close(&b);
	both_close(&from);
}

/* When a copy fails while it waits for its turn, its bytes stay in the
 * source. */
static void
copy_that_waited(void)
{
	struct both from = both_connect(listener, HOST);
	struct both b = both_connect(listener, HOST);
	struct copying c;
	struct writer w;

	tcp_write_line(from.client_out, "hello");
	occupy(&w, b.server_out, 0);
	tcp_set_timeout(b.server_out, SHORT_MS);
	start_copy(&c, from.server_in, b.server_out, 6);
	ok(tcp_thread_join(c.thread, NULL, -1) == 0 && c.result == -1 &&
		c.kind == TCPUNIT_ERROR_TIMEOUT,
	    "a copy that waits for its turn has the limit of its output");
	ok(receives_line(from.server_in, "hello"), "and leaves its input");
	tcp_set_timeout(b.server_out, -1);
	start_copy(&c, from.server_in, b.server_out, 6);
	tcp_thread_terminate(c.thread);
	ok(tcp_thread_join(c.thread, NULL, -1) == 0 && c.result == -1 &&
		c.kind == TCPUNIT_ERROR_TERMINATED,
	    "it can be terminated");
	start_copy(&c, from.server_in, b.server_out, 6);
	tcp_close_output_port(b.server_out);
	ok(tcp_thread_join(c.thread, NULL, -1) == 0 && c.result == -1 &&
		c.kind == TCPUNIT_ERROR_CLOSED && end(&w) == -1,
	    "and closed");
	both_close(&b);
	both_close(&from);
}

static void
not_for_readers(void)
{
	struct both b = both_connect(listener, HOST);
	char line[10];
	struct copying c;

	start_copy(&c, b.server_in, b.server_out, 1);
	ok(refused(tcp_read(b.server_in, line, 10), TCPUNIT_ERROR_BUSY, EBUSY),
	    "a second reader is told that the port is busy");
	tcp_write_line(b.client_out, "");
	tcp_thread_join(c.thread, NULL, -1);
	both_close(&b);
}

static tcp_port shared;

static void *
write_lines(void *arg)
{
	char *line = malloc(LINE + 1);

	memset(line, 'A' + (int)(intptr_t)arg, LINE);
	line[LINE] = '\0';
	for (int i = 0; i < EACH; i++)
		if (tcp_write_line(shared, line) != LINE + 1)
			exit(1);
	free(line);
	return NULL;
}

/* Whether the N bytes are a line of one letter, and the letter is one of the
 * crowd's. */
static bool
uniform(const char *line, size_t n)
{
	return n == LINE && line[0] >= 'A' && line[0] < 'A' + CROWD &&
	    memcmp(line, line + 1, n - 1) == 0;
}

static void
crowd(void)
{
	struct both b = both_connect(listener, HOST);
	tcp_thread threads[CROWD];
	int i, right = 0;
	char *line;
	size_t len;

	shared = b.server_out;
	setsockopt(tcp_port_fileno(shared), SOL_SOCKET, SO_SNDBUF, &(int){ROOM},
	    sizeof(int));
	for (i = 0; i < CROWD; i++)
		threads[i] = tcp_thread_start(write_lines, (void *)(intptr_t)i);
	for (i = 0; i < CROWD * EACH; i++)
		right += tcp_read_line(b.client_in, LINE, &line, &len) == 1 &&
		    uniform(line, len);
	is_int(right, CROWD * EACH, "each line of many threads is whole");
	for (i = 0; i < CROWD; i++)
		tcp_thread_join(threads[i], NULL, -1);
	both_close(&b);
}

static struct both family;
static struct writer parents[3];

/* In a child, the threads that were waiting to write belong to the parent. */
static bool
write_in_child(void)
{
	tcp_set_timeout(family.server_out, 0);
	return refused(tcp_write_line(family.server_out, "x"),
		   TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
	    failed(tcp_thread_join(parents[1].thread, NULL, 0) == -1,
		TCPUNIT_ERROR_CLOSED, EBADF) &&
	    tcp_abandon_port(family.server_out) == 0 &&
	    tcp_close_output_port(family.server_out) == 0;
}

static void
child(void)
{
	family = both_connect(listener, HOST);
	occupy(&parents[0], family.server_out, 0);
	start(&parents[1], family.server_out, write_text, "second", 0);
	start(&parents[2], family.server_out, write_text, "third", 0);
	ok(in_child(write_in_child),
	    "in a child of fork no writer is before the first call");
	ok(receives(family.client_in, 0, MUCH) &&
		receives_line(family.client_in, "second") &&
		receives_line(family.client_in, "third") &&
		end(&parents[0]) == MUCH && end(&parents[1]) == 7 &&
		end(&parents[2]) == 6,
	    "and the parent's writers go on");
	both_close(&family);
}

static tcp_port foreign;

static void *
make_foreign(void *unused)
{
	foreign = tcp_open_output_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
	return unused;
}

static void
misuse(void)
{
	struct both b = both_connect(listener, HOST);
	pthread_t t;

	is_int(tcp_resume_output(b.server_out), 0,
	    "to resume what goes on has no effect");
	ok(failed(tcp_resume_output(b.server_in) == -1, TCPUNIT_ERROR_ARGUMENT,
	       EINVAL) &&
		told("resume-output"),
	    "an input port cannot be resumed");
	ok(failed(tcp_resume_output((tcp_port){0}) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "nor the null handle");
	pthread_create(&t, NULL, make_foreign, NULL);
	pthread_join(t, NULL);
	ok(failed(tcp_resume_output(foreign) == -1, TCPUNIT_ERROR_ARGUMENT,
	       EINVAL),
	    "nor the port of another OS thread");
	tcp_close_output_port(b.server_out);
	ok(failed(tcp_resume_output(b.server_out) == -1, TCPUNIT_ERROR_CLOSED,
	       EBADF),
	    "nor one that is closed");
	both_close(&b);
}

static void
left_to_shutdown(void)
{
	struct both b = both_connect(listener, HOST);
	struct writer w[3];
	int fds = open_fds();

	occupy(&w[0], b.server_out, 0);
	start(&w[1], b.server_out, write_text, "x", 0);
	start(&w[2], b.server_out, write_text, "x", 0);
	tcp_shutdown();
	ok(failed(tcp_write_line(b.server_out, "x") == -1, TCPUNIT_ERROR_CLOSED,
	       EBADF) &&
		open_fds() < fds,
	    "shutdown ends the writers that wait");
}

int
main(void)
{
	sandbox();
	signal(SIGPIPE, SIG_DFL);
	for (int i = 0; i < 4; i++)
		pages[i] = memset(malloc(MUCH), 'a' + i, MUCH);
	listener = listen_on(HOST, 0);
	run(turns);
	run(readers);
	run(limits);
	run(one_limit);
	run(terminated);
	run(terminated_amid);
	run(closed);
	run(closed_in_turn);
	run(reset_by_peer);
	run(torn);
	run(resumed_at_once);
	run(not_torn);
	run(buffered);
	run(flush_in_part);
	run(copies);
	run(copy_after_write);
	run(copy_that_waited);
	run(not_for_readers);
	run(crowd);
	run(child);
	run(misuse);
	run(left_to_shutdown);
	for (int i = 0; i < 4; i++)
		free(pages[i]);
	return done_testing();
}
