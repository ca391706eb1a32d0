/* SPDX-License-Identifier: ISC */
/*
 * command.h - the entry of a command in the table of commands.
 */
#ifndef TCPU_COMMAND_H
#define TCPU_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"
#include "run.h"

/* One per file, and a line in the table of tcpu.c. */
struct command {
	const char *name;
	const char *operands; /* for the usage: "[HOST] PORT" */
	const char *summary;  /* one line */
	const struct option_set *options;
	const char *const *commonest; /* which of them --help explains */
	const char *examples;         /* lines, indented by two spaces */
	bool runs_command;            /* takes "-- COMMAND" */
	bool port_alone;              /* PORT without HOST is enough */
	const void *defaults; /* a struct that begins with common_options */
	size_t size;          /* of that struct */

	/* OPTIONS is a copy of the defaults with the command line's values.
	 * Returns an exit status. */
	int (*run)(const struct run *run, const void *options,
	    const struct operands *operands);

	/* NULL, or runs before the library is used.  Returns STATUS_GO_ON, or
	 * an exit status. */
	int (*prepare)(const struct run *run, void *options,
	    const struct operands *operands);
	/* NULL, or frees what PREPARE has put into OPTIONS; called last, also
	 * if nothing else was. */
	void (*release)(const void *options);
};

extern const struct command listen_command;
extern const struct command connect_command;
extern const struct command accept_ready_command;
extern const struct command addresses_command;

#endif
