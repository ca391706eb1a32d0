/* SPDX-License-Identifier: ISC */
#include "proxies.h"

#include <stddef.h>

static option_reader read_proxies;

_Static_assert(sizeof(struct proxies) <= OPTIONAL_VALUE_SIZE,
    "the trial of an optional argument needs room");

const struct option proxies_option_table[] = {
    {"accept-proxy", 0, "[=CIDR]", read_proxies, 0,
	"expect a PROXY header from all clients; "
	"only those of this network, or of loopback, may send one"},
    {0},
};

static const char *
read_proxies(const char *text, void *value)
{
	struct proxies *proxies = value;
	const char *wrong = NULL;

	proxies->given = true;
	if (text) {
		proxies->named = true;
		return add_rule(text, true, &proxies->networks);
	}
	wrong = add_rule("127.0.0.0/8", true, &proxies->networks);
	return wrong ? wrong : add_rule("::1", true, &proxies->networks);
}

bool
is_proxy(const struct proxies *proxies, const struct end *peer)
{
	return peer->is_unix ? !proxies->named
			     : is_admitted(&proxies->networks, peer->ip);
}
