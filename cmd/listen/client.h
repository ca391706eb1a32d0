/* SPDX-License-Identifier: ISC */
/*
 * client.h - an accepted connection, and whether it is served.
 */
#ifndef TCPU_CLIENT_H
#define TCPU_CLIENT_H

#include <stdbool.h>
#include <tcpunit-tls.h>

#include "../listing.h"
#include "listening.h"

struct client {
	tcp_port connection[2];
	struct ends ends;
	char name[TCPUNIT_ADDRLEN + 10]; /* for messages */
	struct tcp_tls_facts tls;        /* with --tls */
};

/* Stores the ends of the client's connection, and its name. */
void meet_client(struct client *c);

/* The same for the ends that a proxy has named. */
void rename_client(struct client *c, const struct ends *ends);

/* Whether the rules admit the client; any other one is reset. */
bool admit_client(const struct listening *l, struct client *c);

/* Resets a client for this reason, and says so. */
void deny_client(
    const struct listening *l, struct client *c, const char *reason);

#endif
