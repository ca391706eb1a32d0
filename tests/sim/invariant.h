/* SPDX-License-Identifier: ISC */
/*
 * The conditions that hold at each step of a run, whatever the program, the
 * weather, and the order of events.
 */
#ifndef SIM_INVARIANT_H
#define SIM_INVARIANT_H

#include "task.h"

/* To be called before there is any weather. */
void sim_invariants_start(void);

/* Enclose a call of the library by the running task, which fills in what the
 * call waits for. */
void sim_call_begin(struct sim_call *c, const char *name, int ms);
void sim_call_end(struct sim_call *c, bool failed);

/* Counts the returns from calls, and the changes of the running thread between
 * them. */
uint64_t sim_step(void);
uint64_t sim_turn(void);
void sim_step_taken(void);

/* The library keeps one more descriptor for ever. */
void sim_keep_file(void);

/* To be called at the end of a run. */
void sim_check_end(void);

#endif
