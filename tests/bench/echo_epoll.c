/* SPDX-License-Identifier: ISC */
/*
 * echo_epoll PORT - the leanest echo server: a loop over epoll_wait, and for
 * each ready connection one recv and one send.
 */
#include <err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aid.h"

enum {
	BATCH = 256,
};

static char piece[64 * 1024];

static void
watch(int set, int fd)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &e) == -1)
		err(1, "epoll_ctl");
}

static void
answer(int fd)
{
	ssize_t n;

	n = recv(fd, piece, sizeof piece, MSG_DONTWAIT);
	if (n <= 0 || send(fd, piece, (size_t)n, MSG_NOSIGNAL) != n)
		close(fd);
}

int
main(int argc, char **argv)
{
	struct epoll_event ready[BATCH];
	int i, n, set, listener;

	if (argc != 2)
		errx(2, "usage: echo_epoll PORT");
	listener = socket_listen(argv[1]);
	set = epoll_create1(EPOLL_CLOEXEC);
	watch(set, listener);
	while ((n = epoll_wait(set, ready, BATCH, -1)) > 0)
		for (i = 0; i < n; i++)
			if (ready[i].data.fd == listener)
				watch(set, socket_accept(listener));
			else
				answer(ready[i].data.fd);
	err(1, "epoll_wait");
}
