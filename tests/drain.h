/* SPDX-License-Identifier: ISC */
/*
 * drain.h - bytes that tell where they stand, in any amount: made in memory,
 * and taken from a descriptor by an OS thread of its own until it ends.
 */
#ifndef DRAIN_H
#define DRAIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* N bytes from position AT on; free(3) them. */
char *numbered(size_t at, size_t n);

/* Whether BUF is that. */
bool is_numbered(const char *buf, size_t at, size_t n);

/* A file without a name, for reading and writing. */
int temporary_file(void);

struct drain {
	pthread_t thread;
	int fd;
	size_t piece;
	size_t n;   /* bytes so far */
	bool right; /* all of them as numbered */
	int error;  /* errno of the last read, 0 at end of file */
};

/* Reads FD until its end, in the background, at most PIECE bytes at a time, 0
 * being many; waits for that. */
void drain_start(struct drain *d, int fd);
void drain_start_by(struct drain *d, int fd, size_t piece);
void drain_join(struct drain *d);

#endif
