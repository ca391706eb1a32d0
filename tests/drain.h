/* SPDX-License-Identifier: ISC */
/*
 * drain.h - bytes from which a test can tell their position in a stream, in any
 * number: the test makes them in memory, and an OS thread reads and checks them
 * from a descriptor until end of file.
 */
#ifndef DRAIN_H
#define DRAIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Returns the N numbered bytes from position AT on, to be freed with
 * free(3). */
char *numbered(size_t at, size_t n);

/* Whether BUF holds the N numbered bytes from position AT on. */
bool is_numbered(const char *buf, size_t at, size_t n);

/* Opens a nameless file for reading and writing. */
int temporary_file(void);

struct drain {
	pthread_t thread;
	int fd;
	size_t piece;
	size_t n;   /* bytes read so far */
	bool right; /* all of them were the numbered ones */
	int error;  /* errno of the last read, 0 at end of file */
};

/* drain_start reads FD until end of file in an OS thread.  drain_start_by
 * does the same, at most PIECE bytes at a time (0: many).  drain_join waits
 * until that thread has ended. */
void drain_start(struct drain *d, int fd);
void drain_start_by(struct drain *d, int fd, size_t piece);
void drain_join(struct drain *d);

#endif
