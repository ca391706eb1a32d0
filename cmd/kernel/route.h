/* SPDX-License-Identifier: ISC */
/*
 * route.h - where the kernel would send a packet for an address: whether that
 * is this machine itself.
 */
#ifndef TCPU_ROUTE_H
#define TCPU_ROUTE_H

#include "socket_address.h"

/*
 * Whether the address belongs to this machine: 1, 0, or -1 with errno.  The
 * wildcard addresses do.  Needs no privilege; nothing is sent to the network.
 */
int is_own_address(const union tcp_address *address);

/* Whether it is an IPv6 address, and this machine has not even ::1. */
bool lacks_family(const union tcp_address *address);

#endif
