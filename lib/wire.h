/* SPDX-License-Identifier: ISC */
/*
 * The wire of a lane: it moves bytes between the socket and the buffers of the
 * lowest bufferevent, as far as the rates allow.
 */
#ifndef TU_WIRE_H
#define TU_WIRE_H

#include <event2/bufferevent.h>

#include "connection.h"

/* How many bytes the highest layer gets at a time. */
enum { TU_LEAST_PIECE = 16 * 1024, TU_MOST_PIECE = 64 * 1024 };

static inline struct evbuffer *
tu_wire_input(const struct tu_connection *c)
{
	return bufferevent_get_input(c->bev);
}

static inline struct evbuffer *
tu_wire_output(const struct tu_connection *c)
{
	return bufferevent_get_output(c->bev);
}

/* As tu_connection_read and tu_connection_write, for as many bytes as there are
 * tokens. */
ssize_t tu_wire_receive(struct tu_connection *c, void *buf, size_t n);
ssize_t tu_wire_transmit(
    struct tu_connection *c, const struct iovec *iov, int n);

/* Reads bytes, or the socket's end, for the layers: 0, or -1 with errno. */
int tu_wire_read(struct tu_connection *c);
/* Sends bytes of the lowest buffer: 1; 0 if there are none; -1 with errno.  If
 * the peer has gone, they are dropped. */
int tu_wire_push(struct tu_connection *c);
/* If nothing is to be read or sent: returns -1 with errno EAGAIN, or
 * ECONNRESET if the connection is lost. */
int tu_wire_look(struct tu_connection *c);
void tu_wire_drop(struct tu_connection *c);

#endif
