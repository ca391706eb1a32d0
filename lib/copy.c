/* SPDX-License-Identifier: ISC */
/*
 * Copying from port to port.  From a file to a connection, and from a
 * connection to a pipe, the bytes stay in the kernel.  Between all other ends
 * they go through a buffer, as other pairs gain nothing from splice(2).
 */
#include <errno.h>
#include <stdlib.h>

#include "port.h"

enum {
	MOVE_SIZE = 1 << 20,
	LARGE = 64 * 1024, /* bytes after which pipes are enlarged */
};

struct copying {
	struct tu_port *from;
	struct tu_port *to;
	unsigned char *buffer;         /* allocated when needed, */
	size_t room;                   /* of this size, which grows */
	bool filled;                   /* once a read has filled it */
	const struct tu_port *limited; /* the port whose limit is in force */
	int64_t limit;
	int64_t total;
	bool within_kernel;
	bool enlarged;
};

static void free_buffer(void *);
static void give_buffer(struct copying *, struct tu_runtime *);
static unsigned char *take_buffer(struct tu_runtime *, size_t);
static int copy(struct copying *);
static void enlarge_pipes(struct copying *);
static bool can_move(const struct tu_port *, const struct tu_port *);
static bool has_lane(const struct copying *);
static int move_piece(struct copying *);
static int try_move(struct copying *);
static int stop_moving(struct copying *, ssize_t);
static int wait_move(struct copying *);
static void set_limit(struct copying *, const struct tu_port *);
static bool is_closed(const struct copying *);
static bool terminated(int);
static int copy_piece(struct copying *);
static int make_room(struct copying *);
static int write_piece(struct copying *, size_t);
static size_t most(const struct copying *, size_t);
static void put_back(struct copying *, size_t, size_t);

int64_t
tcp_copy_port(tcp_port in, tcp_port out, int64_t limit)
{
	struct tu_runtime *rt = tu_enter("copy-port");
	struct copying c = {.limit = limit};
	struct tu_cleanup cleanup;
	int copied;

	if (rt == NULL)
		return -1;
	if (limit < -1)
		return tu_refuse(EINVAL, "limit %lld", (long long)limit);
	c.from = tu_input_enter(rt, in);
	if (c.from == NULL)
		return -1;
	c.to = tu_output_enter_copy(out);
	if (c.to == NULL) {
		tu_port_leave(c.from);
		return -1;
	}
	tu_cleanup_push(&rt->scheduler, &cleanup, free_buffer, &c);
	copied = copy(&c);
	tu_cleanup_pop(&rt->scheduler);
	give_buffer(&c, rt);
	tu_port_leave(c.to);
	tu_port_leave(c.from);
	if (copied == 0)
		return c.total;
	tu_error_attach(tcp_last_error()->port, (size_t)c.total);
	return -1;
}

/* The copying thread is freed without running again. */
static void
free_buffer(void *copying)
{
	struct copying *c = copying;

	free(c->buffer);
}

/* Keeps the buffer for the next copy.  To allocate it would take a tenth of the
 * time of a small copy. */
static void
give_buffer(struct copying *c, struct tu_runtime *rt)
{
	if (rt->spare != NULL || c->room != TU_COPY_FIRST)
		free(c->buffer);
	else
		rt->spare = c->buffer;
}

/* A buffer of SIZE bytes and one more, for tu_input_return. */
static unsigned char *
take_buffer(struct tu_runtime *rt, size_t size)
{
	unsigned char *buffer = rt->spare;

	if (size != TU_COPY_FIRST || buffer == NULL)
		return tu_buffer_new(size + 1);
	rt->spare = NULL;
	return buffer;
}

static int
copy(struct copying *c)
{
	int more = 1;

	set_limit(c, c->to);
	if (tu_output_flush(c->to) == -1)
		return -1;
	c->within_kernel = can_move(c->from, c->to);
	while (more == 1 && c->total != c->limit) {
		if (c->within_kernel && c->from->ahead.size == 0 &&
		    !has_lane(c))
			more = move_piece(c);
		else
			more = copy_piece(c);
		if (is_closed(c) && !terminated(more))
			return tu_port_go_on(c->from->closed ? c->from : c->to);
		if (more == 1)
			enlarge_pipes(c);
	}
	return more == -1 ? -1 : 0;
}

static void
enlarge_pipes(struct copying *c)
{
	if (c->total < LARGE || c->enlarged)
		return;
	tu_descriptor_enlarge(&c->from->connection->descriptor);
	tu_descriptor_enlarge(&c->to->connection->descriptor);
	c->enlarged = true;
}

static bool
can_move(const struct tu_port *from, const struct tu_port *to)
{
	const struct tu_connection *in = from->connection;
	const struct tu_connection *out = to->connection;

	if (from->skip_lf || from->end)
		return false;
	return out->tcp ? in->descriptor.file : in->tcp && out->descriptor.fifo;
}

/* Another thread may set a rate meanwhile. */
static bool
has_lane(const struct copying *c)
{
	return c->from->connection->lane != NULL ||
	    c->to->connection->lane != NULL;
}

/* Moves one piece within the kernel.  1; or -1, with an error raised. */
static int
move_piece(struct copying *c)
{
	int moved;

	c->to->writing = true;
	moved = try_move(c);
	c->to->writing = false;
	return moved;
}

static int
try_move(struct copying *c)
{
	struct tu_descriptor *in = &c->from->connection->descriptor;
	struct tu_descriptor *out = &c->to->connection->descriptor;
	ssize_t n;

	if (tu_port_go_on(c->to) == -1)
		return -1;
	if (c->from->closed)
		return 1;
	n = tu_descriptor_move(in, out, most(c, MOVE_SIZE));
	tu_charge(&c->to->runtime->scheduler, n);
	if (n <= 0)
		return n == -1 && errno == EAGAIN ? wait_move(c)
						  : stop_moving(c, n);
	c->total += n;
	c->from->position += (uint64_t)n;
	c->to->position += (uint64_t)n;
	c->from->empty = false;
	return 1;
}

/* Returns as move_piece does.  The end of file, and any error that does not
 * say which end failed, are left to copy_piece, which reads and writes
 * separately. */
static int
stop_moving(struct copying *c, ssize_t n)
{
	struct tu_port *failed = c->to;

	if (n == -1 && c->from->connection->tcp && errno != EPIPE &&
	    errno != EINVAL)
		failed = c->from; /* no other error comes from the pipe */
	if (n == 0 || errno == EINVAL || errno == ENOSYS || errno == EIO ||
	    errno == EBADF || errno == EPIPE) {
		c->within_kernel = false;
		return 1;
	}
	tu_connection_note(failed->connection);
	return tu_port_raise(failed);
}

/* Waits for the end that is not ready.  A file is always ready; of a connection
 * and a pipe, the pipe is polled to find out. */
static int
wait_move(struct copying *c)
{
	int waited;

	if (c->from->connection->tcp &&
	    tu_descriptor_writable(&c->to->connection->descriptor)) {
		set_limit(c, c->from);
		waited = tu_input_wait(c->from);
	} else {
		set_limit(c, c->to);
		waited = tu_port_wait(c->to);
	}
	return waited == -1 ? -1 : 1;
}

/* Puts the limit of P in force, because the copy waits for P next.  The limit
 * begins anew with each piece that moves. */
static void
set_limit(struct copying *c, const struct tu_port *p)
{
	if (c->limited != p)
		tu_limit_each(&p->runtime->scheduler, p->timeout);
	c->limited = p;
}

/* Whether another thread has closed one of the ports. */
static bool
is_closed(const struct copying *c)
{
	return c->from->closed || c->to->closed;
}

static bool
terminated(int result)
{
	return result == -1 &&
	    tcp_last_error()->kind == TCPUNIT_ERROR_TERMINATED;
}

/* Copies one piece through the buffer.  1, or 0 at end of file; or -1, with an
 * error raised. */
static int
copy_piece(struct copying *c)
{
	struct tu_port *from = c->from;
	ssize_t n;

	set_limit(c, from);
	if (from->skip_lf && from->ahead.size == 0)
		return tu_input_fill(from);
	if (make_room(c) == -1)
		return tu_port_raise(from);
	c->to->writing = from->connection->descriptor.file; /* there is more */
	n = tu_input_read(from, c->buffer, most(c, c->room));
	c->to->writing = false;
	if (n <= 0)
		return (int)n;
	c->filled = (size_t)n == c->room;
	return write_piece(c, (size_t)n);
}

/* The buffer starts small, as few copies are long: if malloc(3) has to ask the
 * system for a large one, that costs more than copying a few bytes. */
static int
make_room(struct copying *c)
{
	size_t room = c->filled ? TU_COPY_BUFFER : TU_COPY_FIRST;

	if (c->room >= room)
		return 0;
	free(c->buffer);
	c->room = 0;
	c->buffer = take_buffer(c->from->runtime, room);
	if (c->buffer == NULL)
		return -1;
	c->room = room;
	return 0;
}

/* Writes N bytes from the buffer. */
static int
write_piece(struct copying *c, size_t n)
{
	struct iovec iov = {.iov_base = c->buffer, .iov_len = n};
	struct tu_pieces pieces = {.iov = &iov, .n = 1};
	int result;

	set_limit(c, c->to);
	result = tu_output_write(c->to, &pieces);
	c->total += (int64_t)pieces.sent;
	c->from->position += pieces.sent;
	if (result == 0)
		return 1;
	put_back(c, pieces.sent, n);
	return -1;
}

static size_t
most(const struct copying *c, size_t piece)
{
	int64_t left = c->limit - c->total;

	return c->limit != -1 && left < (int64_t)piece ? (size_t)left : piece;
}

/* Unreads the bytes of the buffer from SENT up to END, which were read but not
 * written.  Keeps errno, which is from the write. */
static void
put_back(struct copying *c, size_t sent, size_t end)
{
	int error = errno;

	if (c->from->closed)
		return;
	tu_input_return(c->from, c->buffer, sent, end);
	c->buffer = NULL;
	errno = error;
}
