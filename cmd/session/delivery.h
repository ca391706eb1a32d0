/* SPDX-License-Identifier: ISC */
/*
 * delivery.h - the sent bytes of a session: how many there are, how their end
 * is sent, and whether the peer's kernel has acknowledged them.
 */
#ifndef TCPU_DELIVERY_H
#define TCPU_DELIVERY_H

#include <stdint.h>

#include "state.h"

/* How many bytes of the input were sent, and how many were received. */
uint64_t sent_bytes(const struct session *s);
uint64_t received_bytes(const struct session *s);
/* Counts them for good: the ports are going to be closed. */
void count_bytes(struct session *s);

/* Ends the sending direction, with a FIN unless an option forbids it; with TLS
 * by its own means, if it has such: 0; or -1 if these have failed. */
int finish_sending(struct session *s);

/* Waits until the peer's kernel has acknowledged every sent byte, or the
 * connection is found lost: see s->lost.  Returns 0; or -1 if the wait was
 * interrupted. */
int await_delivery(struct session *s);

#endif
