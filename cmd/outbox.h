/* SPDX-License-Identifier: ISC */
/*
 * outbox.h - messages on their way to stderr.  If stderr does not take them at
 * once, up to OUTBOX_SIZE bytes are kept and written later.  Further messages
 * are dropped and counted, and the count is reported.
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
	size_t size;          /* of the pending bytes */
	int dropped;          /* messages for which there was no room */
	tcp_thread attendant; /* waits for stderr if bytes are pending */
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

/* The same, and stops the thread that waits for stderr: call it before another
 * file becomes stderr.  Lets other green threads run. */
void outbox_leave(struct outbox *o);

#endif
