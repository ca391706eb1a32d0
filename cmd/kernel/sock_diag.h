/* SPDX-License-Identifier: ISC */
/*
 * sock_diag.h - asks sock_diag(7) about the TCP sockets in tcpu's own network
 * namespace.
 */
#ifndef TCPU_SOCK_DIAG_H
#define TCPU_SOCK_DIAG_H

#include "socket_table.h"

/* Appends the sockets that match the query.  Returns 0, or -1 with errno. */
int dump_sockets(const struct socket_query *query, struct socket_table *table);

/*
 * Finds the socket with exactly these two ends.  Returns 1 and the
 * entry; 0 if the kernel knows none; or -1 with errno.
 */
int find_socket(const union tcp_address *local, const union tcp_address *remote,
    struct socket_entry *entry);

#endif
