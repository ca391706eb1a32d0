/* SPDX-License-Identifier: ISC */
/*
 * Listeners: listening sockets on one port number.  Their connections are
 * accepted in accept.c.
 */
#ifndef TU_LISTENER_H
#define TU_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "runtime.h"
#include "tcpunit.h"
#include "watch.h"

struct tu_listener {
	uint64_t handle;
	struct tu_runtime *runtime;
	struct tu_queue queue; /* threads that accept */
	int timeout;
	int users; /* calls that may be waiting: the last one frees it */
	bool closed;
	int n;
	int next; /* whose turn it is among the sockets */
	int held; /* a connection that had no memory for ports, or -1 */
	union tcp_address held_peer;
	struct listening {
		int fd;
		struct tu_watch watch;
	} sockets[];
};

/* The listener of a handle; NULL: raised. */
struct tu_listener *tu_listener_find(tcp_listener l, const char *where);

#endif
