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

#include "run.h"

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
	int longest; /* pause */
	int pid;     /* whose end ends the wait; 0 none */
	int process; /* its pidfd, or -1 */
	bool ended;  /* it has been seen */
};

/* The limit counts from here; -1 is none. */
void begin_waiting(
    struct waiting *w, const struct run *run, const char *what, int limit);

/*
 * The end of process PID, unless that is 0, ends the wait, too; it may be gone
 * already.  Returns STATUS_GO_ON, or the status to end with, having said why.
 */
int wait_for_process(struct waiting *w, int pid);

/* Whether that process has ended; and saying so: STATUS_NO. */
bool process_has_ended(struct waiting *w);
int say_ended(const struct waiting *w);

/* How long it may last, in ms; -1 without a limit; and saying that it is over:
 * STATUS_TIMEOUT. */
int waiting_time(const struct waiting *w);
int say_timed_out(const struct waiting *w);

/*
 * Pauses: shortly at first, then longer, and never past the limit, so that the
 * last look is taken when it is reached, or when the process has ended.
 * Returns STATUS_GO_ON; or the status to end with, having said why.
 */
int wait_a_little(struct waiting *w);

#endif
