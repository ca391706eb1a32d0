/* SPDX-License-Identifier: ISC */
/*
 * The simulated time, in nanoseconds, and what is going to happen at which
 * time. Time passes while a call or a thread spends it, and jumps when
 * everybody waits.
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_NEVER INT64_MAX
#define SIM_MS INT64_C(1000000)
#define SIM_S (1000 * SIM_MS)

void sim_clock_start(void);
int64_t sim_now(void);

/* Called when a program or the library asks for the exact time. */
extern void (*sim_clock_asked)(void);

/* Since the start. */
int64_t sim_elapsed(void);

/* Calls f(arg) at time WHEN; those of one time in the order of these calls. */
void sim_at(int64_t when, void (*f)(void *), void *arg);

/* Lets NS pass, with all that happens meanwhile. */
void sim_spend(int64_t ns);

/* Called by an event: the process never goes on, and the event lets time pass
 * in its place. */
void sim_stop_process(void);

/* When something happens next. */
int64_t sim_next(void);

/* To the time WHEN, not before now, likewise. */
void sim_jump(int64_t when);

#endif
