/* SPDX-License-Identifier: ISC */
#include "resolve.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "localhost.h"

static void read_host(const char *, char[TU_HOST_SIZE]);
static int read_known(
    struct tu_query *, char[TU_HOST_SIZE], union tcp_address *, int *);
static int read_address(const struct tu_query *, union tcp_address *, int *);
static int read_loopback(const struct tu_query *, union tcp_address *, int *);
static bool plausible(const char *);

int
tu_resolve(struct tu_runtime *rt, const struct tu_query *query,
    const char *what, union tcp_address addresses[TU_MAX_ADDRESSES])
{
	struct tu_query q = *query;
	char host[TU_HOST_SIZE];
	int code, n;

	read_host(query->host, host);
	q.host = host;
	code = read_known(&q, host, addresses, &n);
	if (code == EAI_NONAME && !q.numeric && plausible(host)) {
		n = tu_ask(rt, &q, what, addresses);
		if (n == -1)
			return -1;
		code = n > 0 ? 0 : EAI_NONAME;
	}
	if (code != 0)
		return tu_query_raise(code, errno, what);
	for (int i = 0; i < n && q.service == NULL; i++)
		tu_address_set_port(&addresses[i], q.port);
	return n;
}

/* Reads a host for which nobody has to be asked: an address in digits, or
 * localhost if /etc/hosts lacks it.  Other names of localhost become this one,
 * which is the one in /etc/hosts.  Returns a code as read_address does. */
static int
read_known(struct tu_query *query, char host[TU_HOST_SIZE],
    union tcp_address *addresses, int *n)
{
	int code = read_address(query, addresses, n);

	if (code != EAI_NONAME || query->numeric || !tu_localhost(host))
		return code;
	memcpy(host, "localhost", sizeof("localhost"));
	return tu_localhost_listed() ? EAI_NONAME
				     : read_loopback(query, addresses, n);
}

/* Copies the host.  A text that cannot be a host becomes the empty one, which
 * is refused later: a text that is too long, and the asterisk, which
 * getaddrinfo(3) would take for this machine. */
static void
read_host(const char *text, char host[TU_HOST_SIZE])
{
	size_t n = strlen(text);

	if (n > 1 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= TU_HOST_SIZE || (n == 1 && *text == '*'))
		n = 0;
	memcpy(host, text, n);
	host[n] = '\0';
}

/* Reads an address in digits.  Returns a code of getaddrinfo(3), which is
 * EAI_NONAME for a name. */
static int
read_address(const struct tu_query *query, union tcp_address *addresses, int *n)
{
	int flags = AI_NUMERICHOST | (query->numeric ? AI_NUMERICSERV : 0);
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found = NULL;
	int code = getaddrinfo(query->host, NULL, &hints, &found);

	if (code != 0)
		return code; /* even without free descriptors: it needs none */
	freeaddrinfo(found);
	code = tu_query_run(query, flags, &found);
	if (code != 0)
		return code;
	*n = tu_address_take(found, addresses);
	freeaddrinfo(found);
	return 0;
}

/* The addresses that are localhost, in the order of RFC 6724. */
static int
read_loopback(
    const struct tu_query *query, union tcp_address *addresses, int *n)
{
	static const char *const hosts[] = {"::1", "127.0.0.1"};
	struct tu_query q = *query;
	int code, more;

	*n = 0;
	for (int i = 0; i < 2; i++) {
		if (q.family == (i == 0 ? 4 : 6))
			continue;
		q.host = hosts[i];
		code = read_address(&q, addresses + *n, &more);
		if (code != 0)
			return code;
		*n += more;
	}
	return 0;
}

/* Whether HOST could be a name.  If not, the resolver is not asked. */
static bool
plausible(const char *host)
{
	const char *c;

	for (c = host; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == ':' || *c == '\x7f')
			return false;
	return c != host;
}
