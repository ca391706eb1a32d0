/* SPDX-License-Identifier: ISC */
/*
 * waiting.h - the option --wait: asks again until the answer is yes, with
 * pauses, as the kernel sends no events about the sockets of other processes.
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
	int pid;     /* a process whose end ends the wait; 0 none */
	int process; /* its pidfd, or -1 */
	bool ended;  /* its end has been seen */
};

/* The limit counts from here; -1 is none. */
void begin_waiting(
    struct waiting *w, const struct run *run, const char *what, int limit);

/*
 * Makes the end of process PID, unless that is 0, end the wait too; the process
 * may already have ended.  Returns STATUS_GO_ON, or the status to end with,
 * having said why.
 */
int wait_for_process(struct waiting *w, int pid);

/* The first returns whether that process has ended; the second says so and
 * returns STATUS_NO. */
bool process_has_ended(struct waiting *w);
int say_ended(const struct waiting *w);

/* The first returns the ms that are left, or -1 without a limit; the second
 * says that the time is over and returns STATUS_TIMEOUT. */
int waiting_time(const struct waiting *w);
int say_timed_out(const struct waiting *w);

/*
 * Pauses between two looks, at first briefly, then longer.  A pause never
 * exceeds the limit, and ends with the process, so that a last look follows
 * either.  Returns STATUS_GO_ON; or the status to end with, having said why.
 */
int wait_a_little(struct waiting *w);

#endif
