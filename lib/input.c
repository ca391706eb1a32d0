/* SPDX-License-Identifier: ISC */
/*
 * Where the bytes of an input port come from.  Bytes that were read ahead are
 * handed out first.  Then the socket is read straight into the caller's memory,
 * and the thread parks only if the socket has nothing.
 */
#include "port.h"

#include <errno.h>
#include <stdlib.h>

/* Of a stream that sends so much, more has often come by the next read. */
enum { BULK = 4096 };

static int wait_either(struct tu_port *);
static ssize_t receive(struct tu_port *, void *, size_t);
static ssize_t try_read(struct tu_port *, void *, size_t);
static ssize_t try_read_ahead(struct tu_port *);
static int hold(struct tu_port *);

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

int
tu_input_wait(struct tu_port *p)
{
	struct tu_port *output = p->connection->output;
	int result;

	tu_ahead_reclaim(&p->ahead);
	/* If sending fails, later writes and the close report it. */
	if (output != NULL && output->buffer_size > 0 && output->user == NULL &&
	    tu_output_push(output))
		result = p->connection->lane != NULL ? tu_lane_wait(p, true)
						     : wait_either(p);
	else
		result = tu_port_wait(p);
	if (result == 0)
		p->empty = false;
	return result;
}

/* Waits for bytes, or for room for the other port's buffered output.  The wait
 * for room has its own watch, as the output port's is for threads that write
 * meanwhile.  It is not inline, so that other waits keep less on the stack. */
static __attribute__((noinline)) int
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

/*
 * Reads into BUF, or ahead if BUF is NULL.  Returns the number of bytes; 0 at
 * end of file; or -1, with an error raised.  After a short read of few bytes it
 * waits first, as another read would most likely fail with EAGAIN; unless a
 * wait would fail at once.
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
	struct tu_connection *c = p->connection;
	ssize_t n;

	if (c->lane != NULL)
		n = tu_lane_read(c, buf, cap);
	else
		n = tu_connection_read(c, buf, cap);
	tu_charge(&p->runtime->scheduler, n);
	if (n == -1)
		return -1;
	p->end = n == 0;
	p->empty =
	    (size_t)n < cap && n < BULK && !p->watch.always && c->lane == NULL;
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
	if (tu_connection_hold(&p->connection->unread) == -1)
		return -1;
	p->ahead.buffer = p->connection->unread;
	return 0;
}
