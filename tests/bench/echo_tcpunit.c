/* SPDX-License-Identifier: ISC */
/*
 * echo_tcpunit PORT [bytes|lines [N]] - an echo server with a green thread for
 * each connection, which reads the available bytes, or lines; on N OS threads,
 * each with its own listener.
 */
#include <err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <tcpunit.h>

struct client {
	tcp_port in, out;
};

static void *serve_bytes(void *);

static void *(*serve_client)(void *) = serve_bytes;
static bool shared; /* the port, among OS threads */

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

static void *
serve(void *port)
{
	struct tcp_listen_options o = {TCPUNIT_LISTEN_DEFAULTS};
	struct client *c;
	tcp_listener l;

	o.host = "127.0.0.1";
	o.backlog = 4096;
	o.reuse_port = shared;
	l = tcp_listen((int)strtol(port, NULL, 10), &o);
	while ((c = malloc(sizeof *c)) && !tcp_accept(l, &c->in, &c->out))
		if (tcp_thread_detach(tcp_thread_start(serve_client, c)) == -1)
			break;
	errx(1, "%s", tcp_last_error()->text);
}

int
main(int argc, char **argv)
{
	pthread_t thread;
	long n = 1;

	if (argc < 2 || argc > 4)
		errx(2, "usage: echo_tcpunit PORT [bytes|lines [N]]");
	if (argc > 2 && strcmp(argv[2], "lines") == 0)
		serve_client = serve_lines;
	if (argc > 3)
		n = strtol(argv[3], NULL, 10);
	shared = n > 1;
	while (--n > 0)
		if (pthread_create(&thread, NULL, serve, argv[1]) != 0)
			errx(1, "pthread_create");
	serve(argv[1]);
}
