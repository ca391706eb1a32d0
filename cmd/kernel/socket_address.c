/* SPDX-License-Identifier: ISC */
/*
 * socket_address.c - an address and a port as the kernel has them.
 */
#include "socket_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

bool
is_unspecified(const union socket_address *a)
{
	return a->any.sa_family == AF_INET
	    ? a->v4.sin_addr.s_addr == INADDR_ANY
	    : IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr);
}

bool
is_same_address(const union socket_address *a, const union socket_address *b)
{
	uint32_t x, y;

	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	x = a->v6.sin6_scope_id;
	y = b->v6.sin6_scope_id;
	return IN6_ARE_ADDR_EQUAL(&a->v6.sin6_addr, &b->v6.sin6_addr) &&
	    (x == y || x == 0 || y == 0);
}

void
unmap_address(union socket_address *address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};

	if (address->any.sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr))
		return;
	v4.sin_port = address->v6.sin6_port;
	memcpy(&v4.sin_addr, &address->v6.sin6_addr.s6_addr[12], 4);
	address->v4 = v4;
}

bool
read_address(const char *text, union socket_address *address)
{
	*address = (union socket_address){.any.sa_family = AF_INET};
	if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1)
		return true;
	address->any.sa_family = AF_INET6;
	if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) != 1)
		return false;
	unmap_address(address);
	return true;
}

const char *
address_text(const union socket_address *address, char text[TCPUNIT_ADDRLEN])
{
	if (getnameinfo(&address->any, sizeof(*address), text, TCPUNIT_ADDRLEN,
		NULL, 0, NI_NUMERICHOST) != 0)
		text[0] = '\0';
	return text;
}

int
address_port(const union socket_address *address)
{
	return ntohs(address->any.sa_family == AF_INET ? address->v4.sin_port
						       : address->v6.sin6_port);
}

void
set_address(union socket_address *address, int family, const uint32_t words[4],
    in_port_t port, uint32_t scope)
{
	*address =
	    (union socket_address){.v6.sin6_family = (sa_family_t)family};
	if (family == AF_INET) {
		address->v4.sin_port = port;
		memcpy(&address->v4.sin_addr, words, 4);
		return;
	}
	address->v6.sin6_port = port;
	memcpy(&address->v6.sin6_addr, words, 16);
	if (IN6_IS_ADDR_LINKLOCAL(&address->v6.sin6_addr))
		address->v6.sin6_scope_id = scope;
	unmap_address(address);
}
