/* SPDX-License-Identifier: ISC */
#include "access.h"

#include <arpa/inet.h>
#include <string.h>

#include "../text.h"

/* The bits before the IPv4 address in an IPv4-mapped IPv6 address. */
#define MAPPED_BITS 96

static option_reader read_allow, read_deny;

const struct option access_option_table[] = {
    {"allow", 0, "CIDR", read_allow, 0,
	"serve clients in this network; the others are reset; the first rule "
	"that matches decides"},
    {"deny", 0, "CIDR", read_deny, 0, "do not serve clients in this network"},
    {0},
};

/* Returns the length of the address in bits, 32 or 128; or -1. */
static int
read_address(const char *text, struct in6_addr *address)
{
	char mapped[sizeof("::ffff:") + INET_ADDRSTRLEN];
	struct in_addr v4;

	if (inet_pton(AF_INET6, text, address) == 1)
		return 128;
	if (inet_pton(AF_INET, text, &v4) != 1)
		return -1;
	format_text(mapped, sizeof(mapped), "::ffff:%s", text);
	(void)inet_pton(AF_INET6, mapped, address); /* it is well-formed */
	return 32;
}

/* Reads a length from 0 to MOST and nothing else; returns -1 if wrong. */
static int
read_length(const char *text, int most)
{
	int n;

	return read_natural(text, &n) || n > most ? -1 : n;
}

const char *
add_rule(const char *text, bool allow, struct access *access)
{
	struct access_rule rule = {.allow = allow};
	char address[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	int most;

	if (access->count == ACCESS_RULES)
		return "too many rules";
	if (len >= sizeof(address))
		return "not a network";
	format_text(address, sizeof(address), "%.*s", (int)len, text);
	most = read_address(address, &rule.network);
	if (most == -1)
		return "not a network";
	rule.bits = text[len] ? read_length(text + len + 1, most) : most;
	if (rule.bits == -1)
		return "not a network";
	if (most == 32)
		rule.bits += MAPPED_BITS;
	access->rules[access->count++] = rule;
	return NULL;
}

static const char *
read_allow(const char *text, void *value)
{
	return add_rule(text, true, value);
}

static const char *
read_deny(const char *text, void *value)
{
	return add_rule(text, false, value);
}

/* An IPv6 rule never matches an IPv4 client: not even ::/0 does. */
static bool
matches(const struct access_rule *rule, const struct in6_addr *address)
{
	const uint8_t *a = rule->network.s6_addr, *b = address->s6_addr;
	size_t bytes = (size_t)rule->bits / 8;
	int rest = rule->bits % 8;

	if (rule->bits < MAPPED_BITS && IN6_IS_ADDR_V4MAPPED(address))
		return false;
	return memcmp(a, b, bytes) == 0 &&
	    (rest == 0 || (a[bytes] ^ b[bytes]) >> (8 - rest) == 0);
}

bool
is_admitted(const struct access *access, const char *text)
{
	char bare[INET6_ADDRSTRLEN] = "";
	struct in6_addr address;
	bool allowed = true;

	if (access->count == 0)
		return true;
	format_text(bare, sizeof(bare), "%.*s", (int)strcspn(text, "%"), text);
	if (read_address(bare, &address) == -1)
		return false; /* no rule can judge an unreadable address */
	for (int i = 0; i < access->count; i++) {
		if (matches(&access->rules[i], &address))
			return access->rules[i].allow;
		if (access->rules[i].allow)
			allowed = false;
	}
	return allowed;
}
