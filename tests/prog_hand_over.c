/* SPDX-License-Identifier: ISC */
/*
 * prog_hand_over.c - an echo server that hands its connections over to other
 * OS threads; the example of tcpunit-tutorial(7).
 */
#include <err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <tcpunit.h>
#include <unistd.h>

enum { WORKERS = 2, CLIENTS = 4, ROOM = 64, NONE = -1 };

struct worker {
	pthread_t os_thread;
	char name;
	tcp_thread thread;
	atomic_bool ready, ending;
	atomic_uint put, taken; /* counts */
	int queue[ROOM];        /* descriptors */
};

struct connection {
	tcp_port in, out;
	char worker;
};

static tcp_thread starter;

/* One OS thread puts, and another takes. */
static bool
put(struct worker *w, int fd)
{
	unsigned n = atomic_load(&w->put);

	if (n - atomic_load(&w->taken) == ROOM)
		return false;
	w->queue[n % ROOM] = fd;
	atomic_store(&w->put, n + 1);
	tcp_wake(w->thread);
	return true;
}

/* The next connection, or NONE.  Reads ending before put, as nothing is
 * put once ending is set. */
static int
take(struct worker *w)
{
	unsigned n = atomic_load(&w->taken);
	bool ending = atomic_load(&w->ending);
	int fd;

	while (atomic_load(&w->put) == n) {
		if (ending || tcp_wait_wake(-1) == -1)
			return NONE;
		ending = atomic_load(&w->ending);
	}
	fd = w->queue[n % ROOM];
	atomic_store(&w->taken, n + 1);
	return fd;
}

static void *
echo(void *arg)
{
	struct connection *c = arg;
	char *line;
	size_t len;

	while (tcp_read_line(c->in, 1000, &line, &len) == 1)
		tcp_printf(c->out, "%s, by worker %c\n", line, c->worker);
	tcp_close_ports(c->in, c->out);
	free(c);
	return NULL;
}

static void
begin(tcp_group handlers, char worker, int fd)
{
	struct connection *c = malloc(sizeof(*c));

	if (c == NULL || tcp_ports_from_fd(fd, &c->in, &c->out) == -1) {
		close(fd);
		free(c);
		return;
	}
	c->worker = worker;
	if (tcp_thread_p(tcp_group_start(handlers, echo, c, NULL)))
		return;
	tcp_close_ports(c->in, c->out);
	free(c);
}

static void *
work(void *arg)
{
	tcp_group handlers = tcp_make_group();
	struct worker *w = arg;
	int fd;

	w->thread = tcp_current_thread();
	atomic_store(&w->ready, true);
	tcp_wake(starter);
	while ((fd = take(w)) != NONE)
		begin(handlers, w->name, fd);
	tcp_group_wait(handlers, -1);
	tcp_close_group(handlers);
	return NULL;
}

static void
start(struct worker *w, char name)
{
	w->name = name;
	if (pthread_create(&w->os_thread, NULL, work, w) != 0)
		errx(1, "there is no OS thread");
	while (!atomic_load(&w->ready))
		tcp_wait_wake(-1);
}

static void *
visit(void *listener)
{
	int port = tcp_listener_port(*(tcp_listener *)listener);
	tcp_port in, out;
	char *line;
	size_t len;

	for (int i = 0; i < CLIENTS; i++) {
		if (tcp_connect("127.0.0.1", port, NULL, &in, &out) == -1)
			errx(1, "%s", tcp_last_error()->text);
		tcp_printf(out, "echo %d\n", i);
		if (tcp_read_line(in, 1000, &line, &len) == 1)
			puts(line);
		tcp_close_ports(in, out);
	}
	tcp_close(*(tcp_listener *)listener);
	return NULL;
}

int
main(void)
{
	struct tcp_listen_options local = {
	    TCPUNIT_LISTEN_DEFAULTS, .host = "127.0.0.1"};
	tcp_listener listener = tcp_listen(0, &local);
	static struct worker workers[WORKERS];
	tcp_port in, out;
	int n = 0, fd;

	starter = tcp_current_thread();
	for (int i = 0; i < WORKERS; i++)
		start(&workers[i], "ab"[i]);
	tcp_thread_detach(tcp_thread_start(visit, &listener));
	while (tcp_accept(listener, &in, &out) == 0) {
		fd = tcp_release_fd(in);
		if (fd != NONE && !put(&workers[n++ % WORKERS], fd))
			close(fd);
	}
	for (int i = 0; i < WORKERS; i++) {
		atomic_store(&workers[i].ending, true);
		tcp_wake(workers[i].thread);
		pthread_join(workers[i].os_thread, NULL);
	}
	return 0;
}
