/* SPDX-License-Identifier: ISC */
#include "interfaces.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

static bool
is_up(const struct ifaddrs *i)
{
	return (i->ifa_flags & IFF_UP) && i->ifa_addr &&
	    (i->ifa_addr->sa_family == AF_INET ||
		i->ifa_addr->sa_family == AF_INET6);
}

static union tcp_address
address_of(const struct ifaddrs *i)
{
	union tcp_address a = {.in6.sin6_family = AF_INET6};

	if (i->ifa_addr->sa_family == AF_INET6)
		a.in6 = *(const struct sockaddr_in6 *)(void *)i->ifa_addr;
	else
		a.in = *(const struct sockaddr_in *)(void *)i->ifa_addr;
	return a;
}

int
list_interface_addresses(union tcp_address **list)
{
	struct ifaddrs *all;
	size_t n = 0;

	if (getifaddrs(&all) == -1)
		return -1;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		n += is_up(i);
	*list = calloc(n + 1, sizeof(**list));
	n = 0;
	for (const struct ifaddrs *i = all; i && *list; i = i->ifa_next)
		if (is_up(i))
			(*list)[n++] = address_of(i);
	freeifaddrs(all);
	return *list ? (int)n : -1;
}
