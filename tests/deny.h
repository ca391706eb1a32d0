/* SPDX-License-Identifier: ISC */
/*
 * deny.h - lets system calls fail, as on a kernel or in a container that does
 * not have them.
 */
#ifndef DENY_H
#define DENY_H

#include <stdbool.h>

/* From now on the system call fails with CODE in this process, and in those
 * that it starts. */
bool deny(int call, int code);

/* The same if the low half of its argument INDEX is VALUE. */
bool deny_argument(int call, unsigned index, unsigned value, int code);

/* The same if any bit of FLAG is in that half. */
bool deny_flag(int call, unsigned index, unsigned flag, int code);

#endif
