/* SPDX-License-Identifier: ISC */
/*
 * proxies.h - listen --accept-proxy: which peers are proxies, whose connections
 * begin with a header of the PROXY protocol.  Anybody else could forge one.
 */
#ifndef TCPU_PROXIES_H
#define TCPU_PROXIES_H

#include <stdbool.h>

#include "../listing.h"
#include "../options.h"
#include "access.h"

struct proxies {
	bool given; /* every connection begins with a header */
	bool named; /* networks were given; else those of this machine count */
	struct access networks;
};

extern const struct option proxies_option_table[];

/* Whether this peer is a proxy.  A Unix socket has no networks: without them,
 * each of its peers is one. */
bool is_proxy(const struct proxies *proxies, const struct end *peer);

#endif
