/* SPDX-License-Identifier: ISC */
/*
 * crowd - those clients of an echo server of lines that make trouble.
 *
 *   crowd PORT visit N	N connections, 500 at a time: each has a line answered
 *			and leaves, some of them politely; prints how many were
 *			answered
 *   crowd PORT stall N	N connections, half of which stop in the middle of a
 *			line and half of which ask for much and read nothing;
 *			prints "ready", and stays until stdin ends
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../bench/aid.h"

enum {
	CROWD = 500,
	SIZE = 1000, /* of a line */
	QUIET = 200, /* ms in which the server took nothing more */
};

static char line[SIZE];

static void visit(const char *port, int n);
static int visit_at_once(const char *port, int n);
static int answered(int fd);
static void leave(int fd, int manner);
static void stall(const char *port, int n);
static void watch(int set, int fd);
static void fill(int set);
static void send_all(int fd);
static void must_send(int fd, size_t n);

int
main(int argc, char **argv)
{
	memset(line, 'x', SIZE);
	line[SIZE - 1] = '\n';
	if (argc == 4 && strcmp(argv[2], "visit") == 0)
		visit(argv[1], (int)strtol(argv[3], NULL, 10));
	else if (argc == 4 && strcmp(argv[2], "stall") == 0)
		stall(argv[1], (int)strtol(argv[3], NULL, 10));
	else
		errx(2, "usage: crowd PORT visit|stall N");
	return 0;
}

static void
visit(const char *port, int n)
{
	int answers = 0;

	for (; n > 0; n -= CROWD)
		answers += visit_at_once(port, n < CROWD ? n : CROWD);
	printf("%d\n", answers);
}

/* How many of the N were answered. */
static int
visit_at_once(const char *port, int n)
{
	int fds[CROWD], i, answers = 0;

	for (i = 0; i < n; i++) {
		fds[i] = socket_connect(port);
		must_send(fds[i], SIZE);
	}
	for (i = 0; i < n; i++)
		answers += answered(fds[i]);
	for (i = 0; i < n; i++)
		leave(fds[i], i % 4);
	return answers;
}

static int
answered(int fd)
{
	char answer[SIZE];

	return recv(fd, answer, SIZE, MSG_WAITALL) == SIZE &&
	    memcmp(answer, line, SIZE) == 0;
}

/* What is sent need not arrive: the server may have gone. */
static void
leave(int fd, int manner)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};

	if (manner == 1) /* in the middle of a line */
		(void)send(fd, line, SIZE / 2, MSG_NOSIGNAL);
	if (manner == 2) /* before the answer, which meets a reset */
		(void)send(fd, line, SIZE, MSG_NOSIGNAL);
	if (manner == 3 &&
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == -1)
		err(1, "SO_LINGER");
	close(fd);
}

static void
stall(const char *port, int n)
{
	int i, fd, set = epoll_create1(EPOLL_CLOEXEC);
	char byte;

	for (i = 0; i < n; i++) {
		fd = socket_connect(port);
		if (i % 2)
			must_send(fd, SIZE / 2);
		else
			watch(set, fd);
	}
	fill(set);
	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
}

static void
watch(int set, int fd)
{
	struct epoll_event e = {.events = EPOLLOUT, .data.fd = fd};

	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ||
	    epoll_ctl(set, EPOLL_CTL_ADD, fd, &e) == -1)
		err(1, "crowd");
}

/* Sends lines until the server, whose answers nobody reads, takes no more. */
static void
fill(int set)
{
	struct epoll_event ready[CROWD];
	int i, n;

	while ((n = epoll_wait(set, ready, CROWD, QUIET)) > 0)
		for (i = 0; i < n; i++)
			send_all(ready[i].data.fd);
	if (n == -1)
		err(1, "epoll_wait");
}

static void
send_all(int fd)
{
	while (send(fd, line, SIZE, MSG_NOSIGNAL) != -1)
		;
	if (errno != EAGAIN)
		err(1, "send");
}

static void
must_send(int fd, size_t n)
{
	if (send(fd, line, n, MSG_NOSIGNAL) != (ssize_t)n)
		err(1, "send");
}
