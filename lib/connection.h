/* SPDX-License-Identifier: ISC */
/*
 * A connection: the parts that its one or two ports share.  They are a
 * descriptor, the addresses of a TCP connection, the error that ended it, and
 * buffers for bytes that must be held.  Most connections hold none, as bytes go
 * directly between the socket and the caller.
 */
#ifndef TU_CONNECTION_H
#define TU_CONNECTION_H

#include <stdbool.h>

#include "address.h"
#include "descriptor.h"
#include "scheduler.h"
#include "socket_file.h"

struct bufferevent;
struct evbuffer;
struct tu_lane;
struct tu_port;

struct tu_connection {
	struct tu_descriptor descriptor;
	struct tu_port *input; /* the open ports, or NULL */
	struct tu_port *output;
	struct tu_lane *lane;    /* how bytes move, if there are layers or a
				    rate */
	struct evbuffer *unread; /* bytes read ahead; or NULL */
	struct evbuffer *unsent; /* buffered output; or NULL */
	bool tcp;                /* accepted or connected by this library */
	bool cut;                /* output was lost: close with a reset */
	bool released;           /* the descriptor is left open */
	int error; /* the error that ended a socket's connection; stays */

	int ports;                   /* ports that are not freed yet */
	union tcp_address local;     /* looked up when needed */
	union tcp_address remote;    /* AF_UNIX: the kernel is asked for both */
	struct tu_socket_file *file; /* of a Unix socket's own name, or NULL */
	void **all;                  /* the tree that it is in, or NULL */
	struct bufferevent *bev; /* or NULL; it owns the buffers, unless there
				    are layers */
};

/* Makes a connection over a connected socket, non-blocking.  On success the
 * connection owns the descriptor.  NULL with errno. */
struct tu_connection *tu_connection_new(
    int fd, const union tcp_address *remote);

/* Likewise, over any descriptor.  If the tree ALL, which is NULL at first, has
 * a connection over the same descriptor, returns that one. */
struct tu_connection *tu_connection_over(void **all, int fd);

/* Makes one of the buffers, if there is none: 0, or -1 with errno ENOMEM. */
int tu_connection_hold(struct evbuffer **buffer);

/*
 * Makes the bufferevent, if there is none, so that TLS, filters and rate limits
 * can be put between the buffers and the socket.  Its buffers take the place of
 * the others, and their bytes stay where they are in memory.  0, or -1 with
 * errno ENOMEM.
 */
int tu_connection_transform(struct tu_connection *c, struct tu_scheduler *s);

/* Closes the descriptor, with a reset if output was cut, and frees the buffers:
 * 0, or -1 with errno.  The descriptor is closed in any case. */
int tu_connection_close(struct tu_connection *c, struct tu_scheduler *s);

/* Frees a connection without ports.  If its descriptor was not closed, it is
 * the caller's. */
void tu_connection_free(struct tu_connection *c);

/* Makes close(2) send a reset from now on: 0, or -1 with errno. */
int tu_connection_set_reset(struct tu_connection *c);

/*
 * As read(2) and writev(2), with EAGAIN instead of waiting.  If the writer
 * meets an error that ends the connection, the reader gets that error, too: the
 * kernel reports it only once, and would show an end of file from then on.
 */
ssize_t tu_connection_read(struct tu_connection *c, void *buf, size_t n);
ssize_t tu_connection_write(struct tu_connection *c, struct iovec *iov, int n);

/* Notes errno, which another call got from the connection's socket. */
void tu_connection_note(struct tu_connection *c);

/* Whether it was accepted or connected at a Unix socket. */
static inline bool
tu_connection_is_unix(const struct tu_connection *c)
{
	return c->remote.sa.sa_family == AF_UNIX;
}

const union tcp_address *tu_connection_local(struct tu_connection *c);

#endif
