/* SPDX-License-Identifier: ISC */
/*
 * progress.h - how much of a session has moved, told on stderr while it runs.
 * On a terminal that is one line, redrawn; else lines are added.
 */
#ifndef TCPU_PROGRESS_H
#define TCPU_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <tcpunit.h>

#include "../run.h"

/* One direction. */
struct flow {
	tcp_port port;
	uint64_t moved;
	double rate; /* of late, in bytes per second */
};

struct progress {
	const struct run *run;
	const char *name;
	struct flow in;
	struct flow out;
	uint64_t size;  /* of what is to be sent; 0 unknown */
	int64_t begin;  /* now() then */
	int64_t before; /* when it was last looked at */
	bool open;
};

/* With FILE, what stdin has is sent as it is. */
void begin_progress(struct progress *p, const struct run *run, const char *name,
    const tcp_port connection[2], bool file);

/* A green thread's: tells of the struct progress until it is terminated. */
void *show_progress(void *progress);

/* Tells of the whole, unless that was done, or nothing was begun.  What is said
 * after that has a line of its own. */
void end_progress(struct progress *p);

#endif
