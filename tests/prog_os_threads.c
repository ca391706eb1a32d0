/* SPDX-License-Identifier: ISC */
/*
 * prog_os_threads.c - an echo server on several OS threads, among which the
 * system distributes the connections; the example of tcpunit-tutorial(7).
 */
#include <err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <tcpunit.h>

enum { WORKERS = 2, CLIENTS = 64 };

struct connection {
	tcp_port in, out;
};

struct worker {
	pthread_t os_thread;
	int port, served;
	tcp_thread stopping; /* stops the worker when it is woken */
	atomic_bool ready;
};

static const char host[] = "127.0.0.1";
static tcp_thread starter;

static void
end(struct connection *c)
{
	tcp_close_ports(c->in, c->out);
	free(c);
}

static void *
echo(void *arg)
{
	struct connection *c = arg;

	tcp_copy_port(c->in, c->out, -1);
	end(c);
	return NULL;
}

static int
serve(tcp_listener listener)
{
	tcp_group handlers = tcp_make_group();
	struct connection *c;
	tcp_thread t;
	int n = 0;

	while ((c = malloc(sizeof(*c))) != NULL &&
	    tcp_accept(listener, &c->in, &c->out) == 0) {
		t = tcp_group_start(handlers, echo, c, NULL);
		n++;
		if (!tcp_thread_p(t))
			end(c);
	}
	free(c);
	tcp_group_wait(handlers, -1);
	tcp_close_group(handlers);
	return n;
}

static void *
stop(void *listener)
{
	tcp_wait_wake(-1);
	tcp_close(*(tcp_listener *)listener);
	return NULL;
}

static void *
work(void *arg)
{
	struct tcp_listen_options shared = {
	    TCPUNIT_LISTEN_DEFAULTS, .host = host, .reuse_port = true};
	struct worker *w = arg;
	tcp_listener listener;

	shared.backlog = CLIENTS;
	listener = tcp_listen(w->port, &shared);
	w->port = tcp_listener_port(listener);
	w->stopping = tcp_thread_start(stop, &listener);
	atomic_store(&w->ready, true);
	tcp_wake(starter);
	w->served = serve(listener);
	tcp_thread_join(w->stopping, NULL, -1);
	return NULL;
}

/* The system chooses the port of the first worker; the others share it. */
static void
start(struct worker *w, int port)
{
	w->port = port;
	if (pthread_create(&w->os_thread, NULL, work, w) != 0)
		errx(1, "there is no OS thread");
	while (!atomic_load(&w->ready))
		tcp_wait_wake(-1);
	if (w->port == -1)
		errx(1, "worker cannot listen");
}

static int
visit(int port)
{
	struct connection all[CLIENTS], *c;
	int answers = 0;

	for (c = all; c < all + CLIENTS; c++) {
		if (tcp_connect(host, port, NULL, &c->in, &c->out) == -1)
			errx(1, "%s", tcp_last_error()->text);
		tcp_write_byte(c->out, '?');
	}
	for (c = all; c < all + CLIENTS; c++) {
		answers += tcp_read_byte(c->in) == '?';
		tcp_close_ports(c->in, c->out);
	}
	return answers;
}

int
main(void)
{
	static struct worker workers[WORKERS];
	int busy = 0;

	starter = tcp_current_thread();
	for (int i = 0; i < WORKERS; i++)
		start(&workers[i], workers[0].port);
	printf("%d answers\n", visit(workers[0].port));
	for (int i = 0; i < WORKERS; i++) {
		tcp_wake(workers[i].stopping);
		pthread_join(workers[i].os_thread, NULL);
		busy += workers[i].served > 0;
	}
	printf("from %d OS threads\n", busy);
	return 0;
}
