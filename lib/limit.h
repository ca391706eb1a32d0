/* SPDX-License-Identifier: ISC */
/*
 * Turns and time limits: how much a thread may do before others run, and how
 * much a call may do before it times out.  A limit bounds waiting: bytes that
 * came in time are taken, however late the thread runs.  So once its limit has
 * run out, a call goes on until it would have to wait, but no longer than a
 * turn.  The clock is read only when a wait or a turn ends, so that a call
 * which never waits does not pay for it.
 */
#ifndef TU_LIMIT_H
#define TU_LIMIT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A call that needs no system call counts as a sixteenth of one. */
enum {
	TU_SYSTEM_CALL = 16,
	TU_TURN = 16 * TU_SYSTEM_CALL,
};

struct tu_turn {
	unsigned calls; /* in sixteenths of a system call; or TU_TURN_OVER */
	size_t bytes;
};

#define TU_TURN_OVER (UINT_MAX / 2) /* after too many bytes */

struct tu_limit {
	int64_t deadline;
	int ms;
	bool each;           /* each system call that moves bytes restarts it */
	bool late;           /* it has run out */
	struct tu_turn turn; /* since it ran out */
};

#endif
