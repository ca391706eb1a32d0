/* SPDX-License-Identifier: ISC */
/*
 * Read-ahead: bytes that have come and have not been asked for yet.  They lie
 * in one piece of an evbuffer, with room for a NUL after them, so that lines
 * can be found by memchr(3) and handed out in place.
 */
#ifndef TU_AHEAD_H
#define TU_AHEAD_H

#include <event2/buffer.h>
#include <stdbool.h>
#include <sys/types.h>

/* The most that is read ahead at a time.  Tests run the suite with a byte.  A
 * rest and libevent's own data fit into 64 KiB with it. */
#ifdef TCPUNIT_TINY
enum { TU_SCRATCH = 1 };
#else
enum { TU_SCRATCH = 60 * 1024 };
#endif

struct tu_ahead {
	struct evbuffer *buffer; /* set by the owner before there are bytes */
	unsigned char *first;    /* the next byte to hand out */
	size_t size;             /* bytes that have not been handed out */
	size_t taken;            /* bytes before them in memory */
	size_t room;             /* after them and their NUL */
	size_t scanned;          /* bytes known to hold no line's end */
	bool lent;               /* not in the evbuffer, for lack of memory */
	bool patched;            /* a NUL stands at FIRST instead of WAS */
	unsigned char was;
};

/* Memory to read SIZE bytes into, at START. */
struct tu_room {
	unsigned char *start;
	size_t size;
	struct evbuffer *into;
	struct evbuffer_iovec space;
};

/*
 * Makes room for at most TU_SCRATCH bytes more.  It may be in SCRATCH, an
 * evbuffer that is always empty, which must not be used for anything else
 * before tu_ahead_add.  0, or -1 with errno ENOMEM.
 */
int tu_ahead_room(
    struct tu_ahead *a, struct evbuffer *scratch, struct tu_room *room);

/* N bytes have been read into the room.  No byte is lost if memory runs out. */
void tu_ahead_add(struct tu_ahead *a, struct tu_room *room, size_t n);

/*
 * Where nothing is held any more: puts N bytes there; 0, or -1 with errno
 * ENOMEM.  Or keeps malloc'd memory with bytes from FROM up to END, and room
 * for one after them.  Or unreads the N bytes that were taken last.
 */
int tu_ahead_put(
    struct tu_ahead *a, struct evbuffer *scratch, const void *data, size_t n);
void tu_ahead_lend(
    struct tu_ahead *a, unsigned char *memory, size_t from, size_t end);
void tu_ahead_untake(struct tu_ahead *a, size_t n);

/* Copies at most CAP bytes out; how many. */
size_t tu_ahead_take(struct tu_ahead *a, void *buf, size_t cap);

void tu_ahead_skip(struct tu_ahead *a, size_t n);

/* The offset of the first BYTE from FROM up to END, which is at most the size;
 * or -1. */
ssize_t tu_ahead_find(
    const struct tu_ahead *a, size_t from, size_t end, unsigned char byte);

/* Takes the first N bytes, with a NUL after them, and skips ENDING more. */
char *tu_ahead_line(struct tu_ahead *a, size_t n, size_t ending);

/* Frees what has been handed out, before more is read; or everything. */
void tu_ahead_drain(struct tu_ahead *a);
void tu_ahead_clear(struct tu_ahead *a);

/* Undoes the NUL after a line that was handed out.  First in every call. */
static inline void
tu_ahead_settle(struct tu_ahead *a)
{
	if (a->patched)
		*a->first = a->was;
	a->patched = false;
}

#endif
