/* SPDX-License-Identifier: ISC */
/*
 * Pools: several threads accept from one listener, with limits; clients come at
 * random, and the machine may be short of descriptors.
 */
#include "../clock.h"
#include "../program.h"
#include "../random.h"

enum { MAX_CLIENTS = 12, MAX_WORKERS = 5 };

static struct sim_listener listener;
static unsigned clients_left, served, connected;

static void
serve(void *arg)
{
	struct sim_link link;

	(void)arg;
	while (clients_left > 0 || tcp_accept_ready(listener.listener) == 1) {
		if (sim_accept(&listener, &link) == -1) {
			if (sim_failure() == TCPUNIT_ERROR_CLOSED)
				return;
			continue;
		}
		served++;
		sim_some_work();
		(void)sim_write(&link.out, sim_some_bytes(200));
		sim_close_link(&link);
	}
}

static void
come(void *arg)
{
	struct sim_link link;

	(void)arg;
	(void)sim_sleep((int)sim_below(500));
	if (sim_connect("127.0.0.1", listener.port, 20000, &link) == 0) {
		connected++;
		(void)sim_close(&link.out, false);
		(void)sim_read_all(&link.in);
	}
	clients_left--;
}

void
sim_run_pool(void)
{
	struct sim_task *tasks[MAX_CLIENTS + MAX_WORKERS];
	unsigned i, n = 0;

	if (sim_listen(&listener, (int)sim_below(8)) == -1)
		return;
	listener.ms = 1 + (int)sim_below(200);
	(void)tcp_set_accept_timeout(listener.listener, listener.ms);
	clients_left = 1 + sim_below(MAX_CLIENTS);
	for (i = clients_left; i > 0; i--)
		tasks[n++] = sim_task_new(come, NULL);
	for (i = 1 + sim_below(MAX_WORKERS); i > 0; i--)
		tasks[n++] = sim_task_new(serve, NULL);
	while (n > 0)
		(void)sim_join(tasks[--n], -1);
	(void)sim_close_listener(&listener);
}
