/* SPDX-License-Identifier: ISC */
/*
 * lane_options.h - the options that make a session's network a bad one.
 */
#ifndef TCPU_LANE_OPTIONS_H
#define TCPU_LANE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "../options.h"

/* Of one direction. */
struct lane_options {
	bool given;    /* any of them */
	int delay;     /* ms */
	int jitter;    /* ms that the delay may be shorter or longer */
	int64_t rate;  /* bytes per second; 0 no limit */
	int64_t slice; /* the most bytes of a write; 0 no limit */
	int pause;     /* ms between two writes */
	bool cuts;     /* the session ends after */
	int64_t cut;   /* so many bytes */
};

struct lanes_options {
	struct lane_options in; /* from the peer */
	struct lane_options out;
};

extern const struct option lane_option_table[];

#endif
