/* SPDX-License-Identifier: ISC */
/*
 * deny.h - makes system calls fail, as they do on a kernel or in a container
 * that lacks them.
 */
#ifndef DENY_H
#define DENY_H

#include <stdbool.h>

/* From now on the system call CALL fails with the errno CODE, in this
 * process and in the processes that it starts. */
bool deny(int call, int code);

/* Makes CALL fail only if the low half of its argument INDEX is VALUE. */
bool deny_argument(int call, unsigned index, unsigned value, int code);

/* Makes CALL fail only if the low half of its argument INDEX has any bit of
 * FLAG. */
bool deny_flag(int call, unsigned index, unsigned flag, int code);

#endif
