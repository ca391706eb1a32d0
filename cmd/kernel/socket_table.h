/* SPDX-License-Identifier: ISC */
/*
 * socket_table.h - a table of TCP sockets, and what connections they are for.
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
	bool bound;     /* also those that only keep a port: in TIME_WAIT, or
			   bound and no more, of which some kernels know */
};

/* Appends an entry.  Returns 0, or -1 with ENOMEM. */
int add_socket(struct socket_table *table, const struct socket_entry *entry);
void free_sockets(struct socket_table *table);

/*
 * Whether the socket is for connections of the family, AF_INET or AF_INET6;
 * and for those to that address, whose port is left aside.  The IPv6 wildcard
 * is for both families unless it says otherwise.
 */
bool serves_family(const struct socket_entry *entry, int family);
bool serves_address(
    const struct socket_entry *entry, const union tcp_address *address);

#endif
