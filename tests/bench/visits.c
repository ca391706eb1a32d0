/* SPDX-License-Identifier: ISC */
/*
 * visits HOW accept PORT | connect PORT SECONDS - short connections: the server
 * sends a byte and closes; the client reads the byte and the end of file,
 * closes, and connects again.  At the end it prints its connections per second.
 * HOW is plain sockets or the library.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <tcpunit.h>
#include <unistd.h>

#include "aid.h"

static void
raw_accept(const char *port)
{
	int fd, listener = socket_listen(port);

	for (;;) {
		fd = socket_accept(listener);
		if (send(fd, "x", 1, MSG_NOSIGNAL) == -1)
			warn("send");
		close(fd);
	}
}

static int
raw_visit(const char *port)
{
	int fd = socket_connect(port);
	char byte;
	ssize_t n;

	while ((n = recv(fd, &byte, 1, 0)) > 0)
		;
	close(fd);
	return (int)n;
}

static void
tcpunit_accept(const char *port)
{
	struct tcp_listen_options o = {TCPUNIT_LISTEN_DEFAULTS};
	tcp_listener l;
	tcp_port in, out;

	o.host = "127.0.0.1";
	o.backlog = 4096;
	l = tcp_listen((int)strtol(port, NULL, 10), &o);
	while (tcp_accept(l, &in, &out) == 0) {
		if (tcp_write_byte(out, 'x') == -1)
			warnx("%s", tcp_last_error()->text);
		tcp_close_ports(in, out);
	}
	errx(1, "%s", tcp_last_error()->text);
}

static int
tcpunit_visit(const char *port)
{
	tcp_port in, out;
	char byte;
	ssize_t n;

	if (tcp_connect("127.0.0.1", (int)strtol(port, NULL, 10), NULL, &in,
		&out) == -1)
		errx(1, "%s", tcp_last_error()->text);
	while ((n = tcp_read(in, &byte, 1)) > 0)
		;
	tcp_close_ports(in, out);
	return (int)n;
}

static void
visit(int (*once)(const char *), const char *port, double limit)
{
	double begin = seconds(), now;
	long n = 0;

	do {
		if (once(port) == -1)
			errx(1, "a visit failed");
		n++;
		now = seconds();
	} while (now < begin + limit);
	printf("%.1f\n", (double)n / (now - begin));
}

int
main(int argc, char **argv)
{
	int raw;

	if (argc < 4)
		errx(2, "usage: visits HOW accept PORT|connect PORT SECONDS");
	raw = !strcmp(argv[1], "raw");
	if (argc > 4)
		visit(raw ? raw_visit : tcpunit_visit, argv[3],
		    strtod(argv[4], NULL));
	else if (raw)
		raw_accept(argv[3]);
	else
		tcpunit_accept(argv[3]);
	return 0;
}
