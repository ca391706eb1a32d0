/* SPDX-License-Identifier: ISC */
/*
 * mistake.h - recognizes common mistakes on the command line and suggests the
 * right words: a space instead of "=", a COMMAND without "--", the letters of a
 * netcat, a target without a command.
 */
#ifndef TCPU_MISTAKE_H
#define TCPU_MISTAKE_H

#include "command.h"
#include "run.h"

/* Looks for words in the wrong place.  For connect, the words after a first
 * "--" may become its operands.  Returns STATUS_GO_ON; or STATUS_USAGE, having
 * said why. */
int check_words(const struct run *run, const struct command *command,
    struct operands *operands);

/* Both return STATUS_USAGE, having said what is wrong and what was meant.  The
 * table of commands ends with NULL. */
int bad_command(const struct run *run, const struct command *const commands[],
    char **words);
int bad_option(const struct run *run, const struct command *const commands[],
    const char *sentence, const char *meant);

#endif
