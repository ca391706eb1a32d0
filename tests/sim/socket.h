/* SPDX-License-Identifier: ISC */
/*
 * TCP sockets of the simulated machine: connecting, listening, exchanging
 * bytes, ending.  As with the system calls, an error is -1 with errno.
 */
#ifndef SIM_SOCKET_H
#define SIM_SOCKET_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

#include "file.h"
#include "stream.h"

enum { SIM_MAX_QUEUE = 128 };

union sim_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct sim_socket {
	struct sim_file *file;
	enum {
		SIM_FRESH,
		SIM_LISTENING,
		SIM_CONNECTING,
		SIM_CONNECTED,
		SIM_DEAD
	} state;
	int family;
	bool six_only, bound, closed;
	union sim_address local, remote;
	struct sim_stream *in, *out;
	struct sim_socket *peer;
	int error;   /* reported once, then cleared */
	bool reset;  /* a reset has come */
	bool linger; /* SO_LINGER of 0 */
	bool keepalive;
	bool probed; /* a probe was answered by a reset */
	int64_t closed_at;
	uint64_t taken; /* bytes that had arrived at the close */
	bool read_shut, write_shut;
	int64_t made;
	int64_t died;        /* SIM_NEVER: it is not dead */
	const void *maker;   /* the thread that called socket(2) */
	int64_t established; /* SIM_NEVER: not yet established */
	unsigned tries;      /* SYNs */
	/* For a listening socket. */
	int backlog;
	unsigned n_queue, n_coming;
	struct sim_socket *queue[SIM_MAX_QUEUE];
	struct sim_socket *next;
	struct sim_socket *next_listener; /* the listener of this connection */
};

struct sim_socket *sim_socket_new(int family);
struct sim_socket *sim_socket_of(struct sim_file *f); /* NULL: ENOTSOCK */

int sim_socket_bind(struct sim_socket *s, const union sim_address *a);
int sim_socket_listen(struct sim_socket *s, int backlog);
int sim_socket_connect(struct sim_socket *s, const union sim_address *a);
struct sim_socket *sim_socket_accept(struct sim_socket *s);
int sim_socket_shutdown(struct sim_socket *s, int how);

/* Returns the number of bytes not yet acknowledged; a FIN counts as a byte. */
uint64_t sim_socket_queue(const struct sim_socket *s);
/* Whether the connection has ended at both ends. */
bool sim_socket_is_over(const struct sim_socket *s);
/* Sends a keepalive probe, which discovers a peer that was closed long ago. */
void sim_socket_probe(struct sim_socket *s);

/* The network breaks the connection. */
void sim_socket_reset(struct sim_socket *s);

/* Makes a connected pair; each end is a file. */
void sim_socket_pair(struct sim_socket *pair[2]);

/* Returns the thread that is running. */
extern const void *(*sim_maker)(void);

/* Returns the newest socket; NEXT links the others. */
struct sim_socket *sim_sockets(void);

#endif
