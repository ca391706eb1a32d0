/* SPDX-License-Identifier: ISC */
/*
 * serve.h - a listener at work: whom it accepts, and what it does with them.
 */
#ifndef TCPU_SERVE_H
#define TCPU_SERVE_H

#include <stdbool.h>
#include <tcpunit.h>

#include "../run.h"
#include "listen_options.h"

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

/*
 * Works until nothing is left to do, or the run is over.  Returns an exit
 * status.
 */
int serve(struct listening *l);

#endif
