/* SPDX-License-Identifier: ISC */
/*
 * The attempts of one tcp_connect.  The families take turns, and every 250 ms
 * (RFC 8305) another attempt begins, until one has succeeded, within the limit
 * of the running call.  They use connect(2) directly, because a bufferevent's
 * connect loses the reason of a failure at once.
 */
#ifndef TU_ATTEMPTS_H
#define TU_ATTEMPTS_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "runtime.h"
#include "tcpunit.h"
#include "watch.h"

struct tu_attempt {
	int fd; /* -1: failed, or not begun */
	struct tu_watch watch;
};

struct tu_attempts {
	/* Set by the caller. */
	struct tu_runtime *rt;
	const struct tcp_connect_options *options;
	union tcp_address locals[2]; /* IPv4, IPv6; AF_UNSPEC: none */
	union tcp_address addresses[TU_MAX_ADDRESSES];
	int n;

	/* The result. */
	union tcp_address peer; /* of the winner */
	enum tu_wake woken;     /* TU_READY: see error */
	int error;              /* of the last to reach a host, if any */
	bool local;             /* the local end was at fault */
	char *details;          /* of all attempts; malloc'd, or NULL */

	struct tu_attempt attempts[TU_MAX_ADDRESSES];
	int begun, pending;
	int64_t next; /* when another attempt may begin; 0: now */
	struct tu_queue queue;
	bool lost; /* connected, and reset at once */
};

/* Runs the attempts.  Returns the connected socket; or -1, with the reason in
 * WOKEN or ERROR. */
int tu_attempts_run(struct tu_attempts *c);

/* Closes the sockets of all attempts but WINNER. */
void tu_attempts_close(struct tu_attempts *c, int winner);

#endif
