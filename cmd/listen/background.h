/* SPDX-License-Identifier: ISC */
/*
 * background.h - two processes out of one: the launcher waits until the other
 * is ready, says what that has to say and exits; the other is a session of its
 * own that holds on to nothing of its launcher's.
 */
#ifndef TCPU_BACKGROUND_H
#define TCPU_BACKGROUND_H

#include <stdbool.h>

#include "../run.h"

/*
 * Forks.  In the child returns -1 and stores the pipe to the launcher; of the
 * other descriptors above 2 only KEEP stays open, and stdin is empty with
 * SERVES or where it is a terminal.  In the launcher returns the status to end
 * with.
 */
int go_to_background(
    const struct run *run, int keep, bool serves, int *launcher);

/* Hands the launcher its text and lets it go, and the stdout and stderr that
 * somebody may be reading to the end: stderr where it is a pipe, stdout unless
 * it is a file or a terminal.  Returns 0, or the status to end with. */
int leave_launcher(const struct run *run, int launcher, const char *text);

#endif
