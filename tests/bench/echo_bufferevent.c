/* SPDX-License-Identifier: ISC */
/*
 * echo_bufferevent PORT - an echo server as users of libevent write it.
 */
#include <err.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "aid.h"

static void
on_read(struct bufferevent *bev, void *arg)
{
	(void)arg;
	bufferevent_write_buffer(bev, bufferevent_get_input(bev));
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)what;
	(void)arg;
	bufferevent_free(bev);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from,
    int len, void *base)
{
	struct bufferevent *bev;

	(void)l;
	(void)from;
	(void)len;
	bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		errx(1, "bufferevent_socket_new");
	bufferevent_setcb(bev, on_read, NULL, on_event, NULL);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

int
main(int argc, char **argv)
{
	struct event_base *base;
	int fd;

	if (argc != 2)
		errx(2, "usage: echo_bufferevent PORT");
	base = event_base_new();
	fd = socket_listen(argv[1]);
	if (base == NULL || evutil_make_socket_nonblocking(fd) == -1 ||
	    !evconnlistener_new(base, on_accept, base, 0, 0, fd))
		errx(1, "libevent");
	return event_base_dispatch(base);
}
