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

/* Why the last tu_runtime gave NULL; NULL if it did not. */
const struct tcp_error *tu_runtime_error(void);

/* The running green thread, or NULL if there is no runtime. */
struct tu_thread *tu_running(void);

/* As tu_runtime, at the entrance of each call that may park, and of those that
 * ask: see tu_call. */
struct tu_runtime *tu_enter(void);
/* Of one that makes none to close what is closed. */
void tu_enter_closing(void);

/* The object of a handle, or NULL: tu_lookup knows why. */
void *tu_object(enum tu_kind kind, uint64_t bits);

/* Page-aligned memory to read N bytes into, for free(3).  NULL with errno. */
void *tu_buffer_new(size_t n);

/* Whether it is the handle of something that is closed; nothing is raised. */
bool tu_closed(enum tu_kind kind, uint64_t bits);

#endif
