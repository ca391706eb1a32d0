/* SPDX-License-Identifier: ISC */
/*
 * access.h - which peers are served: rules in the order of the command line,
 * of which the first that matches decides.
 */
#ifndef TCPU_ACCESS_H
#define TCPU_ACCESS_H

#include <netinet/in.h>
#include <stdbool.h>

#include "../options.h"

#define ACCESS_RULES 64

/* An IPv4 network is kept as an IPv4-mapped one. */
struct access_rule {
	bool allow;
	struct in6_addr network;
	int bits;
};

struct access {
	int count;
	struct access_rule rules[ACCESS_RULES];
};

/* --allow and --deny: both for the same struct access. */
extern const struct option access_option_table[];

/* Whether the peer with this address, as tcp_addresses tells it, is served.
 * One that no rule matches is, unless there are rules that allow. */
bool is_admitted(const struct access *access, const char *address);

#endif
