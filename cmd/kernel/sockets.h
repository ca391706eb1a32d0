/* SPDX-License-Identifier: ISC */
/*
 * sockets.h - the TCP sockets in the tables of the kernel.  Reading them
 * touches no socket, and opens only a netlink socket.  sock_diag(7) comes
 * first: it is quick, filters by port, and has the limit of a listener.  If it
 * is missing or forbidden, and for other network namespaces, /proc is read.
 */
#ifndef TCPU_SOCKETS_H
#define TCPU_SOCKETS_H

#include "socket_table.h"

/*
 * Lists the sockets that match the query, from sock_diag(7) or from
 * /proc/PID/net/tcp and tcp6.  Returns 0, and free_sockets frees TABLE; or -1
 * with errno.
 */
int read_sockets(const struct socket_query *query, struct socket_table *table);

#endif
