/* SPDX-License-Identifier: ISC */
/*
 * The one source of chance: everything that a run decides comes from the seed.
 */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

void sim_random_start(uint64_t seed);
uint64_t sim_random(void);

/* 0 to N - 1. */
unsigned sim_below(unsigned n);

/* FROM to TO, both included. */
int64_t sim_between(int64_t from, int64_t to);

/* True N times in 10,000. */
bool sim_chance(unsigned n);

/* A fixed function, for contents and for comparing runs. */
uint64_t sim_mix(uint64_t x);

#endif
