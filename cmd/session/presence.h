/* SPDX-License-Identifier: ISC */
/*
 * presence.h - whether a peer that has sent its end of file is still there.  A
 * connection of which nobody has the other end looks as one that is half
 * closed, for as long as nothing is sent.
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
	bool known;
	union tcp_address ours;
	union tcp_address theirs;
};

/*
 * Starts to ask about the connection of a socket, also by more frequent probes
 * of keepalive.  LIMIT, in ms, is how long a peer that vanished is borne, which
 * the probes do not change; 0 is without end, and without probes.
 */
void begin_presence(struct connection_ends *ends, int fd, int limit);

enum presence ask_presence(const struct connection_ends *ends);

#endif
