/* SPDX-License-Identifier: ISC */
/*
 * echo_pth PORT - an echo server with a thread of GNU Pth for each connection.
 */
#include <err.h>
#include <pth.h>
#include <stdint.h>
#include <unistd.h>

#include "../aid.h"

static void *
serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char piece[1024];
	ssize_t n;

	while ((n = pth_read(fd, piece, sizeof piece)) > 0)
		if (pth_write(fd, piece, (size_t)n) != n)
			break;
	close(fd);
	return NULL;
}

int
main(int argc, char **argv)
{
	pth_attr_t attributes;
	int fd, listener;

	if (argc != 2)
		errx(2, "usage: echo_pth PORT");
	listener = socket_listen(argv[1]);
	if (!pth_init())
		err(1, "pth_init");
	attributes = pth_attr_new();
	pth_attr_set(attributes, PTH_ATTR_JOINABLE, FALSE);
	while ((fd = pth_accept(listener, NULL, NULL)) != -1)
		if (pth_spawn(attributes, serve, (void *)(intptr_t)fd) == NULL)
			err(1, "pth_spawn");
	err(1, "pth_accept");
}
