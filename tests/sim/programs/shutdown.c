/* SPDX-License-Identifier: ISC */
/*
 * tcp_shutdown in the middle of the work: threads wait in all kinds of calls,
 * which never return; all their memory is freed.
 */
#include "../clock.h"
#include "../program.h"
#include "../random.h"

enum { MAX_THREADS = 10 };

static struct sim_link links[MAX_THREADS][2];
static struct sim_listener listener;

static void
wait_there(void *arg)
{
	struct sim_link *l = arg, link;

	switch (sim_below(8)) {
	case 0:
		(void)sim_read(&l[0].in, 100);
		break;
	case 1:
		(void)sim_write(&l[0].out, 1000000);
		break;
	case 2:
		(void)sim_read_line(&l[0].in, TCPUNIT_NO_LIMIT);
		break;
	case 3:
		(void)sim_accept(&listener, &link);
		break;
	case 4:
		(void)sim_copy(&l[0].in, &l[0].out, -1);
		break;
	case 5:
		(void)sim_connect("10.2.0.1", 9, -1, &link);
		break;
	case 6:
		(void)sim_connect("localhost", 9, 100, &link);
		break;
	default:
		(void)sim_sleep(-1);
		break;
	}
}

void
sim_run_shutdown(void)
{
	unsigned i, n = sim_below(MAX_THREADS);

	if (sim_listen(&listener, 3) == -1)
		return;
	for (i = 0; i < n; i++) {
		if (sim_pair(&links[i][0], &links[i][1]) == -1)
			break;
		if (sim_chance(3000))
			sim_set_buffer(&links[i][0].out, sim_some_bytes(1000));
		(void)sim_task_new(wait_there, links[i]);
		if (sim_chance(3000))
			sim_yield();
		sim_set_limit(&links[i][1].out, 10);
		if (sim_chance(3000))
			(void)sim_write(&links[i][1].out, 10);
	}
	(void)sim_sleep((int)sim_below(100));
	tcp_shutdown();
	sim_tasks_vanish();
	if (sim_chance(5000) && sim_pair(&links[0][0], &links[0][1]) == 0) {
		sim_close_link(&links[0][0]);
		sim_close_link(&links[0][1]);
	}
}
