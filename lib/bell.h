/* SPDX-License-Identifier: ISC */
/*
 * Bells, one for each green thread that has a handle.  Any OS thread and any
 * signal handler may ring one: that takes atomics and write(2), and no lock.
 * So the memory of bells is never freed, and their eventfds are closed only in
 * the child of fork(2); both are used again, as the places of handles are.  A
 * bell is known by runtime, place and generation, all of which are in the
 * handle.
 */
#ifndef TU_BELL_H
#define TU_BELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "handle.h"

struct tu_bell {
	_Atomic uint64_t state; /* generation and flags */
	struct tu_bell *next;   /* in the list of those that were rung */
	void *sleeper;          /* who waits for it: of its OS thread only */
};

/* The first chunk has 2^TU_CHUNK_BITS bells, and each other one has as many as
 * all before it together. */
enum { TU_CHUNK_BITS = 4, TU_CHUNKS = TU_INDEX_BITS - TU_CHUNK_BITS + 1 };

/* All bells of one runtime. */
struct tu_bells {
	_Atomic(struct tu_bell *) chunks[TU_CHUNKS];
	_Atomic(struct tu_bell *) rung;
	atomic_uint process; /* which of a line of forks they belong to */
	atomic_int fd;       /* an eventfd, or -1 as long as nobody reads it */
	int number;          /* the same, or that of the parent process */
};

/* Called once for each runtime ever made. */
void tu_bells_init(struct tu_bells *b, uint32_t runtime);

/* Called when an OS thread takes the runtime. */
void tu_bells_take(struct tu_bells *b);

/* Called in the child of fork(2).  OWN are the bells of the OS thread that
 * goes on there, or NULL.  Those of all others are gone. */
void tu_bells_fork(struct tu_bells *own);
/* Closes the eventfd that is shared with the parent.  Called for OWN once the
 * event loop does not refer to it any more; later its number may be that of
 * another file. */
void tu_bells_disinherit(struct tu_bells *b);

/* The bell for a new handle, silent; NULL with errno ENOMEM. */
struct tu_bell *tu_bell_open(struct tu_bells *b, uint64_t handle);
void tu_bell_close(struct tu_bell *bell);

/* Rings the bell of a handle.  False: there is none any more. */
bool tu_bell_ring(uint64_t handle);

/* Whether the bell was rung since the last call. */
bool tu_bell_heard(struct tu_bell *bell);

/* A descriptor that is readable when a bell was rung; -1 with errno. */
int tu_bells_fileno(struct tu_bells *b);

/* Makes it unreadable, and wakes the sleepers of the bells that were rung. */
void tu_bells_answer(struct tu_bells *b, void (*wake)(void *sleeper));

#endif
