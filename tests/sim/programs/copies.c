/* SPDX-License-Identifier: ISC */
/*
 * Copies with tcp_copy_port from a connection, a pipe and a file to each of
 * the three.
 */
#include "../program.h"
#include "../random.h"

enum { SIZE = 300000 };

struct lane {
	struct sim_port in, out;     /* the ports of the copy */
	struct sim_port feed, drain; /* the other ends of these ports */
	bool fed, drained;
};

static struct lane lanes[3];
static struct sim_link links[6][2];

static void
feed(void *arg)
{
	(void)sim_write_all(arg, sim_some_bytes(SIZE));
}

static void
drain(void *arg)
{
	(void)sim_read_all(arg);
}

static void
copy(void *arg)
{
	struct lane *l = arg;
	int64_t n;

	do {
		sim_set_limit(&l->in, sim_some_limit(500));
		sim_set_limit(&l->out, sim_some_limit(500));
		n = sim_copy(&l->in, &l->out,
		    sim_chance(3000) ? (int64_t)sim_some_bytes(SIZE) : -1);
		sim_some_work();
	} while (sim_goes_on(n));
	(void)sim_close(&l->out, false);
	(void)sim_close(&l->in, true);
}

static int
open_source(struct lane *l, struct sim_link *near, struct sim_link *far)
{
	switch (sim_below(3)) {
	case 0:
		if (sim_pair(far, near) == -1)
			return -1;
		(void)sim_close(&far->in, true);
		(void)sim_close(&near->out, false);
		l->in = near->in;
		l->feed = far->out;
		l->fed = true;
		return 0;
	case 1:
		l->fed = true;
		return sim_open_pipe(&l->in, &l->feed);
	default:
		return sim_open_file(&l->in, true, sim_some_bytes(SIZE));
	}
}

static int
open_target(struct lane *l, struct sim_link *near, struct sim_link *far)
{
	switch (sim_below(3)) {
	case 0:
		if (sim_pair(near, far) == -1)
			return -1;
		(void)sim_close(&far->out, false);
		(void)sim_close(&near->in, true);
		l->out = near->out;
		l->drain = far->in;
		l->drained = true;
		return 0;
	case 1:
		l->drained = true;
		return sim_open_pipe(&l->drain, &l->out);
	default:
		return sim_open_file(&l->out, false, 0);
	}
}

static void
close_source(struct lane *l)
{
	(void)sim_close(&l->in, true);
	if (l->fed)
		(void)sim_close(&l->feed, false);
}

void
sim_run_copies(void)
{
	unsigned i, n = 1 + sim_below(3), tasks = 0;
	struct sim_task *started[9];

	for (i = 0; i < n; i++) {
		if (open_source(
			&lanes[i], &links[2 * i][0], &links[2 * i][1]) == -1)
			break;
		if (open_target(&lanes[i], &links[2 * i + 1][0],
			&links[2 * i + 1][1]) == -1) {
			close_source(&lanes[i]);
			break;
		}
		if (lanes[i].fed)
			started[tasks++] = sim_task_new(feed, &lanes[i].feed);
		if (lanes[i].drained)
			started[tasks++] = sim_task_new(drain, &lanes[i].drain);
		started[tasks++] = sim_task_new(copy, &lanes[i]);
	}
	for (i = 0; i < tasks; i++)
		(void)sim_join(started[i], -1);
}
