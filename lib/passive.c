/* SPDX-License-Identifier: ISC */
#include "passive.h"

#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>

#include "fd.h"

#ifndef IPPROTO_MPTCP /* glibc before 2.32 */
#define IPPROTO_MPTCP 262
#endif

enum { TRIES = 16 }; /* to find a port that is free on every address */

static int open_all(
    const union tcp_address *, int, const struct tcp_listen_options *, int *);
static bool takes_both(
    const union tcp_address *, const struct tcp_listen_options *);
static int open_one(
    const union tcp_address *, const struct tcp_listen_options *, bool);
static int bind_and_listen(
    int, const union tcp_address *, const struct tcp_listen_options *, bool);
static bool lacks_family(const union tcp_address *, int);
static int port_of(int);
static void close_all(const int *, int);
static void close_socket(void *);
static int get_option(int, int, int *);
static int set_option(int, int, int, int);

int
tu_passive_open(const union tcp_address *addresses, int n,
    const struct tcp_listen_options *options, int *fds)
{
	int opened, tries = 0;

	do {
		opened = open_all(addresses, n, options, fds);
	} while (opened == -1 && errno == EADDRINUSE && n > 1 &&
	    tu_address_port(&addresses[0]) == 0 && ++tries < TRIES);
	return opened;
}

int
tu_passive_open_wildcard(
    int port, const struct tcp_listen_options *options, int *fd)
{
	bool six_only = options->v6only || options->family == 6;
	union tcp_address any = tu_address_any(AF_INET6);

	*fd = -1;
	if (options->family != 4) {
		tu_address_set_port(&any, port);
		*fd = open_one(&any, options, six_only);
	}
	if (options->family == 4 ||
	    (*fd == -1 && !six_only && lacks_family(&any, errno))) {
		any = tu_address_any(AF_INET);
		tu_address_set_port(&any, port);
		*fd = open_one(&any, options, false);
	}
	return *fd == -1 ? -1 : 1;
}

enum tu_wake
tu_passive_open_unix(struct tu_scheduler *s, const struct tu_unix_address *a,
    const struct tcp_listen_options *options, int *fd,
    struct tu_socket_file **file)
{
	struct tu_cleanup cleanup;
	enum tu_wake woken;

	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd == -1)
		return TU_FAILED;
	tu_cleanup_push(s, &cleanup, close_socket, fd);
	woken = tu_socket_file_bind(s, *fd, a, options->mode, file);
	tu_cleanup_pop(s);
	if (woken == TU_READY && listen(*fd, options->backlog) == 0)
		return TU_READY;
	if (woken == TU_READY)
		tu_socket_file_remove(*file);
	close_all(fd, 1);
	return woken == TU_READY ? TU_FAILED : woken;
}

/* The opening thread is freed without running again. */
static void
close_socket(void *fd)
{
	close_all(fd, 1);
}

const char *
tu_passive_fault(int fd)
{
	int listening = 0, protocol = 0, domain = 0, type = 0;

	if (get_option(fd, SO_ACCEPTCONN, &listening) == -1)
		return errno == EBADF ? "not open" : "no socket";
	(void)get_option(fd, SO_PROTOCOL, &protocol); /* it is a socket */
	(void)get_option(fd, SO_DOMAIN, &domain);     /* likewise */
	(void)get_option(fd, SO_TYPE, &type);         /* likewise */
	if (!listening)
		return protocol == IPPROTO_TCP
		    ? "a TCP socket that does not listen"
		    : "no listening socket";
	if (protocol == IPPROTO_TCP ||
	    (domain == AF_UNIX && type == SOCK_STREAM))
		return NULL;
	if (domain == AF_UNIX)
		return "a listening Unix socket, but not a stream";
	if (protocol == IPPROTO_MPTCP)
		return "a listening MPTCP socket, and not one of TCP";
	return "a listening socket, but not one of TCP";
}

int
tu_passive_adopt(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return -1;
	(void)set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* if it is TCP */
	return 0;
}

static int
open_all(const union tcp_address *addresses, int n,
    const struct tcp_listen_options *options, int *fds)
{
	int port = tu_address_port(&addresses[0]);
	int i, opened = 0, error = 0;
	union tcp_address a;

	for (i = 0; i < n; i++) {
		a = addresses[i];
		tu_address_set_port(&a, port);
		fds[opened] =
		    open_one(&a, options, n > 1 || !takes_both(&a, options));
		if (fds[opened] != -1) {
			port = port_of(fds[opened++]);
		} else if (lacks_family(&a, errno)) {
			error = errno;
		} else {
			close_all(fds, opened);
			return -1;
		}
	}
	errno = error;
	return opened > 0 ? opened : -1;
}

/* Whether the socket takes both families: "::" written out is the same as the
 * wildcard. */
static bool
takes_both(const union tcp_address *a, const struct tcp_listen_options *options)
{
	return a->sa.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr) && !options->v6only &&
	    options->family != 6;
}

static int
open_one(const union tcp_address *a, const struct tcp_listen_options *options,
    bool six_only)
{
	int fd;

	fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    IPPROTO_TCP);
	if (fd == -1)
		return -1;
	if (bind_and_listen(fd, a, options, six_only) == 0)
		return fd;
	tu_fd_close(fd);
	return -1;
}

/* Accepted connections inherit TCP_NODELAY from the listening socket. */
static int
bind_and_listen(int fd, const union tcp_address *a,
    const struct tcp_listen_options *options, bool six_only)
{
	if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) == -1 ||
	    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) == -1)
		return -1;
	if (options->reuse_port &&
	    set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) == -1)
		return -1;
	if (a->sa.sa_family == AF_INET6 &&
	    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, six_only) == -1)
		return -1;
	if (bind(fd, &a->sa, tu_address_length(a)) == -1)
		return -1;
	return listen(fd, options->backlog);
}

/* If IPv6 is turned off, its sockets can be made but not bound, not even to
 * ::1, which every machine with IPv6 has. */
static bool
lacks_family(const union tcp_address *a, int error)
{
	union tcp_address own = tu_address_any(AF_INET6);
	int fd, bound;

	if (error == EAFNOSUPPORT)
		return true;
	if (a->sa.sa_family != AF_INET6 || error != EADDRNOTAVAIL)
		return false;
	own.in6.sin6_addr = in6addr_loopback;
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	errno = error;
	if (fd == -1)
		return false; /* this is unknown: the caller reports ERROR */
	bound = bind(fd, &own.sa, tu_address_length(&own));
	tu_fd_close(fd);
	errno = error;
	return bound == -1;
}

static int
port_of(int fd)
{
	union tcp_address a = tu_address_local(fd);

	return tu_address_port(&a);
}

static void
close_all(const int *fds, int n)
{
	while (n-- > 0)
		tu_fd_close(fds[n]);
}

static int
get_option(int fd, int option, int *value)
{
	socklen_t length = sizeof(*value);

	return getsockopt(fd, SOL_SOCKET, option, value, &length);
}

static int
set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}
