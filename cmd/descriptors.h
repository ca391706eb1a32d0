/* SPDX-License-Identifier: ISC */
/*
 * descriptors.h - the descriptors that we were started with: 0 to 2, which stay
 * what they are for, and the one of --ready-fd.
 */
#ifndef TCPU_DESCRIPTORS_H
#define TCPU_DESCRIPTORS_H

#include <stdbool.h>

#include "run.h"

/*
 * A descriptor of ours must not become somebody's stdin.  What is closed stays
 * useless: stdin is empty, and writing to stdout fails.
 */
void open_standard_descriptors(void);

void replace_by_null(int fd);

bool share_a_pipe(int a, int b);

/* For those who wait for an end of file; release_stdout releases a stderr that
 * is the same pipe, too.  What is written there from now on is lost. */
void release_stderr(const struct run *run);
void release_stdout(const struct run *run);

/* Where nobody waits for an end of file: a regular file, /dev/null. */
bool is_file(int fd);

/*
 * --output: opens file NAME, which is created or emptied, and is -1 where NAME
 * is NULL.  Returns STATUS_GO_ON, or the status to end with, having said why.
 */
int open_output(const struct run *run, const char *name, int *fd);

/* Makes FD, which is closed, stdout; nothing where it is -1. */
void become_stdout(int fd);

/* --ready-fd: sees that it is open, or -1; and writes to it and closes it. Both
 * return 0, or the status to end with, having said why. */
int check_ready_fd(const struct run *run, int fd);
int tell_ready_fd(const struct run *run, int fd, const char *text);

#endif
