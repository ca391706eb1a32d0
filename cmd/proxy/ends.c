/* SPDX-License-Identifier: ISC */
#include "ends.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "../text.h"
#include "../values.h"

/* A name may fill all of sun_path, without a NUL; an abstract one begins with a
 * NUL, and may contain others, but not at its end. */
static void
read_path(const uint8_t path[PROXY_ADDRESS_SIZE], struct end *end)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t len = sizeof(un.sun_path);

	memcpy(un.sun_path, path, len);
	if (path[0] != '\0')
		len = strnlen(un.sun_path, len);
	while (len > 0 && path[len - 1] == '\0')
		len--;
	/* It is of this family. */
	(void)tcp_unix_text(&un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len), end->ip);
	end->is_unix = true;
	for (size_t i = 0; i < len; i++)
		end->path[i] = path[i] ? (char)path[i] : '@';
}

static void
read_end(int family, const struct proxy_end *from, struct end *end)
{
	union tcp_address a = {.sa.sa_family = (sa_family_t)family};

	if (family == AF_UNIX) {
		read_path(from->address, end);
		return;
	}
	if (family == AF_INET)
		memcpy(&a.in.sin_addr, from->address, sizeof(a.in.sin_addr));
	else
		memcpy(
		    &a.in6.sin6_addr, from->address, sizeof(a.in6.sin6_addr));
	(void)tcp_address_text(&a, end->ip); /* the family is known */
	end->port = from->port;
}

void
read_header_ends(const struct proxy_header *h, struct ends *ends)
{
	*ends = (struct ends){.passed_on = true};
	read_end(h->family, &h->remote, &ends->remote);
	read_end(h->family, &h->local, &ends->local);
}

/* Returns the family of the address, or AF_UNSPEC. */
static int
make_address(int family, const struct end *end, struct proxy_end *to)
{
	char bare[INET6_ADDRSTRLEN];

	if (end->is_unix != (family == AF_UNIX))
		return AF_UNSPEC;
	if (end->is_unix) {
		memcpy(to->address, end->path,
		    strnlen(end->path, PROXY_ADDRESS_SIZE));
		if (end->path[0] == '@')
			to->address[0] = '\0';
		return family;
	}
	format_text(
	    bare, sizeof(bare), "%.*s", (int)strcspn(end->ip, "%"), end->ip);
	to->port = end->port;
	return inet_pton(family, bare, to->address) == 1 ? family : AF_UNSPEC;
}

void
make_header(const struct ends *ends, struct proxy_header *h)
{
	static const int families[] = {AF_INET, AF_INET6, AF_UNIX};

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		*h = (struct proxy_header){.family = families[i]};
		if (make_address(families[i], &ends->remote, &h->remote) !=
			AF_UNSPEC &&
		    make_address(families[i], &ends->local, &h->local) !=
			AF_UNSPEC)
			return;
	}
	*h = (struct proxy_header){.family = AF_UNSPEC};
}

/* Reads a variable that is set, and fits. */
static bool
read_variable(const char *name, char *value, size_t size)
{
	const char *text = getenv(name);

	if (!text || strlen(text) >= size)
		return false;
	(void)strcpy(value, text);
	return true;
}

static bool
read_variables(const char *ip, const char *port, struct end *end)
{
	char number[8];
	int value;

	if (!read_variable(ip, end->ip, sizeof(end->ip)) ||
	    !read_variable(port, number, sizeof(number)) ||
	    read_natural(number, &value) || value > 65535)
		return false;
	end->port = value;
	return true;
}

bool
read_environment_ends(struct ends *ends)
{
	const char *protocol = getenv("PROTO");
	struct proxy_header header;

	*ends = (struct ends){0};
	if (!protocol)
		return false;
	if (strcmp(protocol, "UNIX") == 0) {
		ends->remote.is_unix = ends->local.is_unix = true;
		return read_variable("UNIXREMOTEPATH", ends->remote.path,
			   sizeof(ends->remote.path)) &&
		    read_variable("UNIXLOCALPATH", ends->local.path,
			sizeof(ends->local.path));
	}
	if (strcmp(protocol, "TCP") != 0 ||
	    !read_variables("TCPREMOTEIP", "TCPREMOTEPORT", &ends->remote) ||
	    !read_variables("TCPLOCALIP", "TCPLOCALPORT", &ends->local))
		return false;
	make_header(ends, &header);
	return header.family != AF_UNSPEC;
}
