/* SPDX-License-Identifier: ISC */
/*
 * socket_table.h - a table of TCP sockets, and the connections they can take.
 */
#ifndef TCPU_SOCKET_TABLE_H
#define TCPU_SOCKET_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "socket_address.h"

struct socket_entry {
	union tcp_address local;
	union tcp_address remote; /* of a listening socket: unspecified */
	bool listening;
	bool v6only;         /* known from netlink only, else false */
	uint32_t pending;    /* of a listening socket: waiting to be accepted */
	int64_t backlog;     /* the limit of pending; -1 if from /proc */
	unsigned long inode; /* 0: no process has it, or not yet */
};

struct socket_table {
	struct socket_entry *entries;
	size_t count;
};

struct socket_query {
	pid_t process;  /* in its network namespace; 0: in tcpu's own */
	int port;       /* the local one; 0 any */
	bool listening; /* only listening sockets */
	bool bound;     /* also sockets that only occupy a port: in TIME_WAIT,
			   or bound only, which some kernels report */
};

/* Appends an entry.  Returns 0, or -1 with ENOMEM. */
int add_socket(struct socket_table *table, const struct socket_entry *entry);
void free_sockets(struct socket_table *table);

/*
 * Whether the socket takes connections of the family, AF_INET or AF_INET6; and
 * whether it takes connections to that address, ignoring the port.  The IPv6
 * wildcard takes both families unless the socket is v6only.
 */
bool serves_family(const struct socket_entry *entry, int family);
bool serves_address(
    const struct socket_entry *entry, const union tcp_address *address);

#endif
