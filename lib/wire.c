/* SPDX-License-Identifier: ISC */
#include "wire.h"

#include <event2/buffer.h>

#include <errno.h>

#include "ahead.h"
#include "layers.h"

enum { PIECES = 16 }; /* of one system call */

static void mark(struct tu_lane *);
static void fail_to_send(struct tu_connection *);
static int trim(struct iovec *, const struct iovec *, int, size_t);

ssize_t
tu_wire_receive(struct tu_connection *c, void *buf, size_t n)
{
	struct tu_rate *rate = &c->lane->rate;
	size_t most = tu_rate_tokens(rate, c->bev, TU_RATE_INPUT);
	ssize_t r;

	errno = EAGAIN;
	if (most == 0 && n > 0)
		return -1;
	r = tu_connection_read(c, buf, n < most ? n : most);
	if (r > 0)
		tu_rate_take(rate, c->bev, TU_RATE_INPUT, (size_t)r);
	return r;
}

ssize_t
tu_wire_transmit(struct tu_connection *c, const struct iovec *iov, int n)
{
	struct tu_rate *rate = &c->lane->rate;
	size_t most = tu_rate_tokens(rate, c->bev, TU_RATE_OUTPUT);
	struct iovec v[PIECES];
	ssize_t r;

	errno = EAGAIN;
	if (most == 0)
		return -1;
	r = tu_connection_write(c, v, trim(v, iov, n, most));
	if (r > 0)
		tu_rate_take(rate, c->bev, TU_RATE_OUTPUT, (size_t)r);
	return r;
}

/* Copies pieces of at most MOST bytes, and returns their number. */
static int
trim(struct iovec *to, const struct iovec *from, int n, size_t most)
{
	int i;

	for (i = 0; i < n && i < PIECES && most > 0; i++) {
		to[i] = from[i];
		if (to[i].iov_len > most)
			to[i].iov_len = most;
		most -= to[i].iov_len;
	}
	return i;
}

int
tu_wire_read(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;
	struct evbuffer_iovec space;
	ssize_t n;

	errno = ENOMEM;
	if (evbuffer_reserve_space(tu_wire_input(c), TU_SCRATCH, &space, 1) !=
	    1)
		return -1;
	n = tu_wire_receive(c, space.iov_base, TU_SCRATCH);
	tu_charge(l->scheduler, 0); /* the layers may swallow them */
	if (n == -1 && (errno == EAGAIN || c->error == 0))
		return -1; /* this call alone has failed, or has to wait */
	if (n == 0 && l->deaf) { /* that is no end of the peer's */
		l->told = true;
		errno = EAGAIN;
		return -1;
	}
	l->over = n <= 0;
	l->error = n == -1 ? c->error : 0;
	if (n <= 0)
		return 0;
	space.iov_len = (size_t)n;
	(void)evbuffer_commit_space(tu_wire_input(c), &space, 1); /* reserved */
	tu_layers_offer(c, EV_READ);
	return 0;
}

int
tu_wire_push(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;
	struct evbuffer *output = tu_wire_output(c);
	struct evbuffer_iovec v[PIECES];
	ssize_t sent;
	int n;

	if (evbuffer_get_length(output) == 0 && tu_layers_keep(l))
		tu_layers_offer(c, EV_WRITE);
	errno = EPIPE;
	if (l->lost)
		return -1;
	if (evbuffer_get_length(output) == 0)
		return 0;
	n = evbuffer_peek(output, -1, NULL, v, PIECES);
	sent = tu_wire_transmit(c, v, n < PIECES ? n : PIECES);
	tu_charge(l->scheduler, sent);
	if (sent == -1) {
		fail_to_send(c);
		return -1;
	}
	(void)evbuffer_drain(output, (size_t)sent); /* not frozen */
	l->marks.wire += (uint64_t)sent;
	if (evbuffer_get_length(output) > 0)
		return 1;
	mark(l);
	if (l->given >= l->piece && l->piece < TU_MOST_PIECE)
		l->piece *= 2;
	l->given = 0;
	tu_layers_offer(c, EV_WRITE);
	return 1;
}

/* The socket has all that the layers have made; they may keep bytes. */
static void
mark(struct tu_lane *l)
{
	const struct tu_layer *layer = l->top;
	size_t kept = evbuffer_get_length(bufferevent_get_output(layer->bev));

	while ((layer = layer->below) != NULL)
		if (evbuffer_get_length(bufferevent_get_output(layer->bev)) > 0)
			return; /* made of how many bytes is not known */
	tu_marks_add(&l->marks, l->marks.taken - kept);
}

static void
fail_to_send(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;

	l->piece = TU_LEAST_PIECE;
	if (errno == EAGAIN || errno == ENOMEM || errno == ENOBUFS)
		return;
	l->lost = true;
	l->given_lost = l->given;
	tu_wire_drop(c);
}

/* The error stays with the socket, for a reader. */
int
tu_wire_look(struct tu_connection *c)
{
	errno = tu_descriptor_failed(&c->descriptor) ? ECONNRESET : EAGAIN;
	fail_to_send(c);
	return -1;
}

void
tu_wire_drop(struct tu_connection *c)
{
	(void)evbuffer_drain(tu_wire_output(c),
	    evbuffer_get_length(tu_wire_output(c))); /* not frozen */
	c->lane->given = 0;
}
