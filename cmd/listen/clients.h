/* SPDX-License-Identifier: ISC */
/*
 * clients.h - the clients of a listener, one after the other, without those
 * that are denied.
 */
#ifndef TCPU_CLIENTS_H
#define TCPU_CLIENTS_H

#include "client.h"
#include "listening.h"
#include "reception.h"

struct clients {
	struct listening *listening;
	struct reception reception;
};

/* Starts with no client.  Returns STATUS_GO_ON; or the status to end with,
 * having said why. */
int clients_begin(struct clients *cs, struct listening *l);

/* Waits for the next client (parks).  Returns STATUS_GO_ON; or the status to
 * end with, having said why. */
int clients_next(struct clients *cs, struct client *c);

/* Closes the listener: clients that wait are reset, as nobody waits for them.
 * Further calls do nothing. */
void clients_end(struct clients *cs);

#endif
