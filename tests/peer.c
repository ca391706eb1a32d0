/* SPDX-License-Identifier: ISC */
/*
 * peer.c - plain sockets that act as the other end of a connection.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "patience.h"

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int make(const char *ip, int port, union address *a, socklen_t *len);
static int finish(int fd, int ms);
static int limited(int fd);
static int drop(int fd);

int
peer_listen(const char *ip, int port, int backlog)
{
	union address a;
	socklen_t len;
	int fd, on = 1;

	fd = make(ip, port, &a, &len);
	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
	    bind(fd, &a.sa, len) == -1 || listen(fd, backlog) == -1)
		return drop(fd);
	return limited(fd);
}

int
peer_port(int fd)
{
	union address a = {.sa.sa_family = AF_UNSPEC};
	socklen_t len = sizeof a;

	if (getsockname(fd, &a.sa, &len) == -1)
		return -1;
	return ntohs(
	    a.sa.sa_family == AF_INET6 ? a.in6.sin6_port : a.in.sin_port);
}

int
peer_free_port(const char *ip)
{
	int fd, port;

	fd = peer_listen(ip, 0, 0);
	port = peer_port(fd);
	drop(fd);
	return port;
}

int
peer_connect(const char *ip, int port, int ms)
{
	union address a;
	socklen_t len;
	int fd;

	fd = make(ip, port, &a, &len);
	if (fd == -1)
		return -1;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		return drop(fd);
	if (connect(fd, &a.sa, len) == -1 &&
	    (errno != EINPROGRESS || finish(fd, ms) == -1))
		return drop(fd);
	if (fcntl(fd, F_SETFL, 0) == -1)
		return drop(fd);
	return limited(fd);
}

int
peer_accept(int fd)
{
	int peer;

	peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	return peer == -1 ? -1 : limited(peer);
}

bool
peer_send(int fd, const char *s)
{
	size_t n = strlen(s);

	return send(fd, s, n, MSG_NOSIGNAL) == (ssize_t)n;
}

bool
peer_says(int fd, const char *s)
{
	char got[512];
	size_t n = strlen(s);

	return n <= sizeof got && recv(fd, got, n, MSG_WAITALL) == (ssize_t)n &&
	    !memcmp(got, s, n);
}

bool
peer_eof(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) == 0;
}

void
peer_reset(int fd)
{
	struct linger now = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

struct hole
hole_open(const char *ip, int port)
{
	struct hole h;

	h.listener = peer_listen(ip, port, 0);
	h.port = peer_port(h.listener);
	h.client = peer_connect(ip, h.port, PATIENCE_MS);
	return h;
}

void
hole_close(struct hole *h)
{
	close(h->client);
	close(h->listener);
}

static int
make(const char *ip, int port, union address *a, socklen_t *len)
{
	memset(a, 0, sizeof *a);
	if (inet_pton(AF_INET, ip, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons((uint16_t)port);
		*len = sizeof a->in;
	} else if (inet_pton(AF_INET6, ip, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = htons((uint16_t)port);
		*len = sizeof a->in6;
	} else {
		errno = EINVAL;
		return -1;
	}
	return socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
finish(int fd, int ms)
{
	struct pollfd p = {fd, POLLOUT, 0};
	socklen_t len = sizeof errno;
	int n, code;

	do
		n = poll(&p, 1, ms);
	while (n == -1 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	if (n <= 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) == -1)
		return -1;
	errno = code;
	return code == 0 ? 0 : -1;
}

/* Sets time limits on FD, so that a failing test ends. */
static int
limited(int fd)
{
	struct timeval limit = {PATIENCE_MS / 1000, 0};

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) ==
		-1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == -1)
		return drop(fd);
	return fd;
}

static int
drop(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}
