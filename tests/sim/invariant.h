/* SPDX-License-Identifier: ISC */
/*
 * What has to hold at each step of a run, whatever the program, the weather,
 * and the order of events.
 */
#ifndef SIM_INVARIANT_H
#define SIM_INVARIANT_H

#include "task.h"

/* Before there is any weather. */
void sim_invariants_start(void);

/* Around a call of the library by the running task, which fills in what it
 * waits for. */
void sim_call_begin(struct sim_call *c, const char *name, int ms);
void sim_call_end(struct sim_call *c, bool failed);

/* Returns from calls, and changes of the running thread between them. */
uint64_t sim_step(void);
uint64_t sim_turn(void);
void sim_step_taken(void);

/* At the end of a run. */
void sim_check_end(void);

#endif
