/* SPDX-License-Identifier: ISC */
/*
 * own_addresses.h - the addresses of a host that belong to this machine.
 */
#ifndef TCPU_OWN_ADDRESSES_H
#define TCPU_OWN_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <tcpunit.h>

#include "target.h"
#include "waiting.h"

/* The addresses of a host that belong to this machine. */
struct own_addresses {
	union tcp_address *list; /* NULL: any */
	size_t count;
};

/*
 * Looks HOST up, within the limit of W, with the family and numeric options.  A
 * host without an address of this machine is a usage error.  With ALL, so is a
 * host that also has other addresses, except IPv6 ones if this machine has no
 * IPv6.  Returns 0, and the caller frees the list; or the status to end with,
 * having said why.
 */
int look_up_own(struct waiting *w, const struct target *target, bool all,
    struct own_addresses *own);

#endif
