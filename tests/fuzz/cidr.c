/* SPDX-License-Identifier: ISC */
/*
 * cidr.c - networks of --allow and --deny.  A NUL separates a rule from the
 * address that is checked.  A rule decides about the address of its own
 * network.
 */
#include "../../cmd/listen/access.h"

#include <arpa/inet.h>

#include "fuzz.h"

static void
check(const struct access *access)
{
	const struct access_rule *rule = &access->rules[0];
	char address[INET6_ADDRSTRLEN];

	REQUIRE(access->count == 1);
	REQUIRE(rule->bits >= 0 && rule->bits <= 128);
	if (IN6_IS_ADDR_V4MAPPED(&rule->network))
		inet_ntop(AF_INET, &rule->network.s6_addr[12], address,
		    sizeof(address));
	else
		inet_ntop(AF_INET6, &rule->network, address, sizeof(address));
	REQUIRE(is_admitted(access, address) == rule->allow);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	size_t len = strlen(text);

	for (int i = 0; i < 2; i++) {
		struct access access = {0};

		if (access_option_table[i].read(text, &access))
			continue;
		check(&access);
		if (len < size)
			(void)is_admitted(&access, text + len + 1);
	}
	free(text);
	return 0;
}
