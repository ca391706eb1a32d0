/* SPDX-License-Identifier: ISC */
/*
 * prog_drain.c - a server that finishes its work when it gets SIGTERM; the
 * example of tcpunit-tutorial(7).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <tcpunit.h>

struct connection {
	tcp_port in, out;
};

static tcp_listener listener;
static tcp_group handlers;

static void *
answer(void *arg)
{
	struct connection *c = arg;
	char *line;
	size_t len;

	while (tcp_read_line(c->in, 1000, &line, &len) == 1)
		tcp_write_line(c->out, line);
	tcp_close_ports(c->in, c->out);
	free(c);
	return NULL;
}

static void *
serve(void *unused)
{
	struct connection *c;
	tcp_thread t;

	while ((c = malloc(sizeof(*c))) != NULL &&
	    tcp_accept(listener, &c->in, &c->out) == 0) {
		t = tcp_group_start(handlers, answer, c, NULL);
		if (tcp_thread_p(t))
			continue;
		tcp_close_ports(c->in, c->out);
		free(c);
	}
	free(c);
	return unused;
}

static void *
visit(void *unused)
{
	int port = tcp_listener_port(listener);
	tcp_port in, out, in2, out2;
	char *line;
	size_t len;

	if (tcp_connect("127.0.0.1", port, NULL, &in, &out) == -1)
		return unused;
	tcp_write_string(out, "half a question ");
	raise(SIGTERM);
	while (tcp_connect("127.0.0.1", port, NULL, &in2, &out2) == 0)
		tcp_close_ports(in2, out2);
	puts("others are refused");
	tcp_write_line(out, "and its end");
	tcp_close_output_port(out);
	if (tcp_read_line(in, 1000, &line, &len) == 1)
		printf("answer: %s\n", line);
	tcp_close_input_port(in);
	return unused;
}

int
main(void)
{
	struct tcp_listen_options local = {
	    TCPUNIT_LISTEN_DEFAULTS, .host = "127.0.0.1"};
	tcp_thread server, visitor;
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	sigprocmask(SIG_BLOCK, &ending, NULL);

	listener = tcp_listen(0, &local);
	handlers = tcp_make_group();
	server = tcp_thread_start(serve, NULL);
	visitor = tcp_thread_start(visit, NULL);
	tcp_wait_signal(&ending, -1);

	tcp_close(listener);
	tcp_thread_join(server, NULL, -1);
	if (tcp_group_wait(handlers, 10000) == -1)
		tcp_group_terminate(handlers, 1000);
	tcp_close_group(handlers);
	tcp_thread_join(visitor, NULL, -1);
	puts("all work is done");
	return 0;
}
