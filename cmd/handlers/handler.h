/* SPDX-License-Identifier: ISC */
/*
 * handler.h - one of the handlers: a process that has a connection, and a green
 * thread that waits for its end; and what it knows of the others.
 */
#ifndef TCPU_HANDLER_H
#define TCPU_HANDLER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <tcpunit.h>

#include "../run.h"
#include "../session/session.h"
#include "../target.h"
#include "group.h"
#include "program.h"

/* How many ms a process has to end after a signal, and the longest pause
 * between two looks at it. */
#define GRACE 1000
#define LONGEST_PAUSE 16

struct handler_options {
	bool pipes;          /* not the socket itself */
	bool ucspi;          /* descriptors 6 and 7 */
	char path[PATH_MAX]; /* of COMMAND, once it is known */
};

/* The handlers of a run.  The first half is the caller's to fill in. */
struct handlers {
	const struct run *run;
	const char *what; /* "listen 0.0.0.0:80", for messages */
	const struct handler_options *options;
	const struct session_options *session;
	char *const *command;
	bool leaders; /* each is a process group */
	bool many;    /* the run goes on after the first connection */
	bool *said;   /* that something has run out */

	struct program program;
	struct environment environment;
	LIST_HEAD(, handler) list;
	LIST_HEAD(, handler) left; /* COMMAND has ended, its group may live */
	bool hinted;               /* at --pipes */
	int running;
	int left_count;
	int left_limit; /* of left_count, before its list is weeded */
	int ended;      /* an eventfd: counts those that ended */
	int status;     /* of the last that ended */
};

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
 * and starts the thread, which in the end takes H off the list and frees it,
 * then or when its group has ended, too.  Returns 0; or -1, having said why.
 */
int handler_start(struct handler *h);

#endif
