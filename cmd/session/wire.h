/* SPDX-License-Identifier: ISC */
/*
 * wire.h - what the kernel is told and asked about the socket of a connection,
 * beyond what ports are for, and how it is to end.
 */
#ifndef TCPU_WIRE_H
#define TCPU_WIRE_H

#include <stdbool.h>

/* Without, Nagle's algorithm collects small writes. */
enum nodelay { NODELAY_DEFAULT, NODELAY_YES, NODELAY_NO };

struct wire_options {
	int keepalive;    /* ms until a silent peer is given up; 0 never */
	int user_timeout; /* ms until unacknowledged data are, and, as the
			     kernel has it, a peer that lives and does not
			     read; 0 never, -1 not said */
	enum nodelay nodelay;
};

/* Best effort: a kernel that refuses one of these keeps its own. */
void wire_set(int fd, const struct wire_options *options);

/* Probes a silent peer every INTERVAL ms; LIMIT stays how long it is borne. */
void wire_probe(int fd, int interval, int limit);

/*
 * While armed, a socket that is closed, by us or by our death, is a reset to
 * the peer, which must not take half of the data for all.
 */
void wire_arm(int fd);
void wire_disarm(int fd);

/* Whether bytes have come that nobody has read. */
bool wire_has_unread(int fd);

/* Sends FIN.  False where the connection is gone already. */
bool wire_finish(int fd);

#endif
