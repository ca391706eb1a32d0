/* SPDX-License-Identifier: ISC */
/*
 * Conditions: each is a queue of threads and nothing more, so that a signal to
 * an empty one is lost.
 */
#ifndef TU_CONDITION_H
#define TU_CONDITION_H

#include "waiter.h"

struct tu_condition {
	struct tu_waiters waiters;
};

#endif
