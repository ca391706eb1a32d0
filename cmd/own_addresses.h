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
 * Looks HOST up, within the limit of W, as the common options say (family,
 * numeric).  A host without an address of this machine is a usage error; with
 * ALL, so is one that has others, too, but for IPv6 ones where there is no
 * IPv6.  Returns 0, and the list is the caller's to free; or the status to end
 * with, having said why.
 */
int look_up_own(struct waiting *w, const struct target *target, bool all,
    struct own_addresses *own);

#endif
