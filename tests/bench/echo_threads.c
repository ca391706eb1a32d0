/* SPDX-License-Identifier: ISC */
/*
 * echo_threads PORT - an echo server with an OS thread for each connection; the
 * stacks are as small as is safe.
 */
#include <err.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aid.h"

enum {
	STACK = 64 * 1024,
};

static void *
echo(void *arg)
{
	char piece[1024];
	int fd = (int)(intptr_t)arg;
	ssize_t n;

	while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
		if (send(fd, piece, (size_t)n, MSG_NOSIGNAL) != n)
			break;
	close(fd);
	return NULL;
}

int
main(int argc, char **argv)
{
	pthread_attr_t attr;
	pthread_t thread;
	int code, listener;

	if (argc != 2)
		errx(2, "usage: echo_threads PORT");
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	listener = socket_listen(argv[1]);
	do
		code = pthread_create(&thread, &attr, echo,
		    (void *)(intptr_t)socket_accept(listener));
	while (code == 0);
	errx(1, "pthread_create: %d", code);
}
