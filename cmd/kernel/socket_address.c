/* SPDX-License-Identifier: ISC */
#include "socket_address.h"

#include <string.h>

bool
is_unspecified(const union tcp_address *a)
{
	return a->sa.sa_family == AF_INET
	    ? a->in.sin_addr.s_addr == INADDR_ANY
	    : IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
}

bool
is_same_address(const union tcp_address *a, const union tcp_address *b)
{
	uint32_t x, y;

	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	x = a->in6.sin6_scope_id;
	y = b->in6.sin6_scope_id;
	return IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr) &&
	    (x == y || x == 0 || y == 0);
}

void
unmap_address(union tcp_address *address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};

	if (address->sa.sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&address->in6.sin6_addr))
		return;
	v4.sin_port = address->in6.sin6_port;
	memcpy(&v4.sin_addr, &address->in6.sin6_addr.s6_addr[12], 4);
	address->in = v4;
}

int
address_port(const union tcp_address *address)
{
	return ntohs(address->sa.sa_family == AF_INET ? address->in.sin_port
						      : address->in6.sin6_port);
}

void
set_address(union tcp_address *address, int family, const uint32_t words[4],
    in_port_t port, uint32_t scope)
{
	*address = (union tcp_address){.in6.sin6_family = (sa_family_t)family};
	if (family == AF_INET) {
		address->in.sin_port = port;
		memcpy(&address->in.sin_addr, words, 4);
		return;
	}
	address->in6.sin6_port = port;
	memcpy(&address->in6.sin6_addr, words, 16);
	if (IN6_IS_ADDR_LINKLOCAL(&address->in6.sin6_addr))
		address->in6.sin6_scope_id = scope;
	unmap_address(address);
}
