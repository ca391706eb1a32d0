/* SPDX-License-Identifier: ISC */
/*
 * Fairness: threads that never wait, because their limits are 0 or their bytes
 * are always there, beside threads that do the real work.
 */
#include "../clock.h"
#include "../program.h"
#include "../random.h"
#include "../verdict.h"

enum { MAX_GREEDY = 4, CALLS = 4000 };

static struct sim_link idle[2], busy[2];
static struct sim_listener listener;
static bool over;

static void
ask_one_thing(unsigned kind)
{
	struct sim_link link;

	switch (kind) {
	case 0:
		(void)sim_read(&idle[0].in, 10);
		break;
	case 1:
		(void)sim_char_ready(&idle[1].in);
		break;
	case 2:
		if (sim_accept(&listener, &link) == 0)
			sim_close_link(&link);
		break;
	case 3:
		(void)tcp_accept_ready(listener.listener);
		break;
	case 4:
		(void)sim_read_buffered(&idle[1].in, 10);
		break;
	case 5:
		(void)sim_wait(&idle[1].in, TCPUNIT_READABLE, 0);
		break;
	default:
		sim_yield();
		break;
	}
}

static void
be_greedy(void *arg)
{
	unsigned kind = (unsigned)(uintptr_t)arg;
	int i;

	for (i = 0; i < CALLS && !over; i++)
		ask_one_thing(kind);
}

static void
work(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 20; i++) {
		if (sim_write(&busy[0].out, 1) == -1 ||
		    sim_read_string(&busy[1].in, 1) < 1)
			break;
		(void)sim_sleep(1);
	}
	over = true;
}

void
sim_run_fairness(void)
{
	struct sim_task *tasks[MAX_GREEDY + 1];
	unsigned i, n = 0, kind = sim_below(7), greedy = 1 + sim_below(4);
	int j;

	if (sim_listen(&listener, 4) == -1)
		return;
	(void)tcp_set_accept_timeout(listener.listener, listener.ms = 0);
	if (sim_pair(&idle[0], &idle[1]) == -1) {
		(void)sim_close_listener(&listener);
		return;
	}
	if (sim_pair(&busy[0], &busy[1]) == 0) {
		sim_set_limit(&idle[0].in, 0);
		for (i = 0; i < greedy; i++)
			tasks[n++] = sim_task_new(
			    be_greedy, (void *)(uintptr_t)((kind + i) % 7));
		tasks[n++] = sim_task_new(work, NULL);
		while (n > 0)
			(void)sim_join(tasks[--n], -1);
		for (j = 0; j < 2; j++)
			sim_close_link(&busy[j]);
	}
	for (j = 0; j < 2; j++)
		sim_close_link(&idle[j]);
	(void)sim_close_listener(&listener);
}
