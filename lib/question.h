/* SPDX-License-Identifier: ISC */
/*
 * Asking the system's resolver for the addresses of a name, on another OS
 * thread.  The question goes to getaddrinfo(3), so that nsswitch.conf is
 * followed.  Threads that ask for the same name at the same time share one
 * question.  If no thread waits for it any more, it is not asked, or its answer
 * is dropped.
 */
#ifndef TU_QUESTION_H
#define TU_QUESTION_H

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "runtime.h"

struct tu_query {
	const char *host;    /* without brackets */
	const char *service; /* a name; NULL: use the port */
	int port;
	int family;   /* 0, 4, 6 */
	bool numeric; /* no look-ups */
};

/* Calls getaddrinfo(3) with FLAGS and returns its code.  For EAI_SYSTEM errno
 * is set.  That is also the code if no descriptor is left, which getaddrinfo(3)
 * reports as an unknown name. */
int tu_query_run(
    const struct tu_query *query, int flags, struct addrinfo **found);

/* Raises CODE, with errno SYSTEM. */
int tu_query_raise(int code, int system, const char *what);

/*
 * Stores the addresses of a name, as tu_address_take does.  Returns their
 * number, which may be 0; or -1, with an error raised about WHAT.  Parks under
 * the limit of the running call.
 */
int tu_ask(struct tu_runtime *rt, const struct tu_query *query,
    const char *what, union tcp_address addresses[TU_MAX_ADDRESSES]);

#endif
