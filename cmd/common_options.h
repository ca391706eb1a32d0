/* SPDX-License-Identifier: ISC */
/*
 * common_options.h - the options that every command has.
 */
#ifndef TCPU_COMMON_OPTIONS_H
#define TCPU_COMMON_OPTIONS_H

#include <stdbool.h>

#include "options.h"

/* The first member of every command's options. */
struct common_options {
	int family; /* 0 either, 4, 6 */
	bool numeric;
	bool quiet;
	bool verbose;
	int timeout; /* ms; -1 none */
	enum help { HELP_NONE, HELP_SHORT, HELP_ALL } help;
};

extern const struct option common_option_table[];
#define COMMON_DEFAULTS       \
	{                     \
		.timeout = -1 \
	}

#endif
