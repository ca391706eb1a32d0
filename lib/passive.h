/* SPDX-License-Identifier: ISC */
/*
 * Opening and adopting listening sockets: several addresses, one port number.
 */
#ifndef TU_PASSIVE_H
#define TU_PASSIVE_H

#include "address.h"
#include "socket_file.h"
#include "tcpunit.h"

/*
 * Binds each of N addresses to its port and listens.  If the ports are 0, the
 * system chooses one number for all of them.  An address of a family that the
 * machine lacks is left out, unless none is left.  Stores at most N
 * descriptors, close-on-exec and non-blocking, and returns their number; or -1
 * with errno.
 */
int tu_passive_open(const union tcp_address *addresses, int n,
    const struct tcp_listen_options *options, int *fds);

/* Opens one socket for both families if the machine has IPv6. */
int tu_passive_open_wildcard(
    int port, const struct tcp_listen_options *options, int *fd);

/* Opens a Unix socket, as tu_socket_file_bind does, and listens. */
enum tu_wake tu_passive_open_unix(struct tu_scheduler *s,
    const struct tu_unix_address *a, const struct tcp_listen_options *options,
    int *fd, struct tu_socket_file **file);

/* NULL for a listening stream socket; otherwise a description of the
 * descriptor, to follow the word "is". */
const char *tu_passive_fault(int fd);

/* Sets up a socket that was made elsewhere as tu_passive_open does: 0, or -1
 * with errno. */
int tu_passive_adopt(int fd);

#endif
