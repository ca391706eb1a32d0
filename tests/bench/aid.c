/* SPDX-License-Identifier: ISC */
/*
 * aid.c - plain blocking sockets and a clock, with no error handling.
 */
#include "aid.h"

#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static int make(const char *port, struct sockaddr_in *a);
static void no_delay(int fd);

int
socket_listen(const char *port)
{
	struct sockaddr_in a;
	int fd, on = 1;

	fd = make(port, &a);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
	    bind(fd, (struct sockaddr *)&a, sizeof a) == -1 ||
	    listen(fd, SOMAXCONN) == -1)
		err(1, "listen %s", port);
	return fd;
}

int
socket_accept(int listener)
{
	int fd;

	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd == -1)
		err(1, "accept");
	no_delay(fd);
	return fd;
}

int
socket_connect(const char *port)
{
	struct sockaddr_in a;
	int fd;

	fd = make(port, &a);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == -1)
		err(1, "connect %s", port);
	no_delay(fd);
	return fd;
}

double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int
make(const char *port, struct sockaddr_in *a)
{
	int fd;

	*a = (struct sockaddr_in){
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)strtol(port, NULL, 10)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "socket");
	return fd;
}

static void
no_delay(int fd)
{
	int on = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1)
		err(1, "TCP_NODELAY");
}
