/* SPDX-License-Identifier: ISC */
/*
 * Many threads write records to one connection, with and without limits, and
 * are terminated; the port is closed at the end, or while they write.  The
 * reader sees whole records, in the order in which the writers came.
 */
#include "../clock.h"
#include "../invariant.h"
#include "../program.h"
#include "../random.h"
#include "../socket.h"
#include "../verdict.h"

#include <string.h>

enum { MAX_WRITERS = 6, RECORDS = 12, MAX_RECORD = 2000 };

struct record {
	uint32_t writer, number, length;
	unsigned char data[MAX_RECORD];
};

enum { HEAD = sizeof(uint32_t) * 3 };

static struct sim_link client, server;
static int64_t torn_at; /* when a write last went out in part */
static unsigned writing;
static bool cut; /* the last record may lack its end */

/* The writers can go on together, but only the library knows which of them has
 * its turn. */
static bool
can_write(const struct sim_call *c, int64_t by)
{
	return by == sim_now() && sim_file_writable_by(c->out, by);
}

static bool
can_read(const struct sim_call *c, int64_t by)
{
	return sim_file_readable_by(c->in, by);
}

static unsigned char
byte_of(const struct record *r, uint32_t i)
{
	return (unsigned char)(r->writer * 101 + r->number * 31 + i * 7);
}

/* Whether the error is the one of another write, which went out in part. */
static bool
is_torn(const struct sim_call *c)
{
	return (server.out.torn != TCPUNIT_ERROR_NONE || torn_at >= c->begun) &&
	    (tcp_last_error()->kind != TCPUNIT_ERROR_TERMINATED ||
		sim_task_self()->terminations == 0);
}

/* Returns the number of bytes that went out. */
static size_t
write_part(const void *data, size_t n)
{
	struct sim_call c;
	size_t sent = n;
	ssize_t r;

	sim_call_begin(&c, "write", server.out.ms);
	c.out = server.out.file;
	c.ready = can_write;
	c.closed = &server.out.closed;
	writing++;
	r = tcp_write(server.out.port, data, n);
	if (writing > 1)
		c.ready = NULL; /* another thread may use the port */
	if (r == -1)
		sent = tcp_last_error()->transferred;
	if (sent > 0 && sent < n) {
		torn_at = sim_now();
		server.out.torn = tcp_last_error()->kind;
	}
	sim_call_end(&c, r == -1 && (sent > 0 || !is_torn(&c)));
	writing--;
	if (r != -1 && (size_t)r != n)
		sim_fail("write of %zu returns %zd", n, r);
	return sent;
}

/* Writes the rest of a record at once, or closes the port, or leaves the port
 * as it is, so that no other record follows. */
static void
write_rest(const char *data, size_t n)
{
	size_t sent, part;

	cut = true;
	for (sent = 0; sent < n; sent += part) {
		if (sim_chance(2000) ||
		    tcp_resume_output(server.out.port) == -1)
			return;
		server.out.torn = TCPUNIT_ERROR_NONE;
		part = write_part(data + sent, n - sent);
		if (part == 0) {
			(void)sim_close(&server.out, false);
			return;
		}
	}
	cut = false;
}

static void
write_record(uint32_t writer, uint32_t number)
{
	struct record r = {.writer = writer, .number = number};
	uint32_t i;
	size_t n, sent;

	r.length = sim_below(MAX_RECORD);
	n = HEAD + r.length;
	for (i = 0; i < r.length; i++)
		r.data[i] = byte_of(&r, i);
	sent = write_part(&r, n);
	if (sent > 0 && sent < n)
		write_rest((char *)&r + sent, n - sent);
}

static void
write_records(void *writer)
{
	uint32_t i;

	for (i = 1; i <= RECORDS && !server.out.closed; i++) {
		write_record((uint32_t)(uintptr_t)writer, i);
		if (sim_chance(2000))
			(void)sim_sleep((int)sim_below(20));
		sim_some_work();
	}
}

/* Checks for exactly N bytes, or fewer at the end. */
static size_t
read_part(void *memory, size_t n)
{
	struct sim_call c;
	ssize_t r;

	sim_call_begin(&c, "read-string", -1);
	c.in = client.in.file;
	c.ready = can_read;
	r = tcp_read_string(client.in.port, memory, n);
	sim_call_end(&c, r == -1);
	return r == -1 ? 0 : (size_t)r;
}

static bool
read_record(struct record *r)
{
	uint32_t i;

	if (read_part(r, HEAD) < HEAD)
		return false;
	if (r->writer >= MAX_WRITERS || r->length > MAX_RECORD)
		sim_fail("a record begins amid another one");
	if (read_part(r->data, r->length) < r->length)
		return false;
	for (i = 0; i < r->length; i++)
		if (r->data[i] != byte_of(r, i))
			sim_fail("a record of %u is wrong", r->writer);
	return true;
}

static void
read_records(void *unused)
{
	uint32_t last[MAX_WRITERS] = {0};
	struct record r;

	(void)unused;
	while (read_record(&r)) {
		if (r.number <= last[r.writer])
			sim_fail("the records of %u change places", r.writer);
		last[r.writer] = r.number;
		if (sim_chance(3000))
			(void)sim_sleep((int)sim_below(100));
	}
}

void
sim_run_writers(void)
{
	struct sim_task *writers[MAX_WRITERS], *reader;
	unsigned i = 0, n = 2 + sim_below(MAX_WRITERS - 1);

	if (sim_pair(&client, &server) == -1)
		return;
	sim_set_limit(&server.out, sim_some_limit(100));
	reader = sim_task_new(read_records, NULL);
	do
		writers[i] = sim_task_new(write_records, (void *)(uintptr_t)i);
	while (++i < n);
	(void)sim_sleep((int)sim_below(100));
	if (sim_chance(5000) && !writers[0]->ended)
		sim_terminate(writers[0]);
	if (sim_chance(3000))
		(void)sim_close(&server.out, false);
	while (n > 0)
		(void)sim_join(writers[--n], -1);
	sim_close_link(&server);
	(void)sim_join(reader, -1);
	sim_close_link(&client);
}
