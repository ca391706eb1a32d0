/* SPDX-License-Identifier: ISC */
/*
 * handler.h - one of the handlers (handlers.h): a process that has a
 * connection, and a green thread that waits for its end.
 */
#ifndef TCPU_HANDLER_H
#define TCPU_HANDLER_H

#include <sys/queue.h>
#include <sys/types.h>
#include <tcpunit.h>

#include "group.h"
#include "handlers.h"
#include "../target.h"

struct handler {
	LIST_ENTRY(handler) link;
	struct handlers *all;
	tcp_port connection[2];
	char name[sizeof(((struct target *)0)->text)]; /* for messages */
	char address[TCPUNIT_ADDRLEN];                 /* the peer's */
	int pipes[2]; /* what it writes, what it reads; with --pipes */
	struct group group;
	int process; /* a pidfd of COMMAND */
	int status;
};

/*
 * Starts the process (parks where something has run out), puts H on the list,
 * and starts the thread, which in the end gives H to handlers_leave.  Returns
 * 0; or -1, having said why.
 */
int handler_start(struct handler *h);

#endif
