/* SPDX-License-Identifier: ISC */
/*
 * listing.h - the lines that addresses prints: which half, which column, in
 * which format; sorted, and each line once.
 */
#ifndef TCPU_LISTING_H
#define TCPU_LISTING_H

#include <stdbool.h>

#include "run.h"
#include "text.h"

/* How addresses and ports are printed, wherever that is. */
enum print {
	PRINT_NONE, /* or as if nothing was said */
	PRINT_PORT,
	PRINT_ADDRESS, /* and port, as words */
	PRINT_SH,
	PRINT_HOSTPORT
};

/* The part of the command line. */
struct listing_options {
	bool local; /* this half only */
	bool remote;
	bool ip; /* this column only */
	bool port;
	enum print format;
};

extern const struct option listing_option_table[];

/* Returns STATUS_GO_ON; or STATUS_USAGE, having said why. */
int check_listing_options(
    const struct run *run, const struct listing_options *options);

/* The ends of a socket; a listening one has no remote end, which is {0}. */
struct end {
	char ip[TCPUNIT_ADDRLEN];
	int port;
};

struct ends {
	struct end local;
	struct end remote;
};

struct listing {
	const struct run *run;
	const struct listing_options *options;
	struct text text; /* empty at first */
};

/* Adds a line; or nothing, where the socket lacks what is asked for. */
void list_ends(struct listing *l, const struct ends *ends);

/*
 * Writes the lines to stdout and gives the listing back.  Returns STATUS_DONE,
 * STATUS_NO where there are none, or the status to end with, having said why.
 */
int answer_listing(struct listing *l);

#endif
