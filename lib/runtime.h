/* SPDX-License-Identifier: ISC */
/*
 * What the library holds for one OS thread: the scheduler, the handles, the
 * scratch memory.  Made at the first call.  When the OS thread ends, another
 * one may get the handles' table.
 */
#ifndef TU_RUNTIME_H
#define TU_RUNTIME_H

#include <limits.h>
#include <stddef.h>

#include "handle.h"
#include "scheduler.h"
#include "tcpunit.h"
#include "wakeup.h"

/* The sizes of the buffers of a copy.  Tests run the suite with buffers of one
 * byte as well. */
#ifdef TCPUNIT_TINY
enum { TU_COPY_FIRST = 1, TU_COPY_BUFFER = 1 };
#else
enum {
	TU_COPY_FIRST = 16 * 1024, /* the first reads of a copy */
	TU_COPY_BUFFER = 256 * 1024
};
#endif

struct evbuffer;

struct tu_runtime {
	struct tu_scheduler scheduler;
	struct tu_handles handles;
	struct tu_wakeups wakeups; /* from other OS threads */
	void *plain;               /* connections over descriptors of others */
	struct evbuffer *scratch;  /* to read into; empty between calls */
	bool running;              /* there is a scheduler */
	struct tu_runtime *next;   /* of those that no OS thread has */
};

/* The running OS thread's; NULL with errno where it cannot be made. */
struct tu_runtime *tu_runtime(void);

/* Likewise, at the entrance of each call that may park, and of those that ask:
 * see tu_call. */
struct tu_runtime *tu_enter(void);
/* Of one that makes none to close what is closed. */
void tu_enter_closing(void);

/* Page-aligned memory to read N bytes into, for free(3).  NULL with errno. */
void *tu_buffer_new(size_t n);

/* The object of a handle.  NULL: the failure of call WHERE has been raised. */
void *tu_lookup(enum tu_kind kind, uint64_t bits, const char *where);

/* Whether it is the handle of something that is closed; nothing is raised. */
bool tu_closed(enum tu_kind kind, uint64_t bits);

/* Makes it the last error of the running thread, sets errno, returns -1. */
int tu_raise(enum tcp_error_kind kind, int code, const char *where,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Likewise, for a wait that was not ended by what it waited for. */
int tu_raise_wake(enum tu_wake woken, const char *where, const char *what);

/* 0, or -1 raised, for memory that cannot be N bytes. */
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

/* Adds to the error just raised; DETAILS is malloc'd and taken over. */
void tu_error_attach(tcp_port port, size_t transferred);
void tu_error_detail(char *details);

#endif
