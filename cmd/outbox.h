/* SPDX-License-Identifier: ISC */
/*
 * outbox.h - messages on their way to stderr.  What stderr does not take at
 * once is kept, up to OUTBOX_SIZE, and written when it can be; later messages
 * are counted instead, and the count is a message too.
 */
#ifndef TCPU_OUTBOX_H
#define TCPU_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <tcpunit.h>
#include <unistd.h>

#include "outlet.h"

#define OUTBOX_SIZE (64 * 1024)

struct outbox {
	struct outlet outlet;
	char *pending;        /* OUTBOX_SIZE bytes, once they are needed */
	size_t size;          /* of what is pending there */
	int dropped;          /* messages for which there was no room */
	tcp_thread attendant; /* waits for stderr where something is pending */
};

#define NEW_OUTBOX                         \
	{                                  \
		.outlet.fd = STDERR_FILENO \
	}

/*
 * Writes or keeps a message.  Never waits, and leaves errno alone.  With PARKS
 * the library is in use, and a green thread writes what is kept.
 */
void outbox_post(struct outbox *o, const char *text, size_t n, bool parks);

/* Writes what is pending, waiting 100 ms at most without parking; the rest is
 * lost. */
void outbox_flush(struct outbox *o);

/* The same, before another file becomes stderr: nobody waits for it any more.
 * Lets other green threads run. */
void outbox_leave(struct outbox *o);

#endif
