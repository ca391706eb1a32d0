/* SPDX-License-Identifier: ISC */
/*
 * Runs: each seed in a process of its own, several at a time.
 */
#ifndef SIM_RUNNER_H
#define SIM_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "program.h"

enum { SIM_MAX_JOBS = 64 };

/* How many at a time, whether each step is told, and whether to stop at the
 * first that fails. */
void sim_runner_start(int jobs, bool aloud, bool stop);

/* PROGRAM may be NULL: then the seed draws it. */
void sim_run(uint64_t first, uint64_t last, const struct sim_program *program);

/* Says how it went; the status of the process. */
int sim_runner_end(void);

/* A run has gone well, and its process ends. */
_Noreturn void sim_run_done(void);

#endif
