/* SPDX-License-Identifier: ISC */
/*
 * Programs that the seed makes up: each thread has one end of some
 * connections, and runs a random list of calls on them.
 */
#include "../clock.h"
#include "../program.h"
#include "../random.h"

enum { MAX_PAIRS = 5 };

static struct sim_link ends[2 * MAX_PAIRS];
static struct sim_listener listener;
static struct sim_task *tasks[2 * MAX_PAIRS];
static unsigned n_tasks;

static void
read_somehow(struct sim_port *p)
{
	switch (sim_below(5)) {
	case 0:
		(void)sim_read(p, sim_some_bytes(10000));
		break;
	case 1:
		(void)sim_read_line(p, sim_some_bytes(100));
		break;
	case 2:
		(void)sim_read_string(p, sim_some_bytes(1000));
		break;
	case 3:
		(void)sim_read_buffered(p, sim_some_bytes(10000));
		break;
	default:
		(void)sim_char_ready(p);
		break;
	}
}

static void
write_somehow(struct sim_port *p)
{
	if (sim_chance(500))
		sim_set_buffer(p, sim_some_bytes(1000));
	else if (sim_chance(1000))
		(void)sim_flush(p);
	else
		(void)sim_write(p, sim_some_bytes(10000));
}

static void
meet_somebody(void)
{
	struct sim_link a;

	if (sim_chance(5000)) {
		if (sim_accept(&listener, &a) == 0)
			sim_close_link(&a);
	} else if (sim_connect("127.0.0.1", listener.port, sim_some_limit(100),
		       &a) == 0) {
		sim_close_link(&a);
	}
}

static void
do_something(struct sim_link *l)
{
	switch (sim_below(8)) {
	case 0:
	case 1:
		if (!l->in.closed)
			read_somehow(&l->in);
		break;
	case 2:
	case 3:
		if (!l->out.closed)
			write_somehow(&l->out);
		break;
	case 4:
		meet_somebody();
		break;
	case 5:
		(void)sim_sleep((int)sim_below(20));
		break;
	case 6:
		if (!l->in.closed)
			(void)sim_wait(
			    &l->in, TCPUNIT_READABLE, (int)sim_below(30));
		break;
	default:
		sim_some_work();
		break;
	}
}

/* Sets time limits first: no thread knows what the others do. */
static void
live(void *arg)
{
	struct sim_link *l = arg;
	int i, n = (int)sim_below(60);

	for (i = 0; i < n; i++) {
		if (!l->in.closed)
			sim_set_limit(&l->in, (int)sim_below(50));
		if (!l->out.closed)
			sim_set_limit(&l->out, (int)sim_below(50));
		do_something(l);
		if (sim_chance(200))
			(void)sim_close(&l->out, false);
	}
	sim_close_link(l);
}

void
sim_run_mixture(void)
{
	unsigned i, n = 1 + sim_below(MAX_PAIRS);

	if (sim_listen(&listener, (int)sim_below(5)) == -1)
		return;
	listener.ms = (int)sim_below(50);
	(void)tcp_set_accept_timeout(listener.listener, listener.ms);
	for (i = 0; i < n; i++) {
		if (sim_pair(&ends[2 * i], &ends[2 * i + 1]) == -1)
			break;
		tasks[n_tasks++] = sim_task_new(live, &ends[2 * i]);
		tasks[n_tasks++] = sim_task_new(live, &ends[2 * i + 1]);
	}
	while (n_tasks > 0)
		(void)sim_join(tasks[--n_tasks], -1);
	(void)sim_close_listener(&listener);
}
