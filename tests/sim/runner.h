/* SPDX-License-Identifier: ISC */
/*
 * Runs: each seed has a process of its own, and several run at a time.
 */
#ifndef SIM_RUNNER_H
#define SIM_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "program.h"

enum { SIM_MAX_JOBS = 64 };

/* Sets how many processes run at a time, whether each step is printed, and
 * whether to stop at the first failure. */
void sim_runner_start(int jobs, bool aloud, bool stop);

/* PROGRAM may be NULL; the seed then chooses the program. */
void sim_run(uint64_t first, uint64_t last, const struct sim_program *program);

/* Prints the results; returns the exit status of sim. */
int sim_runner_end(void);

/* Ends the process of a run that has succeeded. */
_Noreturn void sim_run_done(void);

#endif
