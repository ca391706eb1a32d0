/* SPDX-License-Identifier: ISC */
/*
 * Names to addresses, without stopping another thread.
 */
#ifndef TU_RESOLVE_H
#define TU_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "runtime.h"

enum { TU_MAX_ADDRESSES = 64 };

struct tu_query {
	const char *host;    /* brackets around it are left out */
	const char *service; /* a name; NULL: the port is */
	int port;
	int family;   /* 0, 4, 6 */
	bool numeric; /* no look-ups */
};

/*
 * The addresses of a host in the resolver's order, each once and with the
 * port, at most TU_MAX_ADDRESSES: how many, at least 1; or -1,
 * raised for WHERE with the text WHAT.  Parks under the limit of
 * the running call, unless all is numeric.
 */
int tu_resolve(struct tu_runtime *rt, const struct tu_query *query,
    const char *where, const char *what,
    union tu_address addresses[TU_MAX_ADDRESSES]);

#endif
