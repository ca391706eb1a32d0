/* SPDX-License-Identifier: ISC */
/*
 * pieces HOW connect PORT BYTES [SIZE] | write PORT BYTES | listen PORT |
 * lines PORT | copy PORT SIZE - one end of a transfer, made by a program: it
 * sends lines of 64 bytes from memory, in pieces of SIZE bytes, or line by line
 * into a buffer; or it receives to memory, or line by line, or copies bodies of
 * SIZE bytes to another socket.  HOW is plain sockets (with stdio's lines), a
 * bufferevent, or the library.  The receiver prints the number of bytes.
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
	size_t size;     /* of a piece */
};

static _Alignas(4096) char piece[PIECE + LINE];
static char line[LINE]; /* without its end */

static void
fill(void)
{
	memset(piece, 'x', sizeof piece);
	memset(line, 'x', sizeof line - 1);
	for (int i = LINE - 1; i < PIECE + LINE; i += LINE)
		piece[i] = '\n';
}

/* Returns the size of the next piece. */
static size_t
next(struct transfer *t)
{
	long long size = (long long)t->size;
	long long n = t->bytes < size ? t->bytes : size;

	t->bytes -= n;
	return (size_t)n;
}

static void
raw_connect(struct transfer *t)
{
	int fd = socket_connect(t->port);
	size_t n, sent = 0;

	for (; (n = next(t)) > 0; sent += n)
		if (send(fd, piece + sent % LINE, n, MSG_NOSIGNAL) !=
		    (ssize_t)n)
			err(1, "send");
	close(fd);
}

static void
raw_listen(struct transfer *t)
{
	int fd = socket_accept(socket_listen(t->port));
	ssize_t n;

	while ((n = recv(fd, piece, PIECE, 0)) > 0)
		t->bytes += n;
	close(fd);
}

static void
raw_lines(struct transfer *t)
{
	FILE *in = fdopen(socket_accept(socket_listen(t->port)), "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t n;

	if (in == NULL)
		err(1, "fdopen");
	while ((n = getline(&text, &room, in)) > 0)
		t->bytes += n;
	free(text);
	fclose(in);
}

static void
raw_write(struct transfer *t)
{
	FILE *out = fdopen(socket_connect(t->port), "w");

	if (out == NULL || setvbuf(out, NULL, _IOFBF, PIECE) != 0)
		err(1, "fdopen");
	for (; t->bytes > 0; t->bytes -= LINE)
		if (fputs(line, out) == EOF || putc('\n', out) == EOF)
			err(1, "write");
	fclose(out);
}

/* Returns a socket whose other end a process of its own reads. */
static int
drained(void)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1)
		err(1, "socketpair");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		close(fds[1]);
		while (recv(fds[0], piece, PIECE, 0) > 0)
			;
		_exit(0);
	default:
		close(fds[0]);
		return fds[1];
	}
}

static void
raw_copy(struct transfer *t)
{
	int out = drained(), fd = socket_accept(socket_listen(t->port));
	ssize_t n;

	while ((n = recv(fd, piece, t->size, MSG_WAITALL)) > 0) {
		if (send(out, piece, (size_t)n, MSG_NOSIGNAL) != n)
			err(1, "send");
		t->bytes += n;
	}
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

	while ((n = bufferevent_read(bev, piece, PIECE)) > 0)
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

	while ((n = tcp_read(in, piece, PIECE)) > 0)
		t->bytes += n;
	if (n == -1)
		failed();
}

static void
tcpunit_write(struct transfer *t)
{
	tcp_port in, out;

	if (tcp_connect("127.0.0.1", (int)strtol(t->port, NULL, 10), NULL, &in,
		&out) == -1 ||
	    tcp_set_buffer_size(out, PIECE) == -1)
		failed();
	for (; t->bytes > 0; t->bytes -= LINE)
		if (tcp_write_line(out, line) == -1)
			failed();
	if (tcp_close_ports(in, out) == -1)
		failed();
}

static void
tcpunit_copy(struct transfer *t)
{
	tcp_port out = tcp_open_output_fd(drained());
	tcp_port in = accept_input(t->port);
	int64_t n;

	while ((n = tcp_copy_port(in, out, (int64_t)t->size)) > 0)
		t->bytes += n;
	if (n == -1)
		failed();
}

static void
tcpunit_lines(struct transfer *t)
{
	tcp_port in = accept_input(t->port);
	char *text;
	size_t n;
	int more;

	while ((more = tcp_read_line(in, TCPUNIT_NO_LIMIT, &text, &n)) == 1)
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
    {"raw", "write", raw_write},
    {"raw", "copy", raw_copy},
    {"bufferevent", "connect", bufferevent_connect},
    {"bufferevent", "listen", bufferevent_listen},
    {"tcpunit", "connect", tcpunit_connect},
    {"tcpunit", "listen", tcpunit_listen},
    {"tcpunit", "lines", tcpunit_lines},
    {"tcpunit", "write", tcpunit_write},
    {"tcpunit", "copy", tcpunit_copy},
};

static void
run(const char *how, const char *what, struct transfer *t)
{
	size_t i;

	for (i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (!strcmp(ends[i].how, how) && !strcmp(ends[i].what, what)) {
			ends[i].run(t);
			return;
		}
	errx(2, "pieces: %s %s", how, what);
}

int
main(int argc, char **argv)
{
	struct transfer t = {.size = PIECE};
	bool copies = argc > 4 && !strcmp(argv[2], "copy");

	if (argc < 4)
		errx(2, "usage: pieces HOW WHAT PORT [BYTES] [SIZE]");
	t.port = argv[3];
	if (argc > 4 && !copies)
		t.bytes = strtoll(argv[4], NULL, 10);
	if (argc > 5 || copies)
		t.size = (size_t)strtoul(argv[argc - 1], NULL, 10);
	if (t.size == 0 || t.size > PIECE)
		errx(2, "pieces: SIZE is from 1 to %d", PIECE);
	fill();
	run(argv[1], argv[2], &t);
	printf("%lld\n", t.bytes);
}
