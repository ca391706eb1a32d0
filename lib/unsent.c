/* SPDX-License-Identifier: ISC */
/*
 * The bytes that an output port has buffered.  They lie in an evbuffer; the
 * last ones are written into free memory at its end, which libevent learns
 * before they are sent.
 */
#include "port.h"

#include <event2/buffer.h>

#include <errno.h>

enum {
	MIN_ROOM = 400, /* a block of 512 bytes, with libevent's data */
	MAX_ROOM = 16 * 1024
};

size_t
tu_output_buffered(const struct tu_port *p)
{
	const struct evbuffer *unsent = p->connection->unsent;

	return unsent != NULL ? evbuffer_get_length(unsent) + p->fill.used : 0;
}

/* Makes libevent count all buffered bytes, which are about to be sent. */
void
tu_output_settle(struct tu_port *p)
{
	struct evbuffer_iovec filled = {p->fill.start, p->fill.used};

	if (filled.iov_len > 0)
		(void)evbuffer_commit_space(
		    p->connection->unsent, &filled, 1); /* was reserved */
	p->fill = (struct tu_fill){0};
}

/* For as many bytes again as there are, within limits: much room in each piece,
 * as few pieces go out at a time; little memory for a port that has little to
 * send; and no more than the port may buffer. */
int
tu_output_room(struct tu_port *p, size_t n)
{
	struct tu_connection *c = p->connection;
	struct evbuffer_iovec space;
	size_t room;

	if (tu_connection_hold(&c->unsent) == -1)
		return -1;
	tu_output_settle(p);
	room = tu_output_buffered(p) + MIN_ROOM;
	if (room > MAX_ROOM)
		room = MAX_ROOM;
	if (room < n)
		room = n;
	if (evbuffer_reserve_space(c->unsent, (ev_ssize_t)room, &space, 1) !=
	    1) {
		errno = ENOMEM;
		return -1;
	}
	room = p->buffer_size - tu_output_buffered(p);
	if (room > space.iov_len)
		room = space.iov_len;
	p->fill = (struct tu_fill){.start = space.iov_base, .room = room};
	return 0;
}

void
tu_output_drop(struct tu_port *p, size_t n)
{
	if (!p->closed)
		(void)evbuffer_drain(p->connection->unsent, n); /* not frozen */
}
