/* SPDX-License-Identifier: ISC */
/*
 * Checked calls on ports.
 */
#include "port.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "content.h"
#include "flow.h"
#include "invariant.h"
#include "random.h"
#include "socket.h"
#include "stale.h"
#include "task.h"
#include "verdict.h"
#include "weather.h"

static bool readable(const struct sim_call *, int64_t);
static bool writable(const struct sim_call *, int64_t);
static bool movable(const struct sim_call *, int64_t);
static void begin(struct sim_call *, const char *, struct sim_port *);
static void end(struct sim_call *, bool);
static ssize_t got(struct sim_port *, const char *, ssize_t, bool);
static void resume(struct sim_port *);
static void check_end(const struct sim_port *);
static void check_error(const struct sim_port *);
static void check_sent(const struct sim_port *);
static void check_copy_limit(
    const struct sim_call *, const struct sim_port *, const struct sim_port *);

enum tcp_error_kind
sim_failure(void)
{
	return sim_task_self()->failure;
}

ssize_t
sim_read(struct sim_port *p, size_t cap)
{
	char *memory = sim_task_memory(cap);
	struct sim_call c;
	ssize_t n;

	begin(&c, "read", p);
	n = tcp_read(p->port, memory, cap);
	if (n == -1 && tcp_last_error()->kind == TCPUNIT_ERROR_NET)
		check_error(p);
	end(&c, n == -1);
	return got(p, memory, n, cap > 0);
}

ssize_t
sim_read_string(struct sim_port *p, size_t n)
{
	uint64_t from = p->flow->read;
	char *memory = sim_task_memory(n);
	struct sim_call c;
	ssize_t r;

	begin(&c, "read-string", p);
	r = tcp_read_string(p->port, memory, n);
	end(&c, r == -1);
	if (p->flow->read != from)
		sim_fail("somebody read during read-string");
	r = got(p, memory, r, n > 0);
	if (r >= 0 && (size_t)r < n && n > 0)
		check_end(p);
	return r;
}

ssize_t
sim_read_line(struct sim_port *p, size_t limit)
{
	uint64_t before = tcp_port_position(p->port), taken;
	struct sim_call c;
	size_t length, i;
	char *line;
	int r;

	begin(&c, "read-line", p);
	r = tcp_read_line(p->port, limit, &line, &length);
	end(&c, r == -1);
	if (r < 1)
		return got(p, NULL, r, true);
	taken = tcp_port_position(p->port) - before;
	for (i = 0; i < length; i++)
		if (line[i] == '\n')
			sim_fail("a line has two");
	if (line[length] != '\0' || taken < length || taken > length + 1)
		sim_fail("a line of %zu bytes took %llu", length,
		    (unsigned long long)taken);
	(void)got(p, line, (ssize_t)length, false);
	if (taken > length)
		(void)got(p, "\n", 1, false);
	else if (length < limit)
		check_end(p);
	return (ssize_t)taken;
}

ssize_t
sim_read_buffered(struct sim_port *p, size_t cap)
{
	char *memory = sim_task_memory(cap);
	struct sim_call c;
	ssize_t n;

	begin(&c, "read-buffered", p);
	c.ready = NULL;
	n = tcp_read_buffered(p->port, memory, cap);
	end(&c, n == -1);
	return got(p, memory, n, false);
}

int
sim_char_ready(struct sim_port *p)
{
	bool there = sim_file_readable_by(p->file, sim_now());
	struct sim_call c;
	int r;

	begin(&c, "char-ready", p);
	c.ready = NULL;
	r = tcp_char_ready(p->port);
	end(&c, r == -1);
	if (r == 0 && there)
		sim_fail("char-ready overlooks what is there");
	return r;
}

ssize_t
sim_write(struct sim_port *p, size_t n)
{
	char *data = sim_task_memory(n);
	struct sim_call c;
	ssize_t r;

	resume(p);
	sim_content(&p->flow->content, p->flow->written, data, n);
	begin(&c, "write", p);
	r = tcp_write(p->port, data, n);
	p->flow->written += r == -1 ? tcp_last_error()->transferred : n;
	if (r == -1 && tcp_last_error()->transferred > 0 &&
	    tcp_last_error()->transferred < n)
		p->torn = tcp_last_error()->kind;
	check_sent(p);
	end(&c, r == -1);
	if (r != -1 && (size_t)r != n)
		sim_fail("write of %zu returns %zd", n, r);
	return r;
}

int
sim_flush(struct sim_port *p)
{
	struct sim_call c;
	int r;

	resume(p);
	begin(&c, "flush", p);
	r = tcp_flush_output(p->port);
	end(&c, r == -1);
	return r;
}

int64_t
sim_copy(struct sim_port *in, struct sim_port *out, int64_t limit)
{
	struct sim_call c;
	uint64_t copied;
	int64_t r;

	resume(out);
	if (out->flow->written == 0)
		out->flow->content = (struct sim_content){
		    .source = &in->flow->content, .shift = in->flow->read};
	begin(&c, "copy", in);
	c.deadline = SIM_NEVER; /* each wait has the port's limit */
	c.out = out->file;
	c.ready = movable;
	r = tcp_copy_port(in->port, out->port, limit);
	copied = r == -1 ? tcp_last_error()->transferred : (uint64_t)r;
	if (r == -1 && tcp_last_error()->kind == TCPUNIT_ERROR_TIMEOUT)
		check_copy_limit(&c, in, out);
	end(&c, r == -1);
	in->flow->read += copied;
	out->flow->written += copied;
	if (r != -1 && r != limit)
		check_end(in);
	return r;
}

int
sim_close(struct sim_port *p, bool input)
{
	struct sim_call c;
	int r;

	begin(&c, "close", p);
	c.ready = input ? NULL : writable;
	c.closed = NULL;
	if (p->closing == 0)
		p->closing = sim_now();
	r = input ? tcp_close_input_port(p->port)
		  : tcp_close_output_port(p->port);
	if (!input && r == 0 && !p->closed)
		p->flow->finished = true;
	p->closed = true;
	sim_stale_port(p->port);
	end(&c, r == -1);
	return r;
}

void
sim_close_link(struct sim_link *link)
{
	(void)sim_close(&link->out, false);
	(void)sim_close(&link->in, true);
}

void
sim_reset(struct sim_link *link)
{
	if (!link->out.closed)
		(void)tcp_reset(link->out.port);
	else if (!link->in.closed)
		(void)tcp_reset(link->in.port);
	link->out.closed = link->in.closed = true;
	sim_stale_port(link->in.port);
	sim_stale_port(link->out.port);
}

void
sim_set_limit(struct sim_port *p, int ms)
{
	if (tcp_set_timeout(p->port, ms) == 0)
		p->ms = ms;
}

void
sim_set_buffer(struct sim_port *p, size_t n)
{
	struct sim_call c;
	int r;

	resume(p);
	begin(&c, "set-buffer-size", p);
	r = tcp_set_buffer_size(p->port, n);
	if (r == 0)
		p->buffer = n;
	end(&c, r == -1);
}

int
sim_wait(struct sim_port *p, int events, int ms)
{
	struct sim_call c;
	int r;

	begin(&c, "wait-fd", p);
	c.deadline = ms < 0 ? SIM_NEVER : sim_now() + ms * SIM_MS;
	if (events == TCPUNIT_WRITABLE)
		c.ready = writable;
	r = tcp_wait_fd(tcp_port_fileno(p->port), events, ms);
	if (r != -1 && p->closing > c.begun && !c.ready(&c, p->closing))
		sim_fail("the wait for a closed port does not say so");
	end(&c, r == -1);
	return r;
}

static bool
readable(const struct sim_call *c, int64_t by)
{
	return sim_file_readable_by(c->in, by);
}

static bool
writable(const struct sim_call *c, int64_t by)
{
	return sim_file_writable_by(c->out, by);
}

static bool
movable(const struct sim_call *c, int64_t by)
{
	return readable(c, by) && writable(c, by);
}

static void
begin(struct sim_call *c, const char *name, struct sim_port *p)
{
	bool input = tcp_input_port_p(p->port);

	sim_call_begin(c, name, p->ms);
	c->in = input ? p->file : NULL;
	c->out = input ? NULL : p->file;
	c->ready = input ? readable : writable;
	c->closed = &p->closed;
}

static void
end(struct sim_call *c, bool failed)
{
	sim_call_end(c, failed);
}

/* The call has read N bytes from the port.  If N is 0, END says whether that is
 * the end of file. */
static ssize_t
got(struct sim_port *p, const char *data, ssize_t n, bool end)
{
	struct sim_flow *f = p->flow;

	if (n > 0 && !sim_content_is(&f->content, f->read, data, (size_t)n))
		sim_fail("wrong bytes at %llu", (unsigned long long)f->read);
	if (n > 0)
		f->read += (uint64_t)n;
	if (n == 0 && end)
		check_end(p);
	return n;
}

/* After a write that went out in part, calls fail until the port is resumed. */
static void
resume(struct sim_port *p)
{
	enum tcp_error_kind torn = p->torn;

	p->torn = TCPUNIT_ERROR_NONE;
	if (torn == TCPUNIT_ERROR_NONE || p->closed)
		return;
	if (sim_chance(5000) &&
	    (tcp_flush_output(p->port) != -1 ||
		(tcp_last_error()->kind != torn &&
		    tcp_last_error()->kind != TCPUNIT_ERROR_CLOSED)))
		sim_fail("a call follows a write that went out in part");
	(void)tcp_resume_output(p->port); /* the port may be closed */
}

/* The library may report an end of file only if the peer has sent it, and only
 * after all the peer's bytes. */
static void
check_end(const struct sim_port *p)
{
	struct sim_socket *s = sim_socket_of(p->file);

	p->flow->ended = true;
	if (s != NULL && (!s->in->ended || s->in->arrived != s->in->written))
		sim_fail("a false end of file after %llu bytes",
		    (unsigned long long)p->flow->read);
}

/* The bytes that arrived before a reset are returned before the error. */
static void
check_error(const struct sim_port *p)
{
	struct sim_socket *s = sim_socket_of(p->file);

	if (s == NULL)
		return;
	if (!s->reset)
		sim_fail("read fails on a sound connection: %s",
		    tcp_last_error()->text);
	if (s->in->arrived != p->flow->read)
		sim_fail("the error hides %llu bytes that had come",
		    (unsigned long long)(s->in->arrived - p->flow->read));
}

static void
check_sent(const struct sim_port *p)
{
	struct sim_socket *s = sim_socket_of(p->file);

	if (sim_layered)
		return; /* a layer keeps what the socket does not take */
	if (s != NULL && p->buffer == 0 && s->out->written != p->flow->written)
		sim_fail("%llu bytes went out, the caller thinks %llu",
		    (unsigned long long)s->out->written,
		    (unsigned long long)p->flow->written);
}

/* Each wait has a limit of its own, which begins with the last progress. */
static void
check_copy_limit(const struct sim_call *c, const struct sim_port *in,
    const struct sim_port *out)
{
	int64_t since = c->begun, read = sim_last_move(&in->file->reads);
	int64_t written = sim_last_move(&out->file->writes);
	int ms = in->ms == -1 || (out->ms != -1 && out->ms < in->ms) ? out->ms
								     : in->ms;

	if (read > since)
		since = read;
	if (written > since && !sim_layered) /* a reader may push them on */
		since = written;
	if (sim_now() - since < ms * SIM_MS - 1000)
		sim_fail("copy times out %.3f ms after progress",
		    (double)(sim_now() - since) / SIM_MS);
	if (movable(c, since + ms * SIM_MS))
		sim_fail("copy times out although it could go on");
}
