/* SPDX-License-Identifier: ISC */
/*
 * Echo: a server with a thread for each client; each client writes in one
 * thread and reads in another.
 */
#include "../program.h"
#include "../random.h"

enum { MAX_CLIENTS = 6 };

static struct sim_listener listener;
static struct sim_link links[2 * MAX_CLIENTS];
static uint64_t totals[MAX_CLIENTS];

/* Echoes: the output has the content of the input. */
static void
serve(void *arg)
{
	struct sim_link *l = arg;
	ssize_t n;

	l->out.flow->content =
	    (struct sim_content){.source = &l->in.flow->content};
	sim_set_limit(&l->in, sim_some_limit(500));
	do {
		n = sim_read(&l->in, sim_some_bytes(65536));
		sim_some_work();
		if (n > 0)
			n = sim_write(&l->out, (size_t)n);
	} while (sim_goes_on(n));
	sim_close_link(l);
}

static void
ask(void *arg)
{
	struct sim_link *l = arg;

	sim_set_limit(&l->out, sim_some_limit(500));
	(void)sim_write_all(&l->out, totals[l - links]);
}

static void
take(void *arg)
{
	struct sim_link *l = arg;

	sim_set_limit(&l->in, sim_some_limit(500));
	(void)sim_read_all(&l->in);
}

static void
client(void *arg)
{
	struct sim_link *l = arg;
	struct sim_task *t;

	if (sim_connect("localhost", listener.port, 10000, l) == -1)
		return;
	t = sim_task_new(ask, l);
	take(l);
	(void)sim_join(t, -1);
}

void
sim_run_echo(void)
{
	unsigned i, n = 1 + sim_below(MAX_CLIENTS);
	struct sim_task *clients[MAX_CLIENTS], *servers[MAX_CLIENTS];
	unsigned accepted = 0;

	if (sim_listen(&listener, (int)sim_below(5)) == -1)
		return;
	if (tcp_set_accept_timeout(listener.listener, 20000) == 0)
		listener.ms = 20000;
	for (i = 0; i < n; i++) {
		totals[i] = sim_some_bytes(100000);
		clients[i] = sim_task_new(client, &links[i]);
	}
	while (accepted < n &&
	    sim_accept(&listener, &links[MAX_CLIENTS + accepted]) == 0) {
		servers[accepted] =
		    sim_task_new(serve, &links[MAX_CLIENTS + accepted]);
		accepted++;
	}
	(void)sim_close_listener(&listener);
	for (i = 0; i < n; i++)
		(void)sim_join(clients[i], -1);
	for (i = 0; i < accepted; i++)
		(void)sim_join(servers[i], -1);
}
