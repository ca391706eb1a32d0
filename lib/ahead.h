/* SPDX-License-Identifier: ISC */
/*
 * Read-ahead: bytes that have arrived and have not been asked for yet.  They
 * lie in one piece of an evbuffer, with room for a NUL after them, so that
 * memchr(3) finds lines, which are handed out in place.
 */
#ifndef TU_AHEAD_H
#define TU_AHEAD_H

#include <event2/buffer.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

/* The most bytes that one read reads ahead.  With it, the remains of an
 * earlier read and libevent's own data fit into 64 KiB.  Tests also run with
 * one byte. */
#ifdef TCPUNIT_TINY
enum { TU_SCRATCH = 1 };
#else
enum { TU_SCRATCH = 60 * 1024 };
#endif

struct tu_ahead {
	struct evbuffer *buffer; /* set by the owner before there are bytes */
	unsigned char *first;    /* the next byte to hand out */
	size_t size;             /* the number of bytes not handed out */
	size_t taken;            /* bytes handed out before FIRST */
	size_t room;             /* free bytes after them and their NUL */
	size_t scanned;          /* leading bytes that hold no line end */
	bool lent;               /* in malloc'd memory, for lack of memory */
	bool patched;            /* FIRST holds a NUL in place of WAS */
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
 * Makes room for at most TU_SCRATCH more bytes.  The room may lie in SCRATCH,
 * an evbuffer that is empty between calls.  SCRATCH must not be used for
 * anything else before tu_ahead_add.  0, or -1 with errno ENOMEM.
 */
int tu_ahead_room(
    struct tu_ahead *a, struct evbuffer *scratch, struct tu_room *room);

/* Adds N bytes that were read into the room.  No byte is lost if memory runs
 * out. */
void tu_ahead_add(struct tu_ahead *a, struct tu_room *room, size_t n);

/*
 * tu_ahead_put adds N bytes, if none are held: 0, or -1 with errno ENOMEM.
 * tu_ahead_lend takes over malloc'd memory that has bytes from FROM up to END,
 * and room for one more.  tu_ahead_untake unreads the N bytes that were taken
 * last.
 */
int tu_ahead_put(
    struct tu_ahead *a, struct evbuffer *scratch, const void *data, size_t n);
void tu_ahead_lend(
    struct tu_ahead *a, unsigned char *memory, size_t from, size_t end);
void tu_ahead_untake(struct tu_ahead *a, size_t n);

/* Copies at most CAP bytes out and returns their number. */
size_t tu_ahead_take(struct tu_ahead *a, void *buf, size_t cap);

static inline void
tu_ahead_skip(struct tu_ahead *a, size_t n)
{
	a->scanned = 0;
	a->size -= n;
	a->taken += n;
	a->first += n;
}

/* The offset of the first BYTE from FROM up to END, which must not exceed the
 * size; or -1. */
static inline ssize_t
tu_ahead_find(
    const struct tu_ahead *a, size_t from, size_t end, unsigned char byte)
{
	const unsigned char *found = NULL;

	if (from < end)
		found = memchr(a->first + from, byte, end - from);
	return found != NULL ? found - a->first : -1;
}

/* Takes the first N bytes, puts a NUL after them, and skips ENDING more. */
static inline char *
tu_ahead_line(struct tu_ahead *a, size_t n, size_t ending)
{
	char *line = (char *)a->first;

	tu_ahead_skip(a, n + ending);
	a->patched = ending == 0;
	a->was = (unsigned char)line[n];
	line[n] = '\0';
	return line;
}

/* tu_ahead_reclaim frees the bytes that were handed out, and is called before
 * more is read; tu_ahead_clear drops all bytes. */
void tu_ahead_reclaim(struct tu_ahead *a);
void tu_ahead_clear(struct tu_ahead *a);

/* Removes the NUL that was put after a line.  Each call on the bytes begins
 * with it. */
static inline void
tu_ahead_restore(struct tu_ahead *a)
{
	if (a->patched)
		*a->first = a->was;
	a->patched = false;
}

#endif
