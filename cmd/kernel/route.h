/* SPDX-License-Identifier: ISC */
/*
 * route.h - asks whether the kernel would deliver packets for an address on
 * this machine.
 */
#ifndef TCPU_ROUTE_H
#define TCPU_ROUTE_H

#include "socket_address.h"

/*
 * Whether the address belongs to this machine: 1, 0, or -1 with errno.
 * Wildcard addresses do.  Needs no privilege, and sends nothing to the network.
 */
int is_own_address(const union tcp_address *address);

/* Whether it is an IPv6 address and this machine has no IPv6, not even ::1. */
bool lacks_family(const union tcp_address *address);

#endif
