/* SPDX-License-Identifier: ISC */
/*
 * TCP sockets of the simulated machine: connecting, listening, exchanging
 * bytes, ending.  Errors are as those of the system calls, -1 with errno.
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
	int error;   /* to be told once */
	bool reset;  /* a reset has come */
	bool linger; /* SO_LINGER of 0 */
	bool keepalive;
	bool probed; /* a probe was answered by a reset */
	int64_t closed_at;
	uint64_t taken; /* what had arrived when it was closed */
	bool read_shut, write_shut;
	int64_t made;
	int64_t died;        /* likewise */
	const void *maker;   /* the thread that called socket(2) */
	int64_t established; /* SIM_NEVER: not yet */
	unsigned tries;      /* SYNs */
	/* Of a listening one. */
	int backlog;
	unsigned n_queue, n_coming;
	struct sim_socket *queue[SIM_MAX_QUEUE];
	struct sim_socket *next;
	struct sim_socket *next_listener; /* whose queue it goes to */
};

struct sim_socket *sim_socket_new(int family);
struct sim_socket *sim_socket_of(struct sim_file *f); /* or NULL, ENOTSOCK */

int sim_socket_bind(struct sim_socket *s, const union sim_address *a);
int sim_socket_listen(struct sim_socket *s, int backlog);
int sim_socket_connect(struct sim_socket *s, const union sim_address *a);
struct sim_socket *sim_socket_accept(struct sim_socket *s);
int sim_socket_shutdown(struct sim_socket *s, int how);

/* What has not been acknowledged, with a FIN for a byte. */
uint64_t sim_socket_queue(const struct sim_socket *s);
/* No connection is left. */
bool sim_socket_is_over(const struct sim_socket *s);
/* A peer that has been closed for long is found out by keepalive. */
void sim_socket_probe(struct sim_socket *s);

/* What the network does. */
void sim_socket_reset(struct sim_socket *s);

/* A connected pair, each of whose ends is a file. */
void sim_socket_pair(struct sim_socket *pair[2]);

/* Who is running. */
extern const void *(*sim_maker)(void);

/* The latest one; the others by their links. */
struct sim_socket *sim_sockets(void);

#endif
