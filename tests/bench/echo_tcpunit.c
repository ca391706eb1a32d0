/* SPDX-License-Identifier: ISC */
/*
 * echo_tcpunit PORT [lines] - an echo server with a green thread for each
 * connection, which reads the bytes that are there, or lines.
 */
#include <err.h>
#include <stdlib.h>
#include <tcpunit.h>

struct client {
	tcp_port in, out;
};

static void
echo_bytes(struct client *c)
{
	char piece[1024];
	ssize_t n;

	while ((n = tcp_read(c->in, piece, sizeof piece)) > 0)
		if (tcp_write(c->out, piece, (size_t)n) != n)
			break;
}

static void
echo_lines(struct client *c)
{
	char *line;
	size_t len;

	while (tcp_read_line(c->in, TCPUNIT_NO_LIMIT, &line, &len) == 1)
		if (tcp_write_line(c->out, line) == -1)
			break;
}

static void
close_client(struct client *c)
{
	tcp_close_ports(c->in, c->out);
	free(c);
}

static void *
serve_bytes(void *arg)
{
	echo_bytes(arg);
	close_client(arg);
	return NULL;
}

static void *
serve_lines(void *arg)
{
	echo_lines(arg);
	close_client(arg);
	return NULL;
}

int
main(int argc, char **argv)
{
	struct tcp_listen_options o = {TCPUNIT_LISTEN_DEFAULTS};
	struct client *c;
	tcp_listener l;
	tcp_thread t;

	if (argc < 2)
		errx(2, "usage: echo_tcpunit PORT [lines]");
	o.host = "127.0.0.1";
	o.backlog = 4096;
	l = tcp_listen((int)strtol(argv[1], NULL, 10), &o);
	while ((c = malloc(sizeof *c)) && !tcp_accept(l, &c->in, &c->out)) {
		t = tcp_thread_start(argc > 2 ? serve_lines : serve_bytes, c);
		if (tcp_thread_detach(t) == -1)
			break;
	}
	errx(1, "%s", tcp_last_error()->text);
}
