/* SPDX-License-Identifier: ISC */
/*
 * Listening sockets: several addresses, one port number.
 */
#ifndef TU_PASSIVE_H
#define TU_PASSIVE_H

#include "address.h"
#include "tcpunit.h"

/*
 * Binds every one of N addresses to their port, or all of them to one that the
 * system chooses where it is 0, and listens.  An address of a family that the
 * machine lacks is left out, unless none is left.  Stores at most N
 * descriptors, close-on-exec and non-blocking: how many; or -1 with errno.
 */
int tu_passive_open(const union tcp_address *addresses, int n,
    const struct tcp_listen_options *options, int *fds);

/* One socket for both families where the machine has IPv6. */
int tu_passive_open_wildcard(
    int port, const struct tcp_listen_options *options, int *fd);

/* NULL for a listening TCP socket; for others what they are, after "is". */
const char *tu_passive_fault(int fd);

/* Makes one from elsewhere fit: likewise. */
int tu_passive_adopt(int fd);

#endif
