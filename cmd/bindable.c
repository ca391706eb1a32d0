/* SPDX-License-Identifier: ISC */
#include "bindable.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/port_user.h"
#include "kernel/route.h"

/* ms between two tries.  Each try can make a server fail that binds at the same
 * moment without SO_REUSEADDR, so tries must be rare. */
#define PAUSE 100

static int try_port(const struct own_addresses *hosts, int port, int family);
static int bind_failure(const struct waiting *w);
static int try_wildcard(int port, int family);
static int try_address(
    const union tcp_address *address, int port, bool six_only);
static int bind_port(int fd, union tcp_address *a, int port, bool six_only);

int
answer_bindable(
    struct waiting *w, bool wait, const struct own_addresses *hosts, int port)
{
	char user[PORT_USER_SIZE];
	int status;

	w->pause = w->longest = PAUSE;
	while (try_port(hosts, port, w->run->options->family) == -1) {
		if (errno != EADDRINUSE)
			return bind_failure(w);
		status = wait ? wait_a_little(w) : STATUS_NO;
		if (status == STATUS_GO_ON)
			continue;
		describe_port_user(hosts->list, hosts->count, port, user);
		if (user[0])
			say_more(w->run, "%s: %s", w->what, user);
		return status;
	}
	return STATUS_GO_ON;
}

static int
bind_failure(const struct waiting *w)
{
	int code = errno;
	enum status status = STATUS_LISTEN;

	if (code == EADDRNOTAVAIL)
		return usage_error(
		    w->run, "%s: not an address of this machine", w->what);
	if (code == EMFILE || code == ENFILE || code == ENOMEM ||
	    code == ENOBUFS)
		status = STATUS_FAILED;
	return fail(w->run, status, "%s: %s", w->what, strerror(code));
}

/* Returns 0, or -1 with errno. */
static int
try_port(const struct own_addresses *hosts, int port, int family)
{
	const union tcp_address *a = hosts->list;
	bool six_only;

	if (hosts->count == 0)
		return try_wildcard(port, family);
	for (size_t i = 0; i < hosts->count; i++) {
		six_only = family == 6 || !is_unspecified(&a[i]);
		if (try_address(&a[i], port, six_only) == -1)
			return -1;
	}
	return 0;
}

static int
try_wildcard(int port, int family)
{
	const union tcp_address six = {.in6.sin6_family = AF_INET6};
	const union tcp_address four = {.in.sin_family = AF_INET};

	if (family == 4 || (family == 0 && lacks_family(&six)))
		return try_address(&four, port, false);
	return try_address(&six, port, family == 6);
}

static int
try_address(const union tcp_address *address, int port, bool six_only)
{
	union tcp_address a = *address;
	int fd, result, error;

	fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd == -1)
		return -1;
	result = bind_port(fd, &a, port, six_only);
	error = errno;
	(void)close(fd); /* it was only bound */
	errno = error;
	return result;
}

static int
bind_port(int fd, union tcp_address *a, int port, bool six_only)
{
	const int on = 1, only = six_only;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1)
		return -1;
	if (a->sa.sa_family == AF_INET) {
		a->in.sin_port = htons((in_port_t)port);
		return bind(fd, &a->sa, sizeof(a->in));
	}
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) ==
	    -1)
		return -1;
	a->in6.sin6_port = htons((in_port_t)port);
	return bind(fd, &a->sa, sizeof(a->in6));
}
