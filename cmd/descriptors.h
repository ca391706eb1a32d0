/* SPDX-License-Identifier: ISC */
/*
 * descriptors.h - the descriptors that tcpu was started with: 0 to 2, which
 * keep their meaning, and the one of --ready-fd.
 */
#ifndef TCPU_DESCRIPTORS_H
#define TCPU_DESCRIPTORS_H

#include <stdbool.h>

#include "run.h"

/*
 * Opens those of descriptors 0 to 2 that are closed, so that no other file of
 * tcpu gets their numbers.  They stay useless: reading stdin finds no data, and
 * writing to stdout fails.  Returns STATUS_GO_ON; or STATUS_FAILED, having said
 * why: there is no /dev/null.
 */
int open_standard_descriptors(const struct run *run);

/* Checks that there is a /dev/null, which replace_by_null needs later.  Returns
 * as above. */
int check_null(const struct run *run);

void replace_by_null(int fd);

bool share_a_pipe(int a, int b);

/* Closes the descriptor for readers that wait for its end of file: later output
 * is lost.  release_stdout also releases stderr if it is the same pipe. */
void release_stderr(const struct run *run);
void release_stdout(const struct run *run);

/* Whether it is a regular file or a device: no reader waits for its end. */
bool is_file(int fd);

/*
 * --output: creates or empties the file NAME and opens it; stores -1 if NAME is
 * NULL.  Returns STATUS_GO_ON, or the status to end with, having said why.
 */
int open_output(const struct run *run, const char *name, int *fd);

/* Moves FD to stdout; does nothing if it is -1. */
void become_stdout(int fd);

/* --ready-fd: the first checks that FD is open, or -1, and is not stdout if USE
 * names what stdout is needed for; USE may be NULL.  The second writes to FD
 * and closes it.  Both return 0, or the status to end with, having said why. */
int check_ready_fd(const struct run *run, int fd, const char *use);
int tell_ready_fd(const struct run *run, int fd, const char *text);

#endif
