/* SPDX-License-Identifier: ISC */
/*
 * progress.h - measures a session and reports its progress on stderr while it
 * runs: on a terminal as one line, redrawn, elsewhere as one line after the
 * other.
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
	double rate; /* the recent one, in bytes per second */
};

struct progress {
	const struct run *run;
	const char *name;
	struct flow in;
	struct flow out;
	uint64_t size;  /* of the data to send; 0 unknown */
	int64_t begin;  /* now() at the beginning */
	int64_t before; /* now() at the last measurement */
	bool open;
};

/* FILE says that stdin is sent unconverted, so that its size is known. */
void begin_progress(struct progress *p, const struct run *run, const char *name,
    const tcp_port connection[2], bool file);

/* Thread: reports the struct progress until the thread is terminated. */
void *show_progress(void *progress);

/* Reports the totals, once, if progress was begun.  Later messages start on a
 * line of their own. */
void end_progress(struct progress *p);

#endif
