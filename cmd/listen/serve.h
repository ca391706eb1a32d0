/* SPDX-License-Identifier: ISC */
/*
 * serve.h - a listener at work: whom it accepts, and what it does with them.
 */
#ifndef TCPU_SERVE_H
#define TCPU_SERVE_H

#include <stdbool.h>
#include <tcpunit.h>

#include "access.h"
#include "../handlers/handlers.h"
#include "inherited.h"
#include "ready.h"
#include "../session/session.h"
#include "../run.h"

struct listen_options {
	struct common_options common;
	struct session_options session;
	struct ready_options ready;
	struct handler_options handler;
	struct access access;
	int fd; /* a listening socket, or -1 */
	struct inherited inherited;
	bool hold;
	bool keep_open;
	int count;     /* 0 no end */
	int max_conns; /* 0 not said */
	int backlog;
	int accept_timeout;
	bool local;
	bool v6only;
	bool reuse_port;
	bool no_accept;
	bool black_hole;
	int until_exit; /* a process, or 0 */
};

/* One run of the command. */
struct listening {
	const struct run *run;
	const struct listen_options *options;
	char *const *command; /* NULL: sessions */
	tcp_listener listener;
	bool said;      /* that something has run out */
	char what[384]; /* "listen 0.0.0.0:80", for messages */
	int output;     /* the file of --output, or -1 */
};

/* No data go through stdin and stdout. */
bool serves(const struct listen_options *options, bool command);

/* None go through stdout. */
bool spares_stdout(const struct listen_options *options, bool command);

/*
 * Works until nothing is left to do, or the run is over.  Returns an exit
 * status.
 */
int serve(struct listening *l);

#endif
