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

/* The object of a handle; NULL, with an error raised. */
void *tu_lookup(enum tu_kind kind, uint64_t bits);

/* Likewise, faster.  RT may be NULL, if there is no runtime. */
static inline void *
tu_find(struct tu_runtime *rt, enum tu_kind kind, uint64_t bits)
{
	void *object = NULL;

	if (rt != NULL)
		object = tu_handle_find(&rt->handles, kind, bits);
	return object != NULL ? object : tu_lookup(kind, bits);
}

/* The handle of a new object, which is malloc'd, or NULL if there was no memory
 * for it.  0: it has been freed, and an error raised.  DROP is as in
 * tu_handle_make. */
uint64_t tu_object_register(struct tu_runtime *rt, enum tu_kind kind,
    void *object, void (*drop)(void *));

/*
 * Raises an error of the running call: it becomes the last one of the running
 * thread.  The text is "CALL OBJECT: reason"; OBJECT may be NULL.  Sets errno
 * and returns -1.
 */
int tu_raise(enum tcp_error_kind kind, int code, const char *object);

/* Likewise; the text ends with REASON, if that is not NULL. */
int tu_raise_reason(
    enum tcp_error_kind kind, int code, const char *object, const char *reason);

/* Likewise, for a wait that ended with WOKEN instead of the event. */
int tu_raise_wake(enum tu_wake woken, const char *object);

/* Likewise, for wrong arguments.  The text is "CALL: FAULT", of which the first
 * formats the fault, and with an object "CALL OBJECT: FAULT". */
int tu_refuse(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int tu_refuse_object(int code, const char *object, const char *fault);

/* 0; or -1, with an error raised, if there can be no memory of N bytes. */
int tu_refuse_memory(size_t n);
static inline int
tu_check_memory(const void *memory, size_t n)
{
	if ((memory != NULL || n == 0) && n <= SSIZE_MAX)
		return 0;
	return tu_refuse_memory(n);
}

/* Likewise, for a time limit below -1. */
int tu_check_time(int ms);

/* Complete the error that was just raised.  tu_error_name replaces the name of
 * the call, but not in the text.  DETAILS is malloc'd and is taken over. */
void tu_error_name(const char *call);
void tu_error_attach(tcp_port port, size_t transferred);
void tu_error_detail(char *details);

#endif
