/* SPDX-License-Identifier: ISC */
/*
 * sockets.h - the TCP sockets that the kernel knows of, and what it says of
 * them.  They are read from its tables: no socket is touched, none is opened
 * but a netlink one.
 */
#ifndef TCPU_SOCKETS_H
#define TCPU_SOCKETS_H

#include "socket_table.h"

/*
 * The sockets that answer the query, from sock_diag(7) or, where that is
 * refused or the network is another one, from /proc/PID/net/tcp and tcp6.
 * Returns 0, and TABLE is given back with free_sockets; or -1 with errno.
 */
int read_sockets(const struct socket_query *query, struct socket_table *table);

#endif
