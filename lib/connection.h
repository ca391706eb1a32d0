/* SPDX-License-Identifier: ISC */
/*
 * What one or two ports have in common: a descriptor, the addresses of a TCP
 * connection, how it ended, and the bytes that must be held.  Most connections
 * hold none, as bytes go directly between the socket and the caller.
 */
#ifndef TU_CONNECTION_H
#define TU_CONNECTION_H

#include <stdbool.h>

#include "address.h"
#include "descriptor.h"
#include "scheduler.h"

struct bufferevent;
struct evbuffer;
struct tu_port;

struct tu_connection {
	struct tu_descriptor descriptor;
	struct tu_port *input; /* those that are open */
	struct tu_port *output;
	int ports; /* that are not freed yet */
	int error; /* what ended a socket's connection; stays */
	bool tcp;  /* accepted or connected here */
	bool cut;  /* output was lost, which the peer must learn */
	union tcp_address local; /* asked for when needed */
	union tcp_address remote;
	void **all; /* a tree that it is in, or NULL */

	/* NULL before tu_connection_hold. */
	struct bufferevent *bev; /* of a TCP connection only, has these: */
	struct evbuffer *unread; /* read ahead */
	struct evbuffer *unsent; /* output that was buffered */
};

/* Over a connected TCP socket, non-blocking.  The descriptor is the new one's
 * on success.  NULL with errno. */
struct tu_connection *tu_connection_new(
    int fd, const union tcp_address *remote);

/* Likewise over any descriptor; or the one there is among ALL of these, which
 * begins as NULL. */
struct tu_connection *tu_connection_over(void **all, int fd);

/*
 * Makes the buffers, which are a bufferevent's if it is a TCP connection's: so
 * that TLS, filters and rate limits can be put between them and the socket.
 * 0, or -1 with errno ENOMEM.
 */
int tu_connection_hold(struct tu_connection *c, struct tu_scheduler *s);

/* Closes the descriptor, by a reset if output was cut, and frees the buffers:
 * 0, or -1 with errno.  The descriptor is gone in any case. */
int tu_connection_close(struct tu_connection *c, struct tu_scheduler *s);

/* One without ports.  If it was not closed, its descriptor is the caller's. */
void tu_connection_free(struct tu_connection *c);

/* From now on close(2) is a reset: 0, or -1 with errno. */
int tu_connection_set_reset(struct tu_connection *c);

/*
 * As read(2) and writev(2), with EAGAIN instead of waiting.  An error that ends
 * a connection is told to the reader as well when the writer met it first:
 * the kernel tells it once, and would show an end of file from then on.
 */
ssize_t tu_connection_read(struct tu_connection *c, void *buf, size_t n);
ssize_t tu_connection_write(struct tu_connection *c, struct iovec *iov, int n);

/* errno is one of its socket's, met by another call. */
void tu_connection_note(struct tu_connection *c);

const union tcp_address *tu_connection_local(struct tu_connection *c);

#endif
