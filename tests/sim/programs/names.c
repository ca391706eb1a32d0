/* SPDX-License-Identifier: ISC */
/*
 * Look-ups with deadlines: the answers come at once, late, or not during the
 * run; callers give up or are terminated meanwhile.
 */
#include "../clock.h"
#include "../os_thread.h"
#include "../program.h"
#include "../random.h"
#include "../resolver.h"
#include "../verdict.h"

enum { MAX_ASKERS = 20, MAX_OS_THREADS = 8 };

static const char *const known[] = {
    "quick.test", "slow.test", "silent.test", "empty.test", "other.test"};

static void
ask(void *arg)
{
	struct sim_link link;
	int i, n = 1 + (int)sim_below(5);

	(void)arg;
	for (i = 0; i < n; i++) {
		if (sim_connect(known[sim_below(5)], 7, sim_some_limit(4000),
			&link) == 0)
			sim_close_link(&link);
		else if (sim_failure() == TCPUNIT_ERROR_TERMINATED)
			return;
		sim_some_work();
	}
}

void
sim_run_names(void)
{
	static const char *const here[] = {"127.0.0.1"};
	struct sim_task *tasks[MAX_ASKERS] = {NULL};
	unsigned i, n = 1 + sim_below(MAX_ASKERS);

	sim_name(known[0], here, 1, sim_between(0, SIM_MS));
	sim_name(known[1], here, 1, sim_between(0, 2 * SIM_S));
	sim_name(known[2], here, 1, sim_between(5 * SIM_S, 30 * SIM_S));
	sim_name(known[3], here, 0, sim_between(0, SIM_S));
	for (i = 0; i < n; i++)
		tasks[i] = sim_task_new(ask, NULL);
	if (sim_chance(5000)) {
		(void)sim_sleep((int)sim_below(1000));
		i = sim_below(n);
		if (!tasks[i]->ended)
			sim_terminate(tasks[i]);
	}
	for (i = 0; i < n; i++)
		(void)sim_join(tasks[i], -1);
	if (sim_os_threads_most() > MAX_OS_THREADS)
		sim_fail("%u OS threads look names up", sim_os_threads_most());
}
