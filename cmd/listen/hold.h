/* SPDX-License-Identifier: ISC */
/*
 * hold.h - hands the listening sockets to a COMMAND that takes tcpu's place, as
 * a service manager would.
 */
#ifndef TCPU_HOLD_H
#define TCPU_HOLD_H

#include <tcpunit.h>

#include "../run.h"

/*
 * Executes the program WORDS from the file PATH, with the sockets of L as
 * descriptors 3 and up, and with the variables that describe them.  Returns
 * only on failure: the status to end with, having said why.
 */
int hold(const struct run *run, tcp_listener l, const char *path,
    char *const *words);

#endif
