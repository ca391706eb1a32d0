/* SPDX-License-Identifier: ISC */
/*
 * handler.h - one handler, from its start to its end: a process that has a
 * connection, and a green thread that waits for the end of the process; and the
 * data that all handlers of a run share.
 */
#ifndef TCPU_HANDLER_H
#define TCPU_HANDLER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <tcpunit-tls.h>

#include "../listing.h"
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
	bool pipes;          /* COMMAND gets pipes instead of the socket */
	bool ucspi;          /* COMMAND gets the socket as 6 and 7 */
	char path[PATH_MAX]; /* the file of COMMAND, from find_program */
};

/* The handlers of a run.  The caller fills in the first half. */
struct handlers {
	const struct run *run;
	const char *what; /* "listen 0.0.0.0:80", for messages */
	const struct handler_options *options;
	const struct session_options *session;
	char *const *command;
	bool leaders; /* each handler leads a process group */
	bool many;    /* the run goes on after the first connection */
	bool *said;   /* a shortage has been reported */

	struct program program;
	struct environment environment;
	LIST_HEAD(, handler) list;
	LIST_HEAD(, handler) left; /* COMMAND has ended, its group may exist */
	bool hinted;               /* the hint at --pipes was given */
	int running;
	int left_count;
	int left_limit; /* weed the list if left_count exceeds it */
	int ended;      /* an eventfd: counts handlers that ended */
	int status;     /* of the handler that ended last */
};

struct handler {
	LIST_ENTRY(handler) link;
	struct handlers *all;
	tcp_port connection[2];
	char name[sizeof(((struct target *)0)->text)]; /* for messages */
	struct ends ends;
	bool has_tls;
	struct tcp_tls_facts tls;
	char origin[TCPUNIT_ADDRLEN]; /* the address of the peer, or its user */
	int pipes[2];                 /* --pipes: output and input of COMMAND */
	struct group group;
	int process; /* a pidfd of COMMAND */
	int status;
	bool cut; /* --cut has ended the session */
};

/*
 * Starts the process (parks during a shortage), puts H on the list, and starts
 * the thread.  When COMMAND has ended, the thread takes H off the list; H is
 * freed once its process group has ended too.  Returns 0; or -1, having said
 * why.
 */
int handler_start(struct handler *h);

#endif
