/* SPDX-License-Identifier: ISC */
/*
 * The only source of chance: the seed determines every random choice of a run.
 */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

void sim_random_start(uint64_t seed);
uint64_t sim_random(void);

/* Returns 0 to N - 1. */
unsigned sim_below(unsigned n);

/* Returns FROM to TO, both included. */
int64_t sim_between(int64_t from, int64_t to);

/* Returns true N times in 10,000. */
bool sim_chance(unsigned n);

/* A fixed hash function, for contents and for comparing runs. */
uint64_t sim_mix(uint64_t x);

#endif
