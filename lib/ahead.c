/* SPDX-License-Identifier: ISC */
#include "ahead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LITTLE = TU_SCRATCH / 4 };

static int room_in_place(
    struct tu_ahead *, struct evbuffer *, struct tu_room *);
static int find_room(struct evbuffer *, size_t, size_t, struct tu_room *);
static int grow(struct tu_ahead *, struct evbuffer *);
static int reserve(struct evbuffer *, size_t, struct evbuffer_iovec *);
static void commit(struct evbuffer *, struct evbuffer_iovec, size_t);
static void adopt(
    struct tu_ahead *, struct evbuffer *, struct evbuffer_iovec, size_t);

/* If few bytes are held, they are copied to where the next ones will follow. */
int
tu_ahead_room(
    struct tu_ahead *a, struct evbuffer *scratch, struct tu_room *room)
{
	tu_ahead_reclaim(a);
	if (a->size > LITTLE)
		return room_in_place(a, scratch, room);
	if (find_room(scratch, a->size, TU_SCRATCH, room) == -1)
		return -1;
	if (a->size > 0)
		memcpy(room->space.iov_base, a->first, a->size);
	return 0;
}

/* More bytes stay in place: a long line that came in small pieces would be
 * copied again and again. */
static int
room_in_place(
    struct tu_ahead *a, struct evbuffer *scratch, struct tu_room *room)
{
	if (a->room <= LITTLE && grow(a, scratch) == -1)
		return -1;
	return find_room(a->buffer, 0, a->room, room);
}

/* Room for at most N bytes that follow HELD others. */
static int
find_room(struct evbuffer *into, size_t held, size_t n, struct tu_room *room)
{
	room->into = into;
	room->size = n < TU_SCRATCH ? n : TU_SCRATCH;
	if (reserve(into, held + n + 1, &room->space) == -1)
		return -1;
	room->start = (unsigned char *)room->space.iov_base + held;
	return 0;
}

void
tu_ahead_add(struct tu_ahead *a, struct tu_room *room, size_t n)
{
	if (room->into != a->buffer) {
		adopt(a, room->into, room->space, a->size + n);
		return;
	}
	commit(a->buffer, room->space, n);
	a->size += n;
	a->room -= n;
}

int
tu_ahead_put(
    struct tu_ahead *a, struct evbuffer *scratch, const void *data, size_t n)
{
	struct evbuffer_iovec space;

	if (reserve(scratch, n + 1, &space) == -1)
		return -1;
	memcpy(space.iov_base, data, n);
	adopt(a, scratch, space, n);
	return 0;
}

void
tu_ahead_lend(
    struct tu_ahead *a, unsigned char *memory, size_t from, size_t end)
{
	tu_ahead_clear(a);
	a->first = memory + from;
	a->size = end - from;
	a->taken = from;
	a->lent = true;
}

void
tu_ahead_untake(struct tu_ahead *a, size_t n)
{
	a->first -= n;
	a->size += n;
	a->taken -= n;
}

size_t
tu_ahead_take(struct tu_ahead *a, void *buf, size_t cap)
{
	size_t n = a->size < cap ? a->size : cap;

	memcpy(buf, a->first, n);
	tu_ahead_skip(a, n);
	return n;
}

void
tu_ahead_reclaim(struct tu_ahead *a)
{
	tu_ahead_restore(a);
	if (a->lent && a->size > 0)
		return;
	if (a->lent)
		free(a->first - a->taken);
	else if (a->taken > 0)
		(void)evbuffer_drain(a->buffer, a->taken); /* not frozen */
	a->lent = false;
	a->taken = 0;
	if (a->size == 0)
		a->room = 0; /* the memory is freed with them */
}

void
tu_ahead_clear(struct tu_ahead *a)
{
	tu_ahead_skip(a, a->size);
	tu_ahead_reclaim(a);
}

/* Moves the held bytes to new memory, with room for as many again. */
static int
grow(struct tu_ahead *a, struct evbuffer *scratch)
{
	struct evbuffer_iovec space;

	if (reserve(scratch, 2 * a->size + TU_SCRATCH + 1, &space) == -1)
		return -1;
	memcpy(space.iov_base, a->first, a->size);
	adopt(a, scratch, space, a->size);
	return 0;
}

/* Reserves N bytes in one piece. */
static int
reserve(struct evbuffer *b, size_t n, struct evbuffer_iovec *space)
{
	if (evbuffer_reserve_space(b, (ev_ssize_t)n, space, 1) == 1)
		return 0;
	errno = ENOMEM;
	return -1;
}

static void
commit(struct evbuffer *b, struct evbuffer_iovec space, size_t n)
{
	space.iov_len = n;
	(void)evbuffer_commit_space(b, &space, 1); /* it was reserved */
}

/*
 * Replaces the held bytes by the first TOTAL bytes of the scratch.  They move
 * together with their memory.  Few bytes are copied instead, as they would keep
 * a large block allocated; unless there is no memory for the copy.
 */
static void
adopt(struct tu_ahead *a, struct evbuffer *scratch, struct evbuffer_iovec space,
    size_t total)
{
	struct evbuffer_iovec copy;
	size_t scanned = a->scanned;

	tu_ahead_clear(a);
	if (total <= LITTLE && reserve(a->buffer, total + 1, &copy) == 0) {
		memcpy(copy.iov_base, space.iov_base, total);
		commit(a->buffer, copy, total);
		space = copy;
	} else {
		commit(scratch, space, total);
		(void)evbuffer_add_buffer(a->buffer, scratch); /* not frozen */
	}
	a->first = space.iov_base;
	a->size = total;
	a->room = space.iov_len - total - 1;
	a->scanned = scanned;
}
