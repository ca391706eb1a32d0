/* SPDX-License-Identifier: ISC */
/*
 * background.h - listen --background: a launcher, which the caller waits for,
 * and its child, which listens.
 */
#ifndef TCPU_BACKGROUND_H
#define TCPU_BACKGROUND_H

#include <stdbool.h>

#include "../run.h"

/*
 * Forks, before the library is first called.  In the child returns STATUS_GO_ON
 * and stores the pipe to the launcher; of the other descriptors above 2 only
 * KEEP stays open, and stdin is empty with SERVES or if it is a terminal.  In
 * the launcher returns the status to end with.
 */
int go_to_background(
    const struct run *run, int keep, bool serves, int *launcher);

/* Gives the launcher its text and lets it end.  Also closes stderr if it is a
 * pipe, and stdout unless it is a file or a terminal, as the caller may read
 * them to their end.  Returns STATUS_GO_ON, or the status to end with. */
int leave_launcher(const struct run *run, int launcher, const char *text);

#endif
