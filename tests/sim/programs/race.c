/* SPDX-License-Identifier: ISC */
/*
 * Connect races: names with many addresses, of which some refuse, some are
 * silent, and some are on this machine; with limits, and beside threads that
 * compute.
 */
#include "../clock.h"
#include "../program.h"
#include "../random.h"
#include "../resolver.h"
#include "../verdict.h"

enum { MAX_RACES = 4 };

static struct sim_listener listener;
static char names[MAX_RACES][16];

static void
name(unsigned i)
{
	static const char *const addresses[] = {"10.1.0.1", "10.1.0.2",
	    "10.2.0.1", "10.2.0.2", "10.3.0.1", "127.0.0.1", "127.0.0.2", "::1",
	    "2001:db8::1", "2001:db8::2"};
	const char *some[SIM_MAX_ANSWERS];
	int n = 1 + (int)sim_below(SIM_MAX_ANSWERS), j;

	for (j = 0; j < n; j++)
		some[j] = addresses[sim_below(10)];
	names[i][0] = (char)('a' + i);
	sim_name(names[i], some, n, sim_between(0, 300 * SIM_MS));
}

static void
race(void *arg)
{
	struct sim_link link;
	int i, n = 1 + (int)sim_below(4);

	for (i = 0; i < n; i++) {
		if (sim_connect(
			arg, listener.port, sim_some_limit(3000), &link) == 0) {
			(void)sim_write(&link.out, sim_some_bytes(100));
			sim_close_link(&link);
		}
		sim_some_work();
	}
}

static void
work(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 30; i++) {
		sim_compute(sim_between(0, 100 * SIM_MS));
		(void)sim_sleep((int)sim_below(50));
	}
}

static void
serve(void *arg)
{
	struct sim_link link;

	(void)arg;
	for (;;) {
		if (sim_accept(&listener, &link) == 0) {
			(void)sim_close(&link.out, false);
			(void)sim_read_all(&link.in);
		} else if (sim_failure() == TCPUNIT_ERROR_CLOSED) {
			return;
		}
	}
}

void
sim_run_race(void)
{
	struct sim_task *tasks[MAX_RACES + 1], *server;
	unsigned i, n = 1 + sim_below(MAX_RACES);

	if (sim_listen(&listener, 1 + (int)sim_below(20)) == -1)
		return;
	server = sim_task_new(serve, NULL);
	for (i = 0; i < n; i++) {
		name(i);
		tasks[i] = sim_task_new(race, names[i]);
	}
	if (sim_chance(5000))
		tasks[n++] = sim_task_new(work, NULL);
	for (i = 0; i < n; i++)
		(void)sim_join(tasks[i], -1);
	(void)sim_close_listener(&listener);
	(void)sim_join(server, -1);
}
