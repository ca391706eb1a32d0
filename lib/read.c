/* SPDX-License-Identifier: ISC */
/*
 * The calls that read bytes and strings.  Lines are in line.c.
 */
#include "port.h"

#include <errno.h>

static inline struct tu_port *enter(
    tcp_port, const void *, size_t, const char *);
static ssize_t gather(struct tu_port *, char *, size_t);
static int put_back(struct tu_port *, const char *, size_t);
static int next_byte(tcp_port, bool, const char *);

ssize_t
tcp_read(tcp_port port, void *buf, size_t cap)
{
	struct tu_port *p = enter(port, buf, cap, "read");
	ssize_t n = 0;

	if (p == NULL)
		return -1;
	tu_limit(&p->runtime->scheduler, p->timeout);
	if (cap > 0)
		n = tu_input_read(p, buf, cap);
	if (n > 0)
		p->position += (uint64_t)n;
	tu_port_leave(p);
	return n;
}

ssize_t
tcp_read_string(tcp_port port, void *buf, size_t n)
{
	struct tu_port *p = enter(port, buf, n, "read-string");
	ssize_t got;

	if (p == NULL)
		return -1;
	tu_limit(&p->runtime->scheduler, p->timeout);
	got = gather(p, buf, n);
	if (got > 0)
		p->position += (uint64_t)got;
	tu_port_leave(p);
	return got;
}

int
tcp_read_byte(tcp_port port)
{
	return next_byte(port, true, "read-byte");
}

int
tcp_peek_byte(tcp_port port)
{
	return next_byte(port, false, "peek-byte");
}

ssize_t
tcp_read_buffered(tcp_port port, void *buf, size_t cap)
{
	struct tu_port *p = enter(port, buf, cap, "read-buffered");
	size_t got = 0;
	ssize_t n = 1;

	if (p == NULL)
		return -1;
	tu_limit(&p->runtime->scheduler, 0);
	while (n > 0 && got < cap && tu_input_ready(p)) {
		n = tu_input_read(p, (char *)buf + got, cap - got);
		if (n > 0)
			got += (size_t)n;
	}
	p->position += got;
	tu_port_leave(p);
	return n == -1 && got == 0 ? -1 : (ssize_t)got;
}

int
tcp_char_ready(tcp_port port)
{
	struct tu_port *p = enter(port, NULL, 0, "char-ready");
	bool ready;

	if (p == NULL)
		return -1;
	ready = tu_input_ready(p);
	tu_port_leave(p);
	return ready;
}

static inline struct tu_port *
enter(tcp_port port, const void *buf, size_t n, const char *name)
{
	struct tu_runtime *rt = tu_enter(name);

	if (rt == NULL || tu_check_memory(buf, n) == -1)
		return NULL;
	return tu_input_enter(rt, port);
}

static ssize_t
gather(struct tu_port *p, char *buf, size_t n)
{
	size_t got = 0;
	ssize_t r;

	while (got < n) {
		r = tu_input_read(p, buf + got, n - got);
		if (r == -1)
			return put_back(p, buf, got);
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

/* Puts the bytes that came before a failure back for the next call.  If there
 * is no memory for them, they stay in the caller's buffer, and the error says
 * how many they are.  Returns -1. */
static int
put_back(struct tu_port *p, const char *buf, size_t got)
{
	int error = errno;

	if (p->closed || got == 0 || tu_input_put_back(p, buf, got) == 0) {
		errno = error;
		return -1;
	}
	p->position += got;
	(void)tu_port_raise(p); /* is -1 */
	tu_error_attach((tcp_port){p->handle}, got);
	return -1;
}

static int
next_byte(tcp_port port, bool take, const char *name)
{
	struct tu_port *p = enter(port, NULL, 0, name);
	int byte = TCPUNIT_EOF, filled = 1;

	if (p == NULL)
		return -1;
	tu_limit(&p->runtime->scheduler, p->timeout);
	tu_ahead_restore(&p->ahead);
	while (filled == 1 && p->ahead.size == 0)
		filled = tu_input_fill(p);
	if (filled == -1)
		byte = -1;
	if (filled == 1)
		byte = *p->ahead.first;
	if (filled == 1 && take) {
		tu_ahead_skip(&p->ahead, 1);
		p->position++;
	}
	tu_port_leave(p);
	return byte;
}
