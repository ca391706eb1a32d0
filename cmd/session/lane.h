/* SPDX-License-Identifier: ISC */
/*
 * lane.h - one direction of a session on a bad network: a queue between two
 * green threads.  One of them reads, and the other writes each byte when it is
 * due.  Bytes are neither lost nor overtaken: an end of file or an error comes
 * after the bytes before it, and is as late as they are.
 */
#ifndef TCPU_LANE_H
#define TCPU_LANE_H

#include <stdbool.h>
#include <stdint.h>
#include <tcpunit-tls.h>
#include <tcpunit.h>

#include "lane_options.h"
#include "pace.h"
#include "stream.h"

/* Bytes that were read together. */
struct chunk {
	struct chunk *next;
	int64_t due; /* not to be written before this time, in ns */
	size_t size;
	char bytes[];
};

struct lane {
	/* The caller sets these. */
	const struct lane_options *options;
	tcp_port from;
	tcp_port to;
	struct outflow *outflow;  /* is read instead of the port, unless NULL */
	crlf_converter *arriving; /* converts what is read, unless NULL */
	crlf_converter *leaving;  /* converts what is written, unless NULL */
	bool stopped;             /* set at any time: moves no more bytes */

	struct chunk *first; /* the queue */
	struct chunk **end;
	size_t held;           /* bytes in the queue */
	size_t chunks;         /* in the queue */
	tcp_condition changed; /* the queue */
	tcp_thread reader;
	struct pace pace;
	struct crlf crlf;
	int64_t wanted;             /* bytes that are still to be read, */
	int64_t left;               /* and to be written, before the cut */
	bool ended;                 /* there is nothing more to read */
	bool failed;                /* this is the reason: */
	struct tcp_error error;     /* only its kind, code, port and reason */
	char why[TCPUNIT_TLS_TEXT]; /* the reason */
};

/*
 * Copies all bytes.  Returns 0; LANE_CUT if --cut has ended the copy; or -1 and
 * the error in the lane.  Bytes that are still held then are dropped; held is
 * their number.
 */
#define LANE_CUT 1
int run_lane(struct lane *lane);

#endif
