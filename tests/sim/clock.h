/* SPDX-License-Identifier: ISC */
/*
 * The simulated time, in nanoseconds, and the agenda: the events to come, each
 * with its time.  Time passes when a call or a thread spends it, and jumps when
 * all threads wait.
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

/* Returns the nanoseconds since the start of the run. */
int64_t sim_elapsed(void);

/* Calls f(arg) at time WHEN.  Events of the same time happen in the order in
 * which they were added. */
void sim_at(int64_t when, void (*f)(void *), void *arg);

/* Lets NS nanoseconds pass; the events of that time happen. */
void sim_spend(int64_t ns);

/* An event calls this for a process that never calls the system again: the
 * event lets time pass in its place. */
void sim_stop_process(void);

/* Returns the time of the next event. */
int64_t sim_next(void);

/* Lets time pass until WHEN, which is not before now; the events until then
 * happen. */
void sim_jump(int64_t when);

#endif
