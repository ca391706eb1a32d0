/* SPDX-License-Identifier: ISC */
/*
 * prog_http_pool.c - HTTP requests over a pool of connections, each with one
 * deadline; the example of tcpunit-tutorial(7).
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <tcpunit.h>

enum { CONNECTIONS = 2, LONGEST = 1000, SIZE = 100 };

struct connection {
	tcp_port in, out;
	bool open;
};

struct request {
	const char *path;
	int ms;
	char answer[SIZE];
};

static const char host[] = "127.0.0.1";
static tcp_listener listener;
static tcp_mailbox pool;
static tcp_group handlers;
static int port, visits;

/* Connects, unless an earlier request has done so.  If there is something
 * to read before the request, the server has closed the connection. */
static bool
make_ready(struct connection *c)
{
	if (c->open && tcp_char_ready(c->in) != 0) {
		tcp_close_ports(c->in, c->out);
		c->open = false;
	}
	if (c->open)
		return true;
	c->open = tcp_connect(host, port, NULL, &c->in, &c->out) == 0;
	return c->open;
}

/* Reads up to the empty line; returns the length of the body, or -1. */
static long
read_head(tcp_port in)
{
	static const char name[] = "Content-Length:";
	long length = -1;
	char *line;
	size_t len;

	if (tcp_read_line(in, LONGEST, &line, &len) != 1 ||
	    strncmp(line, "HTTP/1.1 200 ", 13) != 0)
		return -1;
	while (tcp_read_line(in, LONGEST, &line, &len) == 1) {
		if (len == 0)
			return length;
		if (strncasecmp(line, name, strlen(name)) == 0)
			length = strtol(line + strlen(name), NULL, 10);
	}
	return -1;
}

static bool
ask(struct connection *c, struct request *r)
{
	long n;

	if (!make_ready(c) ||
	    tcp_printf(c->out,
		"GET %s HTTP/1.1\r\n"
		"Host: localhost\r\n\r\n",
		r->path) == -1)
		return false;
	n = read_head(c->in);
	return n >= 0 && n < SIZE &&
	    tcp_read_string(c->in, r->answer, (size_t)n) == n;
}

static void *
get(void *arg)
{
	struct request *r = arg;
	struct connection *c;
	tcp_deadline outer;
	bool done = false;
	void *message;

	tcp_set_deadline(r->ms, &outer);
	if (tcp_mailbox_receive(pool, &message, -1) == 0) {
		c = message;
		done = ask(c, r);
		if (!done && c->open) {
			tcp_reset(c->out);
			c->open = false;
		}
		tcp_mailbox_send(pool, c, -1);
	}
	tcp_restore_deadline(outer);
	if (!done)
		snprintf(r->answer, SIZE, "%s", tcp_last_error()->reason);
	return NULL;
}

static void
get_all(struct request *requests, int n)
{
	tcp_group threads = tcp_make_group();

	for (int i = 0; i < n; i++)
		tcp_group_start(threads, get, &requests[i], NULL);
	tcp_group_wait(threads, -1);
	tcp_close_group(threads);
	for (int i = 0; i < n; i++)
		printf("%s: %s\n", requests[i].path, requests[i].answer);
}

static void
end(struct connection *c)
{
	tcp_close_ports(c->in, c->out);
	free(c);
}

/* The server answers each request but that for /never. */
static void *
serve(void *arg)
{
	struct connection *c = arg;
	char *line, path[SIZE];
	size_t len;

	while (tcp_read_line(c->in, LONGEST, &line, &len) == 1 &&
	    sscanf(line, "GET %99s HTTP/1.1", path) == 1) {
		while (tcp_read_line(c->in, LONGEST, &line, &len) == 1)
			if (len == 0)
				break;
		if (strcmp(path, "/never") != 0)
			tcp_printf(c->out,
			    "HTTP/1.1 200 OK\r\n"
			    "Content-Length: %zu\r\n\r\nthis is %s",
			    strlen(path) + 8, path);
	}
	end(c);
	return NULL;
}

static void *
accept_all(void *unused)
{
	struct connection *c;
	tcp_thread t;

	while ((c = malloc(sizeof(*c))) != NULL &&
	    tcp_accept(listener, &c->in, &c->out) == 0) {
		visits++;
		t = tcp_group_start(handlers, serve, c, NULL);
		if (!tcp_thread_p(t))
			end(c);
	}
	free(c);
	return unused;
}

int
main(void)
{
	struct tcp_listen_options local = {
	    TCPUNIT_LISTEN_DEFAULTS, .host = host};
	struct connection connections[CONNECTIONS] = {0};
	struct request together[] = {{"/a", 9000, ""}, {"/b", 9000, ""},
	    {"/c", 9000, ""}, {"/d", 9000, ""}};
	struct request never = {"/never", 50, ""};
	struct request later[] = {{"/e", 9000, ""}, {"/f", 9000, ""}};

	listener = tcp_listen(0, &local);
	port = tcp_listener_port(listener);
	handlers = tcp_make_group();
	pool = tcp_make_mailbox(CONNECTIONS);
	for (int i = 0; i < CONNECTIONS; i++)
		tcp_mailbox_send(pool, &connections[i], -1);
	if (!tcp_thread_p(tcp_thread_start(accept_all, NULL)))
		errx(1, "%s", tcp_last_error()->text);
	get_all(together, 4);
	get_all(&never, 1);
	tcp_group_terminate(handlers, -1);
	get_all(later, 2);
	printf("%d connections\n", visits);
	return 0;
}
