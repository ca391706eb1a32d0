/* SPDX-License-Identifier: ISC */
/*
 * unix_listeners.h - asks the kernel who listens on a Unix socket, and how many
 * connections wait there.  Asking touches no socket.
 */
#ifndef TCPU_UNIX_LISTENERS_H
#define TCPU_UNIX_LISTENERS_H

#include <stdbool.h>
#include <stdint.h>

struct unix_listeners {
	bool listening;
	bool elsewhere; /* a socket is bound there in another network namespace,
			   and the kernel says nothing else about it */
	bool counted;   /* the next two are known */
	uint64_t pending;
	int64_t backlog;
};

/* Looks for listeners at NAME, a path or "@NAME".  Returns 0, or -1 with
 * errno. */
int find_unix_listeners(const char *name, struct unix_listeners *l);

/* The same for a descriptor, which is a Unix socket. */
int find_unix_listener(int fd, struct unix_listeners *l);

#endif
