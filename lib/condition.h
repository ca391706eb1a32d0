/* SPDX-License-Identifier: ISC */
/*
 * Conditions: each is a queue of threads, and a signal to an empty one is lost.
 * Such signals are counted, for a thread that waits for other sources as well:
 * it leaves the queue whenever it has to look at these again.
 */
#ifndef TU_CONDITION_H
#define TU_CONDITION_H

#include "waiter.h"

struct tu_condition {
	struct tu_waiters waiters;
	unsigned unheard; /* signals */
};

#endif
