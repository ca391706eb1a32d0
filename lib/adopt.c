/* SPDX-License-Identifier: ISC */
/*
 * Connections that were made elsewhere: the two ports of a connected socket.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "port.h"

static const char *fault_of(struct tu_runtime *, int, union tcp_address *);
static bool is_stream(int);
static int get_option(int, int);
static bool has_port(const void *, int);
static void adopt(int);

int
tcp_ports_from_fd(int fd, tcp_port *in, tcp_port *out)
{
	struct tu_runtime *rt = tu_begin("ports-from-fd");
	union tcp_address remote = {.sa.sa_family = AF_UNSPEC};
	const char *fault;

	if (rt == NULL || tu_check_memory(in, 1) == -1 ||
	    tu_check_memory(out, 1) == -1)
		return -1;
	fault = fault_of(rt, fd, &remote);
	if (fault != NULL)
		return tu_refuse(errno, "descriptor %d %s", fd, fault);
	if (tu_ports_open(rt, fd, &remote, NULL, in, out) == -1)
		return -1;
	adopt(fd);
	return 0;
}

/* Why it cannot be taken, with errno; NULL if it can.  Two connections over one
 * descriptor would both close it. */
static const char *
fault_of(struct tu_runtime *rt, int fd, union tcp_address *remote)
{
	socklen_t length = sizeof(*remote);

	if (get_option(fd, SO_TYPE) == -1)
		return errno == EBADF ? "is not open" : "is not a socket";
	if (!is_stream(fd)) {
		errno = EPROTOTYPE;
		return "is neither a TCP nor a Unix stream socket";
	}
	if (getpeername(fd, &remote->sa, &length) == -1)
		return "is not connected";
	errno = EEXIST;
	if (tu_handles_any(&rt->handles, TU_INPUT, has_port, fd) ||
	    tu_handles_any(&rt->handles, TU_OUTPUT, has_port, fd))
		return "already has a port";
	remote->sa.sa_family = (sa_family_t)get_option(fd, SO_DOMAIN);
	return NULL;
}

static bool
is_stream(int fd)
{
	return get_option(fd, SO_PROTOCOL) == IPPROTO_TCP ||
	    (get_option(fd, SO_DOMAIN) == AF_UNIX &&
		get_option(fd, SO_TYPE) == SOCK_STREAM);
}

/* The option's value, or -1 with errno. */
static int
get_option(int fd, int option)
{
	int value = 0;
	socklen_t length = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &length) == -1
	    ? -1
	    : value;
}

static bool
has_port(const void *port, int fd)
{
	const struct tu_port *p = port;

	return p->connection->descriptor.fd == fd;
}

/* Other processes may share the socket, so O_NONBLOCK stays as it is.  A Unix
 * socket has no TCP_NODELAY. */
static void
adopt(int fd)
{
	const int on = 1;

	(void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* it is open */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}
