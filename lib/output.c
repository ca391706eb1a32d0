/* SPDX-License-Identifier: ISC */
/*
 * Writing.  Bytes go straight from the caller's memory to the descriptor,
 * unless the port has a buffer.
 */
#include "port.h"

#include <event2/buffer.h>

#include <errno.h>
#include <string.h>

enum {
	PIECES = 2, /* of one call: a line and its ending */
	BUFFERED_PIECES = 14
};

static bool is_room(const struct tu_port *, size_t);
static void append(struct tu_fill *, const struct iovec *, int);
static int write_all(struct tu_port *, struct tu_pieces *);
static int buffer_pieces(struct tu_port *, const struct iovec *, int, size_t);
static ssize_t write_entered(tcp_port, struct iovec *, int, size_t);
static ssize_t write_pieces(struct tu_port *, struct iovec *, int, size_t);
static int write_through(struct tu_port *, struct tu_pieces *);
static struct tu_port *enter(tcp_port, const char *);
static int send_rest(struct tu_port *, bool *);
static bool has_unsent(const struct tu_port *);
static int fail(struct tu_port *, struct tu_pieces *);
static ssize_t try_write(struct tu_port *, struct iovec *, int);
static void advance(struct tu_pieces *, size_t);

ssize_t
tcp_write(tcp_port port, const void *buf, size_t n)
{
	struct iovec iov = {.iov_base = (void *)buf, .iov_len = n};

	if (tu_enter("write") == NULL)
		return -1;
	return tu_write(port, &iov, 1);
}

ssize_t
tu_write(tcp_port port, struct iovec *iov, int n)
{
	struct tu_port *p = tu_object(TU_OUTPUT, port.bits);
	size_t total = 0;

	if (tu_check_memory(iov->iov_base, iov->iov_len) == -1)
		return -1;
	for (int i = 0; i < n; i++)
		total += iov[i].iov_len;
	if (p == NULL || !is_room(p, total))
		return write_entered(port, iov, n, total);
	append(&p->fill, iov, n);
	return (ssize_t)total;
}

/* Whether the port need not be entered, as the bytes fit where others are.  A
 * callback may be a function of the connection's layers. */
static inline bool
is_room(const struct tu_port *p, size_t n)
{
	const struct tu_scheduler *s = &p->runtime->scheduler;

	return p->user == NULL && p->torn.kind == TCPUNIT_ERROR_NONE &&
	    n < p->fill.room - p->fill.used && !tu_in_callback(s);
}

static inline void
append(struct tu_fill *f, const struct iovec *iov, int n)
{
	unsigned char *to = f->start + f->used;

	for (int i = 0; i < n; i++) {
		if (iov[i].iov_len == 1)
			*to = *(unsigned char *)iov[i].iov_base; /* quicker */
		else if (iov[i].iov_len > 0)
			memcpy(to, iov[i].iov_base, iov[i].iov_len);
		to += iov[i].iov_len;
	}
	f->used = (size_t)(to - f->start);
}

int
tcp_flush_output(tcp_port port)
{
	struct tu_port *p = enter(port, "flush-output");
	int result;

	if (p == NULL)
		return -1;
	result = tu_output_flush(p);
	tu_port_leave(p);
	return result;
}

int
tcp_set_buffer_size(tcp_port port, size_t n)
{
	struct tu_port *p = enter(port, "set-buffer-size");
	int result;

	if (p == NULL)
		return -1;
	result = tu_output_flush(p);
	if (result == 0)
		p->buffer_size = n;
	tu_port_leave(p);
	return result;
}

int
tcp_close_output_port(tcp_port port)
{
	struct tu_port *p;
	int flushed, closed, error;
	bool meanwhile; /* another thread has closed it */

	tu_enter_closing();
	if (tu_closed(TU_OUTPUT, port.bits))
		return 0;
	tu_begin("close-output-port");
	p = tu_lookup(TU_OUTPUT, port.bits);
	if (p == NULL || tu_port_in_layer(p))
		return -1;
	flushed = send_rest(p, &meanwhile);
	if (meanwhile)
		return flushed;
	error = errno;
	if ((flushed == -1 || p->writing) && !p->abandoned)
		p->connection->cut = true;
	closed = tu_port_close(p);
	if (closed == 0)
		errno = error; /* report the flush's error */
	return flushed == -1 ? -1 : closed;
}

/* Sends what is left, unless a call is in progress at the port.  CLOSED:
 * another thread has closed the port meanwhile, and it may be freed. */
static int
send_rest(struct tu_port *p, bool *closed)
{
	int sent;

	*closed = false;
	if (p->user != NULL) {
		if (tu_output_buffered(p) == 0)
			return 0;
		tu_raise(TCPUNIT_ERROR_BUSY, EBUSY, NULL);
		tu_error_attach((tcp_port){p->handle}, 0);
		return -1;
	}
	tu_port_hold(p, p->runtime->scheduler.current);
	tu_limit(&p->runtime->scheduler, p->timeout);
	sent = tu_output_end(p);
	*closed = p->closed;
	tu_port_leave(p);
	return sent;
}

int
tu_output_end(struct tu_port *p)
{
	int flushed = tu_output_flush(p);

	if (flushed == 0 && !p->closed && p->connection->lane != NULL)
		return tu_lane_end_output(p);
	return flushed;
}

int
tu_output_flush(struct tu_port *p)
{
	struct evbuffer_iovec v[8];
	struct tu_pieces pieces;
	int n, result = 0;

	tu_output_settle(p);
	while (result == 0 && tu_output_buffered(p) > 0) {
		n = evbuffer_peek(p->connection->unsent, -1, NULL, v, 8);
		pieces = (struct tu_pieces){.iov = v, .n = n < 8 ? n : 8};
		result = tu_output_write(p, &pieces);
		tu_output_drop(p, pieces.sent);
	}
	if (result == 0 && !p->closed && has_unsent(p)) {
		pieces = (struct tu_pieces){0};
		result = tu_output_write(p, &pieces);
	}
	return result;
}

bool
tu_output_push(struct tu_port *p)
{
	struct evbuffer_iovec v[8];
	ssize_t r;
	int n;

	tu_output_settle(p);
	while (tu_output_buffered(p) > 0) {
		n = evbuffer_peek(p->connection->unsent, -1, NULL, v, 8);
		r = try_write(p, v, n < 8 ? n : 8);
		if (r == -1)
			return errno == EAGAIN;
		p->position += (uint64_t)r;
		tu_output_drop(p, (size_t)r);
	}
	return false;
}

int
tu_output_write(struct tu_port *p, struct tu_pieces *pieces)
{
	int result;

	p->writing = true;
	result = write_all(p, pieces);
	p->writing = false;
	return result;
}

static int
write_all(struct tu_port *p, struct tu_pieces *pieces)
{
	ssize_t r = 0;

	for (;;) {
		if (r > 0)
			p->position += (uint64_t)r;
		advance(pieces, r > 0 ? (size_t)r : 0);
		if (pieces->n == 0 && !has_unsent(p))
			return 0;
		if (tu_port_go_on(p) == -1)
			return -1;
		r = try_write(p, pieces->iov, pieces->n);
		if (r == -1 && errno != EAGAIN)
			return fail(p, pieces);
		if (r == -1 && tu_port_wait(p) == -1)
			return -1;
	}
}

/* Whether bytes that layers have taken are still to be sent. */
static bool
has_unsent(const struct tu_port *p)
{
	return p->connection->lane != NULL && tu_lane_unsent(p->connection);
}

/* What layers have taken may not have gone out. */
static int
fail(struct tu_port *p, struct tu_pieces *pieces)
{
	size_t lost = 0;

	if (p->connection->lane != NULL)
		lost = tu_lane_lost(p->connection, pieces->sent);
	pieces->sent -= lost;
	p->position -= lost;
	return tu_port_raise(p);
}

static ssize_t
try_write(struct tu_port *p, struct iovec *iov, int n)
{
	struct tu_connection *c = p->connection;
	ssize_t r;

	if (c->lane != NULL && p->finished && n > 0) {
		errno = EPIPE; /* as without layers, which reading outlives */
		return -1;
	}
	if (c->lane != NULL)
		r = tu_lane_write(c, iov, n);
	else
		r = tu_connection_write(c, iov, n);
	tu_charge(&p->runtime->scheduler, r);
	return r;
}

static ssize_t
write_entered(tcp_port port, struct iovec *iov, int n, size_t total)
{
	struct tu_port *p = tu_output_enter(port);
	ssize_t written;

	if (p == NULL)
		return -1;
	written = write_pieces(p, iov, n, total);
	tu_port_leave(p);
	return written;
}

/* Writes into the buffer if there is one with enough room, else to the
 * descriptor. */
static ssize_t
write_pieces(struct tu_port *p, struct iovec *iov, int n, size_t total)
{
	struct tu_pieces pieces = {.iov = iov, .n = n};
	int result;

	if (tu_output_buffered(p) + total < p->buffer_size) {
		if (buffer_pieces(p, iov, n, total) == -1)
			return tu_port_raise(p);
		return (ssize_t)total;
	}
	if (tu_output_buffered(p) > 0)
		result = write_through(p, &pieces);
	else
		result = tu_output_write(p, &pieces);
	if (result == 0)
		return (ssize_t)total;
	if (pieces.sent > 0 && pieces.sent < total)
		tu_output_tear(p); /* layers may have taken all */
	tu_error_attach((tcp_port){p->handle}, pieces.sent);
	return -1;
}

/* Writes the buffered bytes and the pieces with one system call, as two would
 * make two segments. */
static int
write_through(struct tu_port *p, struct tu_pieces *pieces)
{
	struct evbuffer *unsent = p->connection->unsent;
	struct evbuffer_iovec v[BUFFERED_PIECES + PIECES];
	struct tu_pieces all = {.iov = v};
	size_t held = tu_output_buffered(p);
	int result;

	tu_output_settle(p);
	all.n = evbuffer_peek(unsent, -1, NULL, v, BUFFERED_PIECES);
	if (all.n > BUFFERED_PIECES) {
		if (tu_output_flush(p) == -1)
			return -1;
		return tu_output_write(p, pieces);
	}
	for (int i = 0; i < pieces->n; i++)
		v[all.n++] = pieces->iov[i];
	result = tu_output_write(p, &all);
	if (held > all.sent)
		held = all.sent;
	tu_output_drop(p, held);
	pieces->sent = all.sent - held;
	return result;
}

static struct tu_port *
enter(tcp_port port, const char *name)
{
	return tu_enter(name) != NULL ? tu_output_enter(port) : NULL;
}

/* Buffers all of the pieces, of TOTAL bytes: 0, or -1 with errno. */
static int
buffer_pieces(struct tu_port *p, const struct iovec *iov, int n, size_t total)
{
	if (p->fill.room - p->fill.used < total &&
	    tu_output_room(p, total) == -1)
		return -1;
	append(&p->fill, iov, n);
	return 0;
}

/* Advances past N bytes that were sent, and past empty pieces. */
static void
advance(struct tu_pieces *p, size_t n)
{
	p->sent += n;
	while (p->n > 0 && n >= p->iov->iov_len) {
		n -= p->iov->iov_len;
		p->iov++;
		p->n--;
	}
	if (p->n > 0) {
		p->iov->iov_base = (char *)p->iov->iov_base + n;
		p->iov->iov_len -= n;
	}
}
