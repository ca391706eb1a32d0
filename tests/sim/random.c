/* SPDX-License-Identifier: ISC */
/*
 * SplitMix64: small, and good enough to draw events from.
 */
#include "random.h"

static uint64_t state;

void
sim_random_start(uint64_t seed)
{
	state = sim_mix(seed);
}

uint64_t
sim_random(void)
{
	state += UINT64_C(0x9e3779b97f4a7c15);
	return sim_mix(state);
}

unsigned
sim_below(unsigned n)
{
	return n ? (unsigned)((sim_random() >> 32) * n >> 32) : 0;
}

int64_t
sim_between(int64_t from, int64_t to)
{
	return from + (int64_t)(sim_random() % (uint64_t)(to - from + 1));
}

bool
sim_chance(unsigned n)
{
	return n > 0 && sim_below(10000) < n;
}

uint64_t
sim_mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}
