/* SPDX-License-Identifier: ISC */
/*
 * The result of a run: the first failure, if any, and a record of all events,
 * as a number and, with -v, in words.
 */
#ifndef SIM_VERDICT_H
#define SIM_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

/* Fails the run: prints the reason and ends the process. */
void sim_fail(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

/* Records an event. */
void sim_note(const char *what, long fd, long result);
void sim_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

void sim_verdict_start(uint64_t seed, const char *program, bool aloud);
uint64_t sim_trace(void);
uint64_t sim_steps(void);

#endif
