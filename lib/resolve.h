/* SPDX-License-Identifier: ISC */
/*
 * Hosts to addresses: an address in digits at once, a name by a look-up that
 * stops no other thread.
 */
#ifndef TU_RESOLVE_H
#define TU_RESOLVE_H

#include <stdint.h>

#include "address.h"
#include "question.h"
#include "runtime.h"

/*
 * Stores the addresses of a host, in the resolver's order, each once and with
 * the port, at most TU_MAX_ADDRESSES.  Returns their number, at least 1; or -1,
 * with an error raised about WHAT.  Parks under the limit of the running call,
 * but not for an address in digits.
 */
int tu_resolve(struct tu_runtime *rt, const struct tu_query *query,
    const char *what, union tcp_address addresses[TU_MAX_ADDRESSES]);

#endif
