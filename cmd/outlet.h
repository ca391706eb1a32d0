/* SPDX-License-Identifier: ISC */
/*
 * outlet.h - writing to a descriptor that other processes share, whatever it
 * is, without ever waiting for whoever reads it.
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
 * Writes what the descriptor takes at once.  Returns how much that was, or -1
 * and errno: EAGAIN where it takes nothing now, EPIPE without a signal.
 */
ssize_t outlet_write(struct outlet *o, const char *text, size_t n);

/* Gives back what outlet_write needed; FD stays open. */
void outlet_release(struct outlet *o);

#endif
