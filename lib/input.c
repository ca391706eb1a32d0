/* SPDX-License-Identifier: ISC */
/*
 * Reading.  Bytes that were read ahead are handed out first.  Then the socket
 * is read straight into the caller's memory, and the thread parks only if that
 * has nothing.
 */
#include "port.h"

#include <errno.h>
#include <stdlib.h>

static inline struct tu_port *enter(
    tcp_port, const void *, size_t, const char *);
static int wait_either(struct tu_port *);
static ssize_t receive(struct tu_port *, void *, size_t);
static ssize_t try_read(struct tu_port *, void *, size_t);
static ssize_t try_read_ahead(struct tu_port *);
static int hold(struct tu_port *);
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

bool
tu_input_ready(struct tu_port *p)
{
	tu_ahead_restore(&p->ahead);
	while (p->ahead.size == 0 && !p->end && p->error == 0)
		if (try_read_ahead(p) == -1) {
			if (errno == EAGAIN)
				return false;
			p->error = (short)errno;
		}
	return true;
}

ssize_t
tu_input_read(struct tu_port *p, void *buf, size_t cap)
{
	int filled;

	if (p->closed) /* another thread has closed it */
		return tu_port_go_on(p);
	tu_ahead_restore(&p->ahead);
	while (p->skip_lf && p->ahead.size == 0) {
		filled = tu_input_fill(p);
		if (filled <= 0)
			return filled;
	}
	if (p->ahead.size > 0)
		return (ssize_t)tu_ahead_take(&p->ahead, buf, cap);
	if (p->ahead.taken > 0)
		tu_ahead_reclaim(&p->ahead);
	return receive(p, buf, cap);
}

int
tu_input_fill(struct tu_port *p)
{
	ssize_t n = receive(p, NULL, 0);

	return n > 0 ? 1 : (int)n;
}

int
tu_input_put_back(struct tu_port *p, const void *data, size_t n)
{
	if (hold(p) == -1)
		return -1;
	return tu_ahead_put(&p->ahead, p->runtime->scratch, data, n);
}

/* Bytes that were taken from the read-ahead are still in its memory. */
void
tu_input_return(
    struct tu_port *p, unsigned char *memory, size_t from, size_t end)
{
	struct tu_ahead *a = &p->ahead;

	if (a->taken > 0)
		tu_ahead_untake(a, end - from);
	else if (tu_input_put_back(p, memory + from, end - from) == -1) {
		tu_ahead_lend(a, memory, from, end);
		return;
	}
	free(memory);
}

int
tu_input_wait(struct tu_port *p)
{
	struct tu_port *output = p->connection->output;
	int result;

	tu_ahead_reclaim(&p->ahead);
	/* If sending fails, later writes and the close report it. */
	if (output != NULL && output->buffer_size > 0 && output->user == NULL &&
	    tu_output_push(output))
		result = wait_either(p);
	else
		result = tu_port_wait(p);
	if (result == 0)
		p->empty = false;
	return result;
}

/* Waits for bytes, or for room for the other port's buffered output.  The wait
 * for room has its own watch, as the output port's is for threads that write
 * meanwhile. */
static int
wait_either(struct tu_port *p)
{
	struct tu_scheduler *s = &p->runtime->scheduler;
	struct tu_wait room;
	int result;

	tu_wait_begin(
	    &room, s, p->connection->descriptor.fd, EV_WRITE, &p->queue);
	if (tu_watch_add(&room.watch) == 0)
		result = tu_port_wait(p);
	else
		result = tu_port_raise(p);
	tu_wait_end(&room);
	return result;
}

static inline struct tu_port *
enter(tcp_port port, const void *buf, size_t n, const char *name)
{
	if (tu_enter(name) == NULL || tu_check_memory(buf, n) == -1)
		return NULL;
	return tu_input_enter(port);
}

/*
 * Reads into BUF, or ahead if BUF is NULL.  Returns the number of bytes; 0 at
 * end of file; or -1, with an error raised.  After a short read it waits first,
 * as another read would most likely fail with EAGAIN; unless a wait would fail
 * at once.
 */
static ssize_t
receive(struct tu_port *p, void *buf, size_t cap)
{
	ssize_t n;

	if (p->end)
		return 0;
	if (p->error != 0) {
		errno = p->error;
		p->error = 0;
		return tu_port_raise(p);
	}
	if (p->empty && !tu_hurried(&p->runtime->scheduler) &&
	    tu_input_wait(p) == -1)
		return -1;
	for (;;) {
		if (tu_port_go_on(p) == -1)
			return -1;
		n = buf != NULL ? try_read(p, buf, cap) : try_read_ahead(p);
		if (n != -1)
			return n;
		if (errno != EAGAIN)
			return tu_port_raise(p);
		if (tu_input_wait(p) == -1)
			return -1;
	}
}

static ssize_t
try_read(struct tu_port *p, void *buf, size_t cap)
{
	ssize_t n = tu_connection_read(p->connection, buf, cap);

	tu_charge(&p->runtime->scheduler, n > 0 ? (size_t)n : 0);
	if (n == -1)
		return -1;
	p->end = n == 0;
	p->empty = (size_t)n < cap && !p->watch.always;
	return n;
}

/* Reads ahead, and drops an LF that follows the CR of the previous line. */
static ssize_t
try_read_ahead(struct tu_port *p)
{
	struct tu_room room;
	ssize_t n;

	if (hold(p) == -1 ||
	    tu_ahead_room(&p->ahead, p->runtime->scratch, &room) == -1)
		return -1;
	n = try_read(p, room.start, room.size);
	if (n <= 0)
		return n;
	tu_ahead_add(&p->ahead, &room, (size_t)n);
	if (p->skip_lf && *p->ahead.first == '\n')
		tu_ahead_skip(&p->ahead, 1);
	p->skip_lf = false;
	return n;
}

/* Prepares for reading ahead: 0, or -1 with errno ENOMEM. */
static int
hold(struct tu_port *p)
{
	struct tu_runtime *rt = p->runtime;

	if (rt->scratch == NULL)
		rt->scratch = evbuffer_new();
	if (rt->scratch == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (tu_connection_hold(p->connection, &rt->scheduler) == -1)
		return -1;
	p->ahead.buffer = p->connection->unread;
	return 0;
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
