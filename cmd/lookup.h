/* SPDX-License-Identifier: ISC */
/*
 * lookup.h - the addresses of a host, for a command that connects to none of
 * them.
 */
#ifndef TCPU_LOOKUP_H
#define TCPU_LOOKUP_H

#include <netdb.h>

#include "waiting.h"

/*
 * Looks HOST up, within the limit of W, as the common options say (family,
 * numeric).  Returns 0, and LIST is given back with freeaddrinfo(3); or the
 * status to end with, having said why.
 */
int look_up(struct waiting *w, const char *host, struct addrinfo **list);

#endif
