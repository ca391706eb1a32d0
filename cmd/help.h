/* SPDX-License-Identifier: ISC */
/*
 * help.h - the texts of --help, made from the tables of commands and options.
 */
#ifndef TCPU_HELP_H
#define TCPU_HELP_H

#include <stdio.h>

#include "tcpu.h"

/* All commands, a line each; the table ends with NULL. */
void print_usage(FILE *to, const struct command *const commands[]);

/* One command with its options. */
void print_help(FILE *to, const struct command *command);

#endif
