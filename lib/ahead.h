/* SPDX-License-Identifier: ISC */
/*
 * Read-ahead: bytes that have come and have not been asked for yet, in an
 * evbuffer that is drained lazily, so that lines can be handed out in place.
 */
#ifndef TU_AHEAD_H
#define TU_AHEAD_H

#include <sys/types.h>

struct evbuffer;

struct tu_ahead {
	struct evbuffer *buffer; /* NULL until something is added */
	unsigned char *view;     /* its first contiguous part, or NULL */
	size_t length;           /* of the view */
	size_t size;             /* bytes that have not been handed out */
	size_t taken;            /* bytes of the view already handed out */
	size_t scanned;          /* bytes known to hold no line's end */
	unsigned char *patched;  /* where a NUL stands for WAS, or NULL */
	unsigned char was;
	char *last; /* a line with nothing behind it, or NULL */
};

/* 0, or -1 with errno ENOMEM.  Takes lines handed out back. */
int tu_ahead_add(struct tu_ahead *a, const void *data, size_t n);

/* Likewise in front of the others. */
int tu_ahead_prepend(struct tu_ahead *a, const void *data, size_t n);

/* Copies at most CAP bytes out; how many. */
size_t tu_ahead_take(struct tu_ahead *a, void *buf, size_t cap);

void tu_ahead_skip(struct tu_ahead *a, size_t n);

/* The byte at an offset below the size. */
unsigned char tu_ahead_byte(struct tu_ahead *a, size_t offset);

/* The offset of the first BYTE from FROM up to END, which is at most the size;
 * or -1. */
ssize_t tu_ahead_find(
    struct tu_ahead *a, size_t from, size_t end, unsigned char byte);

/* The first N bytes in one piece with a NUL behind them, of which ENDING more
 * are given up; all are taken.  NULL with errno ENOMEM. */
char *tu_ahead_line(struct tu_ahead *a, size_t n, size_t ending);

void tu_ahead_free(struct tu_ahead *a);

/* Frees what has been handed out, which happens before the evbuffer changes
 * and when a wait begins. */
void tu_ahead_drain(struct tu_ahead *a);

/* Takes the line that was handed out back: undoes its NUL, frees its memory.
 * First in every call, and last. */
void tu_ahead_settle(struct tu_ahead *a);

#endif
