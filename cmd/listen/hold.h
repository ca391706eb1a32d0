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
 * Becomes the program WORDS, which lies at PATH, with the sockets of L as
 * descriptors 3 and up, and the variables that tell of them.  Returns the
 * status to end with, having said why.
 */
int hold(const struct run *run, tcp_listener l, const char *path,
    char *const *words);

#endif
