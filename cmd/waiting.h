/* SPDX-License-Identifier: ISC */
/*
 * waiting.h - asking again and again until the answer is the wanted one: the
 * option --wait, and the pauses in between.  The kernel does not call when a
 * socket of somebody else changes.
 */
#ifndef TCPU_WAITING_H
#define TCPU_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "tcpu.h"

struct wait_option {
	bool asked;
	int limit; /* ms; -1 none */
};

/* Reads [TIME] into a struct wait_option. */
option_reader read_wait;

struct waiting {
	const struct run *run;
	const char *what; /* for messages: "accept-ready 4242" */
	int limit;
	int64_t deadline;
	int pause;
};

/* The limit counts from here; -1 is none. */
void begin_waiting(
    struct waiting *w, const struct run *run, const char *what, int limit);

/*
 * Pauses: shortly at first, then longer, and never past the limit, so that the
 * last look is taken when it is reached.  Returns 0; or the status to end
 * with, having said why.
 */
int wait_a_little(struct waiting *w);

/*
 * Ends the run with STATUS_NO when process PID ends, unless PID is 0; WHAT is
 * for messages.  Returns 0; or the status to end with, having said why: that
 * one, if the process is gone already.
 */
int watch_awaited(const struct run *run, const char *what, int pid);

#endif
