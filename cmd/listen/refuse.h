/* SPDX-License-Identifier: ISC */
/*
 * refuse.h - holds a port on which every connection is refused: its sockets are
 * bound, but none listens.
 */
#ifndef TCPU_REFUSE_H
#define TCPU_REFUSE_H

#include <tcpunit.h>

#include "../listing.h"

/*
 * Takes the port, or a free one if it is 0, of N addresses, or of all if N is
 * 0, until the process ends; FAMILY as in bind_address.  Connections in
 * TIME_WAIT are no hindrance, and no other program can listen there.  Stores
 * the first address with the port in AT and returns 0; or -1 with errno.
 */
int refuse(const union tcp_address *addresses, int n, int port, int family,
    struct end *at);

#endif
