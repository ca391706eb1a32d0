/* SPDX-License-Identifier: ISC */
#include "connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include <sys/socket.h>

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <unistd.h>

static void leave_tree(struct tu_connection *);
static int by_descriptor(const void *, const void *);
static void replace(struct evbuffer **, struct evbuffer *);
static void free_buffers(struct tu_connection *, struct tu_scheduler *);
static void free_buffer(struct evbuffer *);
static bool is_stream(const struct tu_descriptor *);

struct tu_connection *
tu_connection_new(int fd, const union tcp_address *remote)
{
	struct tu_connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->descriptor = (struct tu_descriptor){
	    .fd = fd,
	    .private_fd = -1,
	    .access = TU_SOCKET,
	};
	c->tcp = true;
	c->remote = *remote;
	return c;
}

struct tu_connection *
tu_connection_over(void **all, int fd)
{
	struct tu_connection *c = calloc(1, sizeof(*c)), **node;
	int error;

	if (c == NULL)
		return NULL;
	c->descriptor.fd = fd;
	node = tsearch(c, all, by_descriptor);
	if (node == NULL || *node != c) { /* an equal one exists already */
		free(c);
		return node != NULL ? *node : NULL;
	}
	c->all = all;
	if (tu_descriptor_open(&c->descriptor, fd) == 0)
		return c;
	error = errno;
	tu_connection_free(c);
	errno = error;
	return NULL;
}

void
tu_connection_free(struct tu_connection *c)
{
	leave_tree(c);
	free(c);
}

static void
leave_tree(struct tu_connection *c)
{
	if (c->all != NULL)
		(void)tdelete(c, c->all, by_descriptor); /* it is in the tree */
	c->all = NULL;
}

static int
by_descriptor(const void *one, const void *other)
{
	const struct tu_connection *a = one, *b = other;

	return a->descriptor.fd - b->descriptor.fd;
}

int
tu_connection_close(struct tu_connection *c, struct tu_scheduler *s)
{
	if (c->cut)
		(void)tu_connection_set_reset(c); /* fails if no socket */
	leave_tree(c);
	free_buffers(c, s);
	if (c->released)
		free(c->file); /* the name stays in use */
	else
		tu_socket_file_remove(c->file);
	c->file = NULL;
	if (c->released)
		return 0;
	return tu_descriptor_close(&c->descriptor);
}

int
tu_connection_hold(struct evbuffer **buffer)
{
	if (*buffer == NULL)
		*buffer = evbuffer_new();
	if (*buffer != NULL)
		return 0;
	errno = ENOMEM;
	return -1;
}

/* The bufferevent has no descriptor: its own reading and writing would move 4
 * KiB at a time, and copy them. */
int
tu_connection_transform(struct tu_connection *c, struct tu_scheduler *s)
{
	if (c->bev != NULL)
		return 0;
	c->bev = bufferevent_socket_new(s->loop.base, -1, 0);
	if (c->bev == NULL) {
		errno = ENOMEM;
		return -1;
	}
	/* Otherwise its own reading and writing would thaw its buffers. */
	(void)evbuffer_unfreeze(bufferevent_get_input(c->bev), 0);
	(void)evbuffer_unfreeze(bufferevent_get_output(c->bev), 1);
	replace(&c->unread, bufferevent_get_input(c->bev));
	replace(&c->unsent, bufferevent_get_output(c->bev));
	return 0;
}

/* Moves the bytes of *BUFFER, if there is one, to another, which is empty. */
static void
replace(struct evbuffer **buffer, struct evbuffer *by)
{
	if (*buffer != NULL) {
		(void)evbuffer_add_buffer(by, *buffer); /* not frozen */
		evbuffer_free(*buffer);
	}
	*buffer = by;
}

static void
free_buffers(struct tu_connection *c, struct tu_scheduler *s)
{
	if (c->bev != NULL) {
		bufferevent_free(c->bev);
		tu_loop_frees(&s->loop);
	} else {
		free_buffer(c->unread);
		free_buffer(c->unsent);
	}
	c->bev = NULL;
	c->unread = c->unsent = NULL;
}

static void
free_buffer(struct evbuffer *b)
{
	if (b != NULL)
		evbuffer_free(b);
}

int
tu_connection_set_reset(struct tu_connection *c)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};

	return setsockopt(
	    c->descriptor.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

ssize_t
tu_connection_read(struct tu_connection *c, void *buf, size_t n)
{
	ssize_t r = tu_descriptor_read(&c->descriptor, buf, n);

	if (r > 0 || (r == -1 && errno == EAGAIN))
		return r;
	if (r == -1)
		tu_connection_note(c);
	if (c->error == 0)
		return r;
	errno = c->error;
	return -1;
}

ssize_t
tu_connection_write(struct tu_connection *c, struct iovec *iov, int n)
{
	ssize_t r = tu_descriptor_write(&c->descriptor, iov, n);

	if (r == -1 && errno != EAGAIN)
		tu_connection_note(c);
	return r;
}

/* EPIPE is not noted: after it the peer's end of file can still be read, and it
 * is a true one.  EFAULT, ENOMEM and ENOBUFS concern one call, and not the
 * connection. */
void
tu_connection_note(struct tu_connection *c)
{
	if (c->error == 0 && errno != EPIPE && errno != EFAULT &&
	    errno != ENOMEM && errno != ENOBUFS && is_stream(&c->descriptor))
		c->error = errno;
}

/* An error of a datagram socket concerns one datagram only. */
static bool
is_stream(const struct tu_descriptor *d)
{
	int type = SOCK_STREAM, error = errno;
	socklen_t length = sizeof(type);

	if (d->access != TU_SOCKET)
		return false;
	(void)getsockopt(d->fd, SOL_SOCKET, SO_TYPE, &type, &length);
	errno = error;
	return type != SOCK_DGRAM;
}

const union tcp_address *
tu_connection_local(struct tu_connection *c)
{
	socklen_t length = sizeof(c->local);

	if (c->local.sa.sa_family == AF_UNSPEC &&
	    getsockname(c->descriptor.fd, &c->local.sa, &length) == -1)
		c->local = tu_address_any(c->remote.sa.sa_family);
	return &c->local;
}
