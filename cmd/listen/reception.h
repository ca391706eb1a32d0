/* SPDX-License-Identifier: ISC */
/*
 * reception.h - listen --accept-proxy and --tls: receives the headers of many
 * connections, and makes their handshakes, at the same time, each in a green
 * thread, so that a slow client delays nobody.  A client is served once both
 * are complete.
 */
#ifndef TCPU_RECEPTION_H
#define TCPU_RECEPTION_H

#include <stdbool.h>
#include <sys/queue.h>
#include <tcpunit.h>

#include "client.h"
#include "listening.h"

struct visitor;

struct reception {
	struct listening *listening;
	tcp_group threads;
	tcp_thread acceptor;
	tcp_condition changed; /* any of the following */
	bool open;             /* the acceptor may accept; only while a client
				  is wanted, so that others stay pending */
	int waiting;           /* visitors that are not admitted yet */
	TAILQ_HEAD(, visitor) admitted;
	int status; /* why no client will come; 0 none */
	bool ended;
};

/* Each returns STATUS_GO_ON; or the status to end with, having said why. */
int reception_begin(struct reception *r, struct listening *l);
int reception_next(struct reception *r, struct client *c);

/* Resets all visitors. */
void reception_end(struct reception *r);

/* Says that no client has come, and returns the status. */
int accept_timed_out(const struct listening *l);

#endif
