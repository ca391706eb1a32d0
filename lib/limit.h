/* SPDX-License-Identifier: ISC */
/*
 * What a thread may do before others run, and what a call may do before it
 * times out.  A limit is for waiting: what came in time is taken, however late
 * the thread runs.  So once a limit has run out, its call goes on until it
 * would have to wait, but no longer than a turn.
 */
#ifndef TU_LIMIT_H
#define TU_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tu_turn {
	unsigned calls; /* in sixteenths of a system call */
	size_t bytes;
};

struct tu_limit {
	int64_t deadline;
	int ms;
	bool each;           /* each system call that moves bytes begins it */
	bool late;           /* it has run out */
	struct tu_turn turn; /* since then */
};

#endif
