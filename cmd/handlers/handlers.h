/* SPDX-License-Identifier: ISC */
/*
 * handlers.h - COMMAND, run for each connection: which it is, how many run at a
 * time, and what becomes of them when the run ends.
 */
#ifndef TCPU_HANDLERS_H
#define TCPU_HANDLERS_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "environment.h"
#include "program.h"
#include "../session/session.h"
#include "../run.h"

/* How many ms a process has to end after a signal, and the longest pause
 * between two looks at it. */
#define GRACE 1000
#define LONGEST_PAUSE 16

struct handler_options {
	bool pipes;          /* not the socket itself */
	bool ucspi;          /* descriptors 6 and 7 */
	char path[PATH_MAX]; /* of COMMAND, once it is known */
};

extern const struct option handler_option_table[];

/*
 * Before the library is called: finds COMMAND, if there is one, and sees that
 * the options go together.  Returns -1 to go on, or the status to end with.
 */
int handler_prepare(const struct run *run, struct handler_options *options,
    const struct session_options *session, char *const *command);

/*
 * Processes, descriptors and memory come back, as others end.  Where CODE is
 * that they have run out, says so for WHAT the first time, and waits (parks) a
 * little.  Returns 0; or -1 where it is something else, or the run is over.
 */
int wait_out_shortage(
    const struct run *run, const char *what, int code, bool *said);

struct handler;

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

/*
 * Returns 0, or the status to end with, having said why.  From here on the
 * environment lies in HS.
 */
int handlers_begin(struct handlers *hs);

/* Waits (parks) until fewer than LIMIT run.  Returns 0, or the status of the
 * run, which is over. */
int handlers_await(struct handlers *hs, int limit);

/*
 * Starts one for the connection, whose ports it takes over; NAME is the peer's,
 * for messages.  That it cannot be started is said, and is its status.  Returns
 * 0; or -1 if it was not started and the run is over.
 */
int handlers_start(
    struct handlers *hs, const tcp_port connection[2], const char *name);

/* Takes a handler whose COMMAND has ended, or never ran, off the list.  It is
 * freed, now or when its group has ended, too. */
void handlers_leave(struct handler *h);

/*
 * Waits for those that run, with STATUS 0, and gives everything back.  If the
 * run is over, they and what is left of others get the signal that ended it, or
 * SIGTERM, and a second later SIGKILL.  Returns STATUS or, where it is 0, the
 * run's.
 */
int handlers_end(struct handlers *hs, int status);

#endif
