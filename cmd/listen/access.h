/* SPDX-License-Identifier: ISC */
/*
 * access.h - decides which peers are served, by rules (CIDR blocks) in the
 * order of the command line: the first rule that matches decides.
 */
#ifndef TCPU_ACCESS_H
#define TCPU_ACCESS_H

#include <netinet/in.h>
#include <stdbool.h>

#include "../options.h"

#define ACCESS_RULES 64

/* IPv4 networks are kept as IPv4-mapped IPv6 networks. */
struct access_rule {
	bool allow;
	struct in6_addr network;
	int bits;
};

struct access {
	int count;
	struct access_rule rules[ACCESS_RULES];
};

/* --allow and --deny add rules to one struct access, so their order counts. */
extern const struct option access_option_table[];

/* Adds a rule about the network TEXT.  Returns NULL; or an error, as an
 * option_reader does. */
const char *add_rule(const char *text, bool allow, struct access *access);

/* Whether the peer with this address, in the form of tcp_addresses, is served.
 * A peer that no rule matches is served unless there are --allow rules. */
bool is_admitted(const struct access *access, const char *address);

#endif
