/* SPDX-License-Identifier: ISC */
/*
 * Promises of the library that it is known not to keep yet: 0 turns their
 * checks off.
 */
#ifndef SIM_PROMISE_H
#define SIM_PROMISE_H

enum {
	SIM_FAIR = 0,    /* every return from a call counts as a turn */
	SIM_IN_TIME = 0, /* what came in time is no time-out */
	SIM_COPIES = 0,  /* each wait of a copy has its limit */
	SIM_STALE = 0,   /* handles are stale after tcp_shutdown, too */
	SIM_LOOKUPS = 0, /* at most 8 OS threads */
	SIM_WHOLE = 0,   /* a reset cuts no line or string */
	SIM_ONCE = 0,    /* a termination is told once */
};

#endif
