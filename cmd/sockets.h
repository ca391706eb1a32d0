/* SPDX-License-Identifier: ISC */
/*
 * sockets.h - the TCP sockets that the kernel knows of, and what it says of
 * them.  They are read from its tables: no socket is touched, none is opened
 * but a netlink one.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <tcpunit.h>

/* IPv4-mapped addresses are kept as IPv4 ones. */
union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

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

/* Turns an IPv4-mapped address into an IPv4 one. */
void unmap_address(union socket_address *address);

/* The text of the address alone, and the port number. */
const char *address_text(
    const union socket_address *address, char text[TCPUNIT_ADDRLEN]);
int address_port(const union socket_address *address);

#endif
