/* SPDX-License-Identifier: ISC */
/*
 * named_files.h - the files that options name: tcpu must not write one that
 * another option writes or reads.
 */
#ifndef TCPU_NAMED_FILES_H
#define TCPU_NAMED_FILES_H

#include <stdbool.h>

#include "run.h"

struct named_file {
	const char *option;
	const char *name; /* NULL: the option was not given */
	bool written;
};

/* LIST ends with a null option.  Returns STATUS_GO_ON; or STATUS_USAGE, having
 * said which two are one file. */
int check_named_files(const struct run *run, const struct named_file *list);

#endif
