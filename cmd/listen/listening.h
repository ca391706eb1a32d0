/* SPDX-License-Identifier: ISC */
/*
 * listening.h - one run of tcpu listen.
 */
#ifndef TCPU_LISTENING_H
#define TCPU_LISTENING_H

#include <stdbool.h>
#include <tcpunit.h>

#include "../listing.h"
#include "../run.h"
#include "listen_options.h"

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

#endif
