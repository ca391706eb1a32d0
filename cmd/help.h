/* SPDX-License-Identifier: ISC */
/*
 * help.h - the texts of --help, made from the tables of commands and options.
 */
#ifndef TCPU_HELP_H
#define TCPU_HELP_H

#include <stdbool.h>

#include "command.h"
#include "text.h"

/* Prints all commands, one line each, and their common options.  The table ends
 * with NULL. */
void add_usage(struct text *to, const struct command *const commands[]);

/* Explains one command: its commonest options, with the names of the others; or
 * all options. */
void add_help(struct text *to, const struct command *command, bool all);

#endif
