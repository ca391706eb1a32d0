/* SPDX-License-Identifier: ISC */
/*
 * Mailboxes: bounded queues of pointers.  A message goes straight to a thread
 * that waits for one, else into the ring, else waits with its sender.  So
 * receivers wait only while the ring is empty, and senders only while it is
 * full.
 */
#ifndef TU_MAILBOX_H
#define TU_MAILBOX_H

#include <stddef.h>

#include "waiter.h"

struct tu_mailbox {
	struct tu_waiters senders, receivers;
	bool closed; /* and kept, as there are messages left */
	uint64_t handle;
	size_t capacity;
	size_t first, n; /* of the messages in the ring */
	void *ring[];
};

/* Takes the first message; false if there is none.  A closed mailbox is freed
 * with its last message. */
bool tu_mailbox_take(struct tu_mailbox *m, void **message);

#endif
