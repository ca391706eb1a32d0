/* SPDX-License-Identifier: ISC */
#include "refuse.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../kernel/binding.h"
#include "../kernel/route.h"
#include "../kernel/socket_address.h"

enum { TRIES = 16 }; /* to find a port that is free on every address */

/* How long to wait for another process that takes a port, in ms. */
enum { LOCK_PAUSE = 5, LOCK_TRIES = 400 };

static int lock(void);
static int take_port(const union tcp_address *addresses, int n, int port,
    int family, struct end *at);
static int bind_all(
    const union tcp_address *addresses, int n, int port, int family, int fds[]);
static void read_end(int fd, struct end *end);

int
refuse(const union tcp_address *addresses, int n, int port, int family,
    struct end *at)
{
	const int locked = lock();
	int result, code;

	if (locked == -1)
		return -1;
	result = take_port(addresses, n, port, family, at);
	code = errno;
	(void)close(locked); /* nothing was sent */
	errno = code;
	return result;
}

/*
 * While one process has bound a port and not yet turned SO_REUSEADDR off,
 * another one could bind it, too.  Therefore they take turns: each has an
 * abstract name, which belongs to the network namespace, as the ports do.  Any
 * process could keep this name for ever: then tcpu goes on without it.  Returns
 * a descriptor that keeps the name until it is closed; or -1 with errno.
 */
static int
lock(void)
{
	static const struct sockaddr_un name = {
	    .sun_family = AF_UNIX, .sun_path = "\0tcpu listen --refuse"};
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (int i = 0; fd != -1 && i < LOCK_TRIES; i++) {
		if (bind(fd, (const struct sockaddr *)&name, sizeof(name)) ==
			0 ||
		    errno != EADDRINUSE)
			return fd;
		if (tcp_thread_sleep(LOCK_PAUSE) == -1) {
			(void)close(fd);
			errno = EINTR; /* the run is over */
			return -1;
		}
	}
	return fd;
}

static int
take_port(const union tcp_address *addresses, int n, int port, int family,
    struct end *at)
{
	int fds[TCPUNIT_MAX_ADDRESSES], count, tries = 0;
	const int off = 0;

	do
		count = bind_all(addresses, n, port, family, fds);
	while (count == -1 && errno == EADDRINUSE && n > 1 && port == 0 &&
	    ++tries < TRIES);
	if (count == -1)
		return -1;
	for (int i = 0; i < count; i++)
		if (setsockopt(fds[i], SOL_SOCKET, SO_REUSEADDR, &off,
			sizeof(off)) == -1)
			return -1;
	read_end(fds[0], at);
	return 0;
}

/* Leaves out addresses of IPv6 if the machine has none, unless no other is
 * left.  Returns the number of sockets; or -1 with errno. */
static int
bind_all(
    const union tcp_address *addresses, int n, int port, int family, int fds[])
{
	int count = 0, error = 0;
	struct end end;

	for (int i = 0; i < n || i == 0; i++) {
		fds[count] =
		    bind_address(n ? &addresses[i] : NULL, port, family);
		if (fds[count] != -1) {
			read_end(fds[count++], &end);
			port = end.port;
			continue;
		}
		error = errno;
		if (n > 0 && lacks_family(&addresses[i]))
			continue;
		while (count > 0)
			(void)close(fds[--count]); /* they hold no data */
		break;
	}
	errno = error;
	return count > 0 ? count : -1;
}

static void
read_end(int fd, struct end *end)
{
	union tcp_address a = {.sa.sa_family = AF_INET};
	socklen_t size = sizeof(a);

	(void)getsockname(fd, &a.sa, &size); /* it is bound */
	(void)tcp_address_text(&a, end->ip);
	end->port = address_port(&a);
}
