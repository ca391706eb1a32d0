/* SPDX-License-Identifier: ISC */
/*
 * presence.h - checks whether a peer that has sent its end of file is still
 * there.  As long as tcpu sends nothing, a connection whose peer has left looks
 * like a half-closed one.
 */
#ifndef TCPU_PRESENCE_H
#define TCPU_PRESENCE_H

#include "../kernel/socket_address.h"

enum presence {
	PEER_THERE, /* or nothing is known */
	PEER_LEFT,  /* its socket has no process, or a probe was reset */
	PEER_RESET, /* it ended the connection with a reset */
};

struct connection_ends {
	int fd;
	bool is_unix;
	bool known;
	union tcp_address ours;
	union tcp_address theirs;
};

/*
 * Prepares the checks of a socket's connection, and makes its keepalive probes
 * more frequent.  A vanished peer is still given up after LIMIT ms; with 0 it
 * is never given up, and there are no probes.
 */
void begin_presence(struct connection_ends *ends, int fd, int limit);

enum presence ask_presence(const struct connection_ends *ends);

#endif
