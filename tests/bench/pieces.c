/* SPDX-License-Identifier: ISC */
/*
 * pieces HOW connect PORT BYTES | listen PORT | lines PORT - one end of a
 * transfer, made by a program: it sends lines of 64 bytes from memory, 64 KiB
 * at a time, or receives to memory, or line by line.  HOW is plain sockets
 * (with stdio's lines), a bufferevent, or the library.  The receiver prints the
 * number of bytes or lines.
 */
#include <err.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <tcpunit.h>
#include <unistd.h>

#include "aid.h"

enum {
	PIECE = 64 * 1024,
	LINE = 64,
};

struct transfer {
	struct event_base *base;
	const char *port;
	long long bytes; /* bytes to be sent; bytes received */
};

static _Alignas(4096) char piece[PIECE];

static void
fill(void)
{
	memset(piece, 'x', sizeof piece);
	for (int i = LINE - 1; i < PIECE; i += LINE)
		piece[i] = '\n';
}

/* Returns the size of the next piece. */
static size_t
next(struct transfer *t)
{
	long long n = t->bytes < PIECE ? t->bytes : PIECE;

	t->bytes -= n;
	return (size_t)n;
}

static void
raw_connect(struct transfer *t)
{
	int fd = socket_connect(t->port);
	size_t n;

	while ((n = next(t)) > 0)
		if (send(fd, piece, n, MSG_NOSIGNAL) != (ssize_t)n)
			err(1, "send");
	close(fd);
}

static void
raw_listen(struct transfer *t)
{
	int fd = socket_accept(socket_listen(t->port));
	ssize_t n;

	while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
		t->bytes += n;
	close(fd);
}

static void
raw_lines(struct transfer *t)
{
	FILE *in = fdopen(socket_accept(socket_listen(t->port)), "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (in == NULL)
		err(1, "fdopen");
	while ((n = getline(&line, &room, in)) > 0)
		t->bytes += n;
	free(line);
	fclose(in);
}

/* Sends the next piece as soon as the last one is sent; after the last piece,
 * nothing. */
static void
on_write(struct bufferevent *bev, void *arg)
{
	struct transfer *t = arg;
	size_t n = next(t);

	if (n > 0)
		bufferevent_write(bev, piece, n);
	else
		event_base_loopbreak(t->base);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct transfer *t = arg;
	size_t n;

	while ((n = bufferevent_read(bev, piece, sizeof piece)) > 0)
		t->bytes += (long long)n;
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct transfer *t = arg;

	(void)bev;
	if (what & BEV_EVENT_ERROR)
		err(1, "bufferevent");
	event_base_loopbreak(t->base);
}

static void
run_bufferevent(struct transfer *t, int fd)
{
	struct bufferevent *bev;

	t->base = event_base_new();
	evutil_make_socket_nonblocking(fd);
	bev = bufferevent_socket_new(t->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		errx(1, "bufferevent_socket_new");
	bufferevent_setcb(
	    bev, on_read, t->bytes > 0 ? on_write : NULL, on_event, t);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	event_base_dispatch(t->base);
	bufferevent_free(bev);
	event_base_free(t->base);
}

static void
bufferevent_connect(struct transfer *t)
{
	run_bufferevent(t, socket_connect(t->port));
}

static void
bufferevent_listen(struct transfer *t)
{
	run_bufferevent(t, socket_accept(socket_listen(t->port)));
}

static void
failed(void)
{
	errx(1, "%s", tcp_last_error()->text);
}

static void
tcpunit_connect(struct transfer *t)
{
	tcp_port in, out;
	size_t n;

	if (tcp_connect("127.0.0.1", (int)strtol(t->port, NULL, 10), NULL, &in,
		&out) == -1)
		failed();
	while ((n = next(t)) > 0)
		if (tcp_write(out, piece, n) == -1)
			failed();
	tcp_close_ports(in, out);
}

static tcp_port
accept_input(const char *port)
{
	struct tcp_listen_options o = {TCPUNIT_LISTEN_DEFAULTS};
	tcp_listener l;
	tcp_port in, out;

	o.host = "127.0.0.1";
	l = tcp_listen((int)strtol(port, NULL, 10), &o);
	if (tcp_accept(l, &in, &out) == -1)
		failed();
	return in;
}

static void
tcpunit_listen(struct transfer *t)
{
	tcp_port in = accept_input(t->port);
	ssize_t n;

	while ((n = tcp_read(in, piece, sizeof piece)) > 0)
		t->bytes += n;
	if (n == -1)
		failed();
}

static void
tcpunit_lines(struct transfer *t)
{
	tcp_port in = accept_input(t->port);
	char *line;
	size_t n;
	int more;

	while ((more = tcp_read_line(in, TCPUNIT_NO_LIMIT, &line, &n)) == 1)
		t->bytes += (long long)n + 1;
	if (more == -1)
		failed();
}

static const struct {
	const char *how, *what;
	void (*run)(struct transfer *);
} ends[] = {
    {"raw", "connect", raw_connect},
    {"raw", "listen", raw_listen},
    {"raw", "lines", raw_lines},
    {"bufferevent", "connect", bufferevent_connect},
    {"bufferevent", "listen", bufferevent_listen},
    {"tcpunit", "connect", tcpunit_connect},
    {"tcpunit", "listen", tcpunit_listen},
    {"tcpunit", "lines", tcpunit_lines},
};

int
main(int argc, char **argv)
{
	struct transfer t = {0};
	size_t i;

	if (argc < 4)
		errx(2, "usage: pieces HOW connect|listen|lines PORT [BYTES]");
	t.port = argv[3];
	t.bytes = argc > 4 ? strtoll(argv[4], NULL, 10) : 0;
	fill();
	for (i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (!strcmp(ends[i].how, argv[1]) &&
		    !strcmp(ends[i].what, argv[2])) {
			ends[i].run(&t);
			printf("%lld\n", t.bytes);
			return 0;
		}
	errx(2, "pieces: %s %s", argv[1], argv[2]);
}
