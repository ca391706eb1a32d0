/* SPDX-License-Identifier: ISC */
/*
 * Checked calls that meet what is outside the library: other OS threads,
 * signals, and sockets that were made or are used elsewhere.
 */
#ifndef SIM_OUTSIDE_H
#define SIM_OUTSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "port.h"
#include "task.h"

/* A thread that waits to be woken. */
struct sim_wakee {
	struct sim_task *task;
	int64_t since; /* when it was woken; SIM_NEVER: not since its wait */
};

/* Wakes it.  Simulated OS threads and events may call this, too. */
void sim_wake(struct sim_wakee *w);
int sim_wait_wake(struct sim_wakee *w, int ms);

/* To be called once before the end.  The library keeps the descriptor by which
 * wakes are announced for ever; this makes it, if no wait has. */
void sim_keep_wakes(void);

/* A function that takes NS nanoseconds on an OS thread of the library's. */
struct sim_job {
	int64_t ns;
	bool asked, begun, ended, taken, abandoned;
	int64_t told; /* when its end is known at the latest */
};

int sim_call(struct sim_job *j, int ms);
/* To be called when no OS thread is left. */
void sim_check_job(const struct sim_job *j);

/* Waits for a signal of SET, which has a bit for each number. */
int sim_wait_signal(uint64_t set, int ms);
/* Sends a signal. */
void sim_send_signal(int number);
/* To be called when no thread waits for signals. */
void sim_check_signals(void);

/* Returns the descriptor; or -1 if bytes that the library holds would be
 * lost. */
int sim_release(struct sim_link *l);
/* Returns -1, and closes the descriptor, if the connection was reset. */
int sim_adopt(struct sim_link *l, int fd);

#endif
