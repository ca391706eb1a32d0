/* SPDX-License-Identifier: ISC */
/*
 * How far the peer has the bytes that layers have taken.  The bytes of the wire
 * are others, and more or fewer of them.  A mark is a moment at which the
 * socket had all that the layers made of so many bytes.
 */
#ifndef TU_MARKS_H
#define TU_MARKS_H

#include <stddef.h>
#include <stdint.h>

enum { TU_MARKS = 32 };

struct tu_marks {
	uint64_t taken; /* bytes that the layers have taken */
	uint64_t wire;  /* bytes of the wire that the socket has taken */
	unsigned n;
	struct tu_mark {
		uint64_t taken, wire;
	} mark[TU_MARKS]; /* both grow from one to the next */
};

/* Notes that the socket has all that was made of the first TAKEN bytes. */
void tu_marks_add(struct tu_marks *m, uint64_t taken);

/* The number of bytes that may be missing at the peer, if it has acknowledged
 * all but the last QUEUED bytes of the wire.  Bytes from before the layers come
 * on top. */
uint64_t tu_marks_missing(const struct tu_marks *m, uint64_t queued);

#endif
