/* SPDX-License-Identifier: ISC */
/*
 * lookup.h - the addresses of a host, for a command that connects to none of
 * them.
 */
#ifndef TCPU_LOOKUP_H
#define TCPU_LOOKUP_H

#include <stddef.h>

#include "kernel/socket_address.h"
#include "target.h"
#include "waiting.h"

/* The addresses of a host that belong to this machine. */
struct own_addresses {
	union socket_address *list; /* NULL: any */
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
