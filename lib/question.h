/* SPDX-License-Identifier: ISC */
/*
 * Asking the system's resolver for the addresses of a name, on another OS
 * thread.
 */
#ifndef TU_QUESTION_H
#define TU_QUESTION_H

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "runtime.h"

struct tu_query {
	const char *host;    /* brackets around it are left out */
	const char *service; /* a name; NULL: the port is */
	int port;
	int family;   /* 0, 4, 6 */
	bool numeric; /* no look-ups */
};

/* What getaddrinfo(3) returns, with FLAGS.  EAI_SYSTEM: with errno, and also if
 * no descriptor is left, which it takes for an unknown name. */
int tu_query_run(
    const struct tu_query *query, int flags, struct addrinfo **found);

/* Raises that, with errno SYSTEM. */
int tu_query_raise(int code, int system, const char *where, const char *what);

/*
 * The addresses of a name, stored as tu_address_take does: how many, which may
 * be 0; or -1, raised for WHERE with the text WHAT.  Parks under the limit of
 * the running call.
 */
int tu_ask(struct tu_runtime *rt, const struct tu_query *query,
    const char *where, const char *what,
    union tcp_address addresses[TU_MAX_ADDRESSES]);

#endif
