/* SPDX-License-Identifier: ISC */
/*
 * outlet.h - writes to a descriptor that other processes share, without ever
 * waiting for its reader.  O_NONBLOCK would change the descriptor for all of
 * those processes, so each kind of descriptor is written in its own way.
 */
#ifndef TCPU_OUTLET_H
#define TCPU_OUTLET_H

#include <stddef.h>
#include <sys/types.h>

struct outlet {
	int fd;
	int own; /* a description of this process alone; 0 none */
};

/*
 * Writes as much as the descriptor takes at once.  Returns the number of bytes;
 * or -1 and errno: EAGAIN if it takes nothing now, EPIPE without a signal.
 */
ssize_t outlet_write(struct outlet *o, const char *text, size_t n);

/* Frees the resources of outlet_write; FD stays open. */
void outlet_release(struct outlet *o);

#endif
