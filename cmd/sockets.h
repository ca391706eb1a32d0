/* SPDX-License-Identifier: ISC */
/*
 * sockets.h - the TCP sockets that the kernel knows of, and what it says of
 * them.  They are read from its tables: no socket is touched, none is opened
 * but a netlink one.
 */
#ifndef TCPU_SOCKETS_H
#define TCPU_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "socket_address.h"

struct socket_entry {
	union socket_address local;
	union socket_address remote; /* of a listening socket: unspecified */
	bool listening;
	bool v6only;         /* known from netlink only, else false */
	uint32_t pending;    /* of a listening socket: waiting to be accepted */
	int64_t backlog;     /* its limit; -1 from /proc, which has it not */
	unsigned long inode; /* 0: no process has it, or not yet */
};

struct socket_table {
	struct socket_entry *entries;
	size_t count;
};

struct socket_query {
	pid_t process;  /* in whose network; 0 is ours */
	int port;       /* the local one; 0 any */
	bool listening; /* those that listen; else all */
};

/*
 * The sockets that answer the query, from sock_diag(7) or, where that is
 * refused or the network is another one, from /proc/PID/net/tcp and tcp6.
 * Returns 0, and TABLE is given back with free_sockets; or -1 with errno.
 */
int read_sockets(const struct socket_query *query, struct socket_table *table);
void free_sockets(struct socket_table *table);

/* Appends an entry.  Returns 0, or -1 with ENOMEM. */
int add_socket(struct socket_table *table, const struct socket_entry *entry);

/*
 * Whether the socket is for connections of the family, AF_INET or AF_INET6;
 * and for those to that address, whose port is left aside.  The IPv6 wildcard
 * is for both families unless it says otherwise.
 */
bool serves_family(const struct socket_entry *entry, int family);
bool serves_address(
    const struct socket_entry *entry, const union socket_address *address);

#endif
