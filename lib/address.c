/* SPDX-License-Identifier: ISC */
#include "address.h"

#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

static union tcp_address unmap(const union tcp_address *);

socklen_t
tu_address_length(const union tcp_address *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->in);
}

void
tu_address_text(const union tcp_address *a, char text[TCPUNIT_ADDRLEN])
{
	union tcp_address plain = unmap(a);

	if (getnameinfo(&plain.sa, tu_address_length(&plain), text,
		TCPUNIT_ADDRLEN, NULL, 0, NI_NUMERICHOST) != 0)
		tu_format(text, TCPUNIT_ADDRLEN, "?");
}

void
tu_address_with_port(const union tcp_address *a, char *out)
{
	char text[TCPUNIT_ADDRLEN];

	tu_address_text(a, text);
	(void)tcp_host_port(
	    text, tu_address_port(a), out, TCPUNIT_ADDRLEN + 8); /* fits */
}

int
tcp_host_port(const char *host, int port, char *text, size_t size)
{
	bool local = strncmp(host, "unix:", 5) == 0;
	bool six = !local && host[0] != '[' && strchr(host, ':') != NULL;
	const char *open = six ? "[" : "", *close = six ? "]" : "";

	return port == 0
	    ? snprintf(text, size, "%s%s%s", open, host, close)
	    : snprintf(text, size, "%s%s%s:%d", open, host, close, port);
}

int
tcp_split_host_port(
    const char *text, char *host, size_t size, const char **port)
{
	const char *colon = strchr(text, ':'), *end = text + strlen(text);
	const char *rest = end; /* after the host */

	if (text[0] == '[') {
		text++;
		end = strchr(text, ']');
		if (end == NULL || end == text ||
		    (end[1] != ':' && end[1] != '\0'))
			return -1;
		rest = end + 1;
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		end = rest = colon;
	}
	*port = rest[0] == ':' ? rest + 1 : NULL;
	return snprintf(host, size, "%.*s", (int)(end - text), text);
}

int
tu_address_port(const union tcp_address *a)
{
	if (a->sa.sa_family == AF_INET6)
		return ntohs(a->in6.sin6_port);
	return a->sa.sa_family == AF_INET ? ntohs(a->in.sin_port) : 0;
}

void
tu_address_set_port(union tcp_address *a, int port)
{
	if (a->sa.sa_family == AF_INET6)
		a->in6.sin6_port = htons((uint16_t)port);
	else
		a->in.sin_port = htons((uint16_t)port);
}

bool
tu_address_equal(const union tcp_address *a, const union tcp_address *b)
{
	if (a->sa.sa_family != b->sa.sa_family ||
	    tu_address_port(a) != tu_address_port(b))
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr) &&
	    a->in6.sin6_scope_id == b->in6.sin6_scope_id;
}

union tcp_address
tu_address_local(int fd)
{
	union tcp_address a = tu_address_any(AF_UNSPEC);
	socklen_t length = sizeof(a);

	(void)getsockname(fd, &a.sa, &length); /* it is bound */
	return a;
}

union tcp_address
tu_address_any(int family)
{
	union tcp_address a;

	memset(&a, 0, sizeof(a));
	a.sa.sa_family = (sa_family_t)family;
	return a;
}

int
tu_address_read_port(const char *text)
{
	const char *c = text;
	int n = 0;

	if (*c != '+' && *c != '-' && !isdigit((unsigned char)*c) &&
	    !isspace((unsigned char)*c))
		return 0;
	for (; *c >= '0' && *c <= '9' && n <= 65535; c++)
		n = 10 * n + *c - '0';
	return *c == '\0' && n >= 1 && n <= 65535 ? n : -1;
}

int
tu_address_take(
    const struct addrinfo *found, union tcp_address addresses[TU_MAX_ADDRESSES])
{
	const struct addrinfo *ai;
	union tcp_address a;
	int n = 0, i;

	for (ai = found; ai != NULL && n < TU_MAX_ADDRESSES; ai = ai->ai_next) {
		if (ai->ai_addrlen > sizeof(a))
			continue;
		a = tu_address_any(AF_UNSPEC);
		memcpy(&a, ai->ai_addr, ai->ai_addrlen);
		for (i = 0; i < n && !tu_address_equal(&addresses[i], &a); i++)
			;
		if (i == n)
			addresses[n++] = a;
	}
	return n;
}

static union tcp_address
unmap(const union tcp_address *a)
{
	union tcp_address plain;

	if (a->sa.sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return *a;
	plain = tu_address_any(AF_INET);
	plain.in.sin_port = a->in6.sin6_port;
	memcpy(&plain.in.sin_addr, &a->in6.sin6_addr.s6_addr[12], 4);
	return plain;
}
