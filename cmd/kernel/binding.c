/* SPDX-License-Identifier: ISC */
#include "binding.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "route.h"
#include "socket_address.h"

static int open_bound(
    const union tcp_address *address, int port, bool six_only, bool reuse);
static int bind_port(int fd, union tcp_address *a, int port, bool six_only);

int
bind_address(const union tcp_address *address, int port, int family)
{
	const union tcp_address six = {.in6.sin6_family = AF_INET6};
	const union tcp_address four = {.in.sin_family = AF_INET};

	if (address)
		return open_bound(address, port,
		    family == 6 || !is_unspecified(address), true);
	if (family == 4 || (family == 0 && lacks_family(&six)))
		return open_bound(&four, port, false, true);
	return open_bound(&six, port, family == 6, true);
}

bool
is_held(const union tcp_address *address, int port)
{
	int fd = open_bound(address, port, true, false);

	if (fd == -1)
		return errno == EADDRINUSE;
	(void)close(fd); /* it holds no data */
	return false;
}

static int
open_bound(
    const union tcp_address *address, int port, bool six_only, bool reuse)
{
	const int value = reuse;
	union tcp_address a = *address;
	int fd, error;

	fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd == -1 ||
	    (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof(value)) ==
		    0 &&
		bind_port(fd, &a, port, six_only) == 0))
		return fd;
	error = errno;
	(void)close(fd); /* it holds no data */
	errno = error;
	return -1;
}

static int
bind_port(int fd, union tcp_address *a, int port, bool six_only)
{
	const int only = six_only;

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
