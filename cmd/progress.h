/* SPDX-License-Identifier: ISC */
/*
 * progress.h - how much of a session has moved, told on stderr while it runs.
 */
#ifndef TCPU_PROGRESS_H
#define TCPU_PROGRESS_H

#include <tcpunit.h>

#include "tcpu.h"

struct progress {
	const struct run *run;
	const char *name;
	tcp_port in;
	tcp_port out;
};

/*
 * A green thread's: tells of the struct progress until it is terminated, and
 * then once more.  On a terminal it is one line, redrawn.
 */
void *show_progress(void *progress);

#endif
