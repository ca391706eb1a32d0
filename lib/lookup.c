/* SPDX-License-Identifier: ISC */
/*
 * Look-ups and address texts, for programs that use sockets without the rest of
 * this library.
 */
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <string.h>

#include "error.h"
#include "options.h"
#include "resolve.h"
#include "text.h"
#include "unix_address.h"

enum { WHAT_SIZE = 2 * TU_HOST_SIZE + 16 };

TU_OPTIONS_END(struct tcp_resolve_options, padding);

static int check_options(const struct tcp_resolve_options *);
static int read_service(struct tu_query *, const char *, const char *);

int
tcp_resolve(const char *host, const char *service,
    const struct tcp_resolve_options *options, union tcp_address *addresses,
    int n)
{
	struct tcp_resolve_options o = {TCPUNIT_RESOLVE_DEFAULTS};
	union tcp_address found[TU_MAX_ADDRESSES];
	struct tu_runtime *rt = tu_enter("resolve");
	struct tu_query query;
	char what[WHAT_SIZE];
	int count;

	if (rt == NULL)
		return -1;
	if (host == NULL || addresses == NULL || n < 1)
		return tu_refuse(EINVAL, "no host, or no room for addresses");
	if (tu_options_take(&o, sizeof(o), options) == -1 ||
	    check_options(&o) == -1)
		return -1;
	tu_format(what, sizeof(what), "%.*s%s%.*s", TU_HOST_SIZE, host,
	    service ? " " : "", TU_HOST_SIZE, service ? service : "");
	query = (struct tu_query){
	    .host = host, .family = o.family, .numeric = o.numeric};
	if (read_service(&query, service, what) == -1)
		return -1;
	tu_limit(&rt->scheduler, o.timeout);
	count = tu_resolve(rt, &query, what, found);
	if (count > n)
		count = n;
	if (count > 0)
		memcpy(addresses, found, (size_t)count * sizeof(*found));
	return count;
}

static int
check_options(const struct tcp_resolve_options *o)
{
	if (o->family == 0 || o->family == 4 || o->family == 6)
		return tu_check_time(o->timeout);
	return tu_refuse(EINVAL, "no such family");
}

/* Reads a port from a text by the same rules as tcp_connect. */
static int
read_service(struct tu_query *query, const char *service, const char *what)
{
	if (service == NULL)
		return 0;
	query->port = tu_address_read_port(service);
	if (query->port == -1)
		return tu_refuse_object(
		    ERANGE, what, "the port is not a number from 1 to 65535");
	if (query->port > 0)
		return 0;
	if (*service == '\0' || strcmp(service, "*") == 0)
		return tu_raise(TCPUNIT_ERROR_RESOLVE, EAI_SERVICE, what);
	query->service = service;
	return 0;
}

int
tcp_address_text(const union tcp_address *a, char text[TCPUNIT_ADDRLEN])
{
	if (tu_enter("address-text") == NULL || tu_check_memory(a, 1) == -1 ||
	    tu_check_memory(text, 1) == -1)
		return -1;
	if (a->sa.sa_family != AF_INET && a->sa.sa_family != AF_INET6)
		return tu_refuse(EAFNOSUPPORT, "no IPv4 or IPv6 address");
	tu_address_text(a, text);
	return tu_address_port(a);
}

int
tcp_unix_text(const struct sockaddr_un *address, socklen_t length,
    char text[TCPUNIT_ADDRLEN])
{
	struct tu_unix_address a = {.length = length};

	if (tu_begin("unix-text") == NULL ||
	    tu_check_memory(address, 1) == -1 || tu_check_memory(text, 1) == -1)
		return -1;
	if (length < offsetof(struct sockaddr_un, sun_path) ||
	    length > sizeof(a.bytes) || address->sun_family != AF_UNIX)
		return tu_refuse(EAFNOSUPPORT, "no address of a Unix socket");
	memcpy(a.bytes, address, length);
	tu_unix_text(&a, text);
	return 0;
}
