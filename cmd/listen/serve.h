/* SPDX-License-Identifier: ISC */
/*
 * serve.h - a listener at work: accepts connections and runs a session on each,
 * one after the other, or a COMMAND for each, many at a time; or never accepts;
 * or lets a COMMAND accept.
 */
#ifndef TCPU_SERVE_H
#define TCPU_SERVE_H

#include <stdbool.h>
#include <tcpunit.h>

#include "../listing.h"
#include "../run.h"
#include "listen_options.h"

/* One run of the command. */
struct listening {
	const struct run *run;
	const struct listen_options *options;
	char *const *command;  /* NULL: sessions */
	tcp_listener listener; /* null with --refuse */
	struct end at;         /* its first address, and the port */
	bool said;             /* a shortage has been reported */
	char what[384];        /* "listen 0.0.0.0:80", for messages */
	int output;            /* the file of --output, or -1 */
};

/*
 * Serves clients until there are none left to serve, or the run is over.
 * Returns an exit status.
 */
int serve(struct listening *l);

#endif
