/* SPDX-License-Identifier: ISC */
/*
 * echo_st PORT - an echo server with a thread of State Threads for each
 * connection, over epoll.
 */
#include <err.h>
#include <st.h>

#include "../aid.h"

static void *
serve(void *arg)
{
	st_netfd_t fd = arg;
	char piece[1024];
	ssize_t n;

	while ((n = st_read(fd, piece, sizeof piece, ST_UTIME_NO_TIMEOUT)) > 0)
		if (st_write(fd, piece, (size_t)n, ST_UTIME_NO_TIMEOUT) != n)
			break;
	st_netfd_close(fd);
	return NULL;
}

int
main(int argc, char **argv)
{
	st_netfd_t fd, listener;

	if (argc != 2)
		errx(2, "usage: echo_st PORT");
	if (st_set_eventsys(ST_EVENTSYS_ALT) == -1 || st_init() == -1)
		err(1, "st_init");
	listener = st_netfd_open_socket(socket_listen(argv[1]));
	if (listener == NULL)
		err(1, "st_netfd_open_socket");
	while ((fd = st_accept(
		    listener, NULL, NULL, ST_UTIME_NO_TIMEOUT)) != NULL)
		if (st_thread_create(serve, fd, 0, 0) == NULL)
			err(1, "st_thread_create");
	err(1, "st_accept");
}
