/* SPDX-License-Identifier: ISC */
/*
 * Failures of calls: each becomes the last error of the running green thread.
 */
#ifndef TU_ERROR_H
#define TU_ERROR_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "runtime.h"
#include "tcpunit.h"

/* The object of a handle.  NULL: the failure of call WHERE has been raised. */
void *tu_lookup(enum tu_kind kind, uint64_t bits, const char *where);

/* Raises an error: it becomes the last one of the running thread.  Sets errno
 * and returns -1. */
int tu_raise(enum tcp_error_kind kind, int code, const char *where,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Likewise, for a wait that ended with WOKEN instead of the event. */
int tu_raise_wake(enum tu_wake woken, const char *where, const char *what);

/* 0; or -1, with an error raised, if there can be no memory of N bytes. */
int tu_raise_memory(size_t n, const char *where);
static inline int
tu_check_memory(const void *memory, size_t n, const char *where)
{
	if ((memory != NULL || n == 0) && n <= SSIZE_MAX)
		return 0;
	return tu_raise_memory(n, where);
}

/* Likewise, for a time limit below -1. */
int tu_check_time(int ms, const char *where);

/* Complete the error that was just raised.  DETAILS is malloc'd and is taken
 * over. */
void tu_error_attach(tcp_port port, size_t transferred);
void tu_error_detail(char *details);

#endif
