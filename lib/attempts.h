/* SPDX-License-Identifier: ISC */
/*
 * The attempts of one tcp_connect: the addresses of both families in turn, a
 * new attempt every 250 ms (RFC 8305) until one has succeeded, under the limit
 * of the running call.  They are made with connect(2) itself, as a
 * bufferevent's connect loses the reason of one that fails at once.
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
	/* The caller's. */
	struct tu_runtime *rt;
	const struct tcp_connect_options *options;
	union tcp_address locals[2]; /* IPv4, IPv6; AF_UNSPEC: none */
	union tcp_address addresses[TU_MAX_ADDRESSES];
	int n;

	/* The result. */
	union tcp_address peer; /* of the winner */
	enum tu_wake woken;     /* TU_READY: the error is */
	int error;              /* the last attempt's that reached a host */
	const char *where;      /* likewise */
	char *details;          /* all of theirs, malloc'd, or NULL */

	struct tu_attempt attempts[TU_MAX_ADDRESSES];
	int begun, pending;
	int64_t next; /* when another attempt may begin; 0: now */
	struct tu_queue queue;
	bool lost; /* it was connected, and reset at once */
};

/* The connected socket; or -1, with the reason in WOKEN or ERROR. */
int tu_attempts_run(struct tu_attempts *c);

/* Closes what has been begun, except the socket WINNER. */
void tu_attempts_close(struct tu_attempts *c, int winner);

#endif
