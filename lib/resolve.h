/* SPDX-License-Identifier: ISC */
/*
 * Names to addresses, without stopping another thread.
 */
#ifndef TU_RESOLVE_H
#define TU_RESOLVE_H

#include <stdint.h>

#include "address.h"
#include "question.h"
#include "runtime.h"

/*
 * The addresses of a host in the resolver's order, each once and with the port,
 * at most TU_MAX_ADDRESSES: how many, at least 1; or -1, raised for WHERE with
 * the text WHAT.  Parks under the limit of the running call, but not for an
 * address in digits.
 */
int tu_resolve(struct tu_runtime *rt, const struct tu_query *query,
    const char *where, const char *what,
    union tcp_address addresses[TU_MAX_ADDRESSES]);

#endif
