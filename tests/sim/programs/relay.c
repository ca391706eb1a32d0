/* SPDX-License-Identifier: ISC */
/*
 * Relays: a client, a chain of relays of two copying threads each, and a
 * server; each end finishes writing in its own time.
 */
#include "../program.h"
#include "../random.h"

enum { MAX_HOPS = 3 };

struct leg {
	struct sim_port *in, *out;
};

static struct sim_link clients[MAX_HOPS + 1], servers[MAX_HOPS + 1];

/* Copies until the end of file, and passes the end of file on. */
static void
copy(void *arg)
{
	struct leg *leg = arg;
	int64_t n;

	do
		n = sim_copy(leg->in, leg->out,
		    sim_chance(3000) ? (int64_t)sim_some_bytes(100000) : -1);
	while (sim_goes_on(n));
	(void)sim_close(leg->out, false);
	(void)sim_close(leg->in, true);
}

static void
write_some(void *arg)
{
	(void)sim_write_all(arg, sim_some_bytes(300000));
}

static void
read_all(void *arg)
{
	(void)sim_read_all(arg);
}

/* A flow that a relay passes on has the same content at both of its ends. */
void
sim_run_relay(void)
{
	unsigned hops = 1 + sim_below(MAX_HOPS), i, n = 0, legs = 0;
	struct leg leg[2 * MAX_HOPS];
	struct sim_task *tasks[2 * MAX_HOPS + 4];
	int limit = sim_some_limit(2000);

	for (i = 0; i <= hops; i++) {
		if (sim_pair(&clients[i], &servers[i]) == -1)
			break;
		sim_set_limit(&clients[i].in, limit);
		sim_set_limit(&servers[i].out, limit);
	}
	if (i <= hops) {
		while (i-- > 0) {
			sim_close_link(&clients[i]);
			sim_close_link(&servers[i]);
		}
		return;
	}
	for (i = 0; i < hops; i++) {
		leg[legs++] = (struct leg){&servers[i].in, &clients[i + 1].out};
		leg[legs++] = (struct leg){&clients[i + 1].in, &servers[i].out};
	}
	tasks[n++] = sim_task_new(write_some, &clients[0].out);
	tasks[n++] = sim_task_new(read_all, &clients[0].in);
	tasks[n++] = sim_task_new(write_some, &servers[hops].out);
	tasks[n++] = sim_task_new(read_all, &servers[hops].in);
	for (i = 0; i < legs; i++)
		tasks[n++] = sim_task_new(copy, &leg[i]);
	for (i = 0; i < n; i++)
		(void)sim_join(tasks[i], -1);
}
