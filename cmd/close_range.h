/* SPDX-License-Identifier: ISC */
/*
 * close_range.h - closes many descriptors at once, on kernels without
 * close_range(2) or its flag as well.  It changes no memory but its own stack
 * frames, so that a child of vfork(2) can call it.
 */
#ifndef TCPU_CLOSE_RANGE_H
#define TCPU_CLOSE_RANGE_H

/* Closes the descriptors from FIRST to LAST. */
void close_descriptors(int first, int last);

/* Lets the descriptors from FIRST on be closed when a program is executed. */
void close_on_exec(int first);

#endif
