/* SPDX-License-Identifier: ISC */
/*
 * How a run is going: what was wrong, if anything, and a record of all that
 * happened, as a number and, where wanted, in words.
 */
#ifndef SIM_VERDICT_H
#define SIM_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

/* The run has failed: says why and ends the process. */
void sim_fail(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

/* Notes what happened. */
void sim_note(const char *what, long fd, long result);
void sim_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

void sim_verdict_start(uint64_t seed, const char *program, bool aloud);
uint64_t sim_trace(void);
uint64_t sim_steps(void);

#endif
