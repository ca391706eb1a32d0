/* SPDX-License-Identifier: ISC */
/*
 * sight.h - looks at listening sockets, for accept-ready: whether any is there,
 * and how many connections wait.
 */
#ifndef TCPU_SIGHT_H
#define TCPU_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "own_addresses.h"
#include "run.h"

/* The sockets to look at: a descriptor; a Unix socket; or a port and, if a host
 * was given, its addresses. */
struct sight_target {
	int fd;           /* or -1 */
	const char *path; /* "PATH" or "@NAME", or NULL */
	int port;
	struct own_addresses hosts;
	bool asks;   /* it matters whether any connection waits */
	bool counts; /* it matters how many do */
};

/* The sum over all sockets. */
struct sight {
	bool listening;
	uint64_t pending;
	int64_t backlog; /* -1: the kernel does not report it */
};

/* WHAT is for messages.  Returns STATUS_GO_ON; or the status to end with,
 * having said why. */
int look(const struct run *run, const char *what,
    const struct sight_target *target, struct sight *sight);

#endif
