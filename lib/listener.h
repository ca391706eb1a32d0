/* SPDX-License-Identifier: ISC */
/*
 * Listeners: listening sockets on one port number. accept.c accepts their
 * connections.
 */
#ifndef TU_LISTENER_H
#define TU_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "runtime.h"
#include "socket_file.h"
#include "tcpunit.h"
#include "watch.h"

struct tu_listener {
	uint64_t handle;
	struct tu_runtime *runtime;
	struct tu_queue queue; /* threads that wait in tcp_accept */
	int timeout;
	int users; /* calls in progress: the last one frees it */
	bool closed;
	int n;
	int next;   /* the socket to try first */
	int lonely; /* how many connections are expected to come alone */
	int held; /* a connection that got no ports for lack of memory, or -1 */
	union tcp_address held_peer;
	struct tu_socket_file *file; /* of a Unix socket, or NULL */
	struct listening {
		int fd;
		struct tu_watch watch;
	} sockets[];
};

/* The listener of a handle; NULL, with an error raised. */
struct tu_listener *tu_listener_find(tcp_listener l);

#endif
