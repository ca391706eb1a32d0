/* SPDX-License-Identifier: ISC */
/*
 * A chat: a line from one member is written to all members.  Some of them read
 * slowly, and are dropped when a write to them takes too long.
 */
#include "../clock.h"
#include "../program.h"
#include "../random.h"

enum { MAX_MEMBERS = 6, SAYINGS = 10 };

static struct sim_link clients[MAX_MEMBERS], servers[MAX_MEMBERS];
static bool dropped[MAX_MEMBERS], busy[MAX_MEMBERS];
static unsigned members, talking;

/* A port has one writer at a time; a second writer skips this member. */
static void
say_to(unsigned i, size_t n)
{
	if (dropped[i] || busy[i])
		return;
	busy[i] = true;
	if (sim_write(&servers[i].out, n) == -1)
		dropped[i] = true;
	busy[i] = false;
}

static void
serve(void *arg)
{
	struct sim_link *l = arg;
	unsigned i;
	ssize_t n;

	while ((n = sim_read(&l->in, 1000)) > 0)
		for (i = 0; i < members; i++)
			say_to(i, (size_t)n);
	if (--talking == 0)
		for (i = 0; i < members; i++)
			sim_close_link(&servers[i]);
}

static void
listen_slowly(void *arg)
{
	struct sim_link *l = arg;

	while (sim_read(&l->in, sim_some_bytes(300)) > 0)
		if (sim_chance(3000))
			(void)sim_sleep((int)sim_below(200));
	(void)sim_close(&l->in, true);
}

static void
talk(void *arg)
{
	struct sim_link *l = arg;
	unsigned i;

	for (i = 0; i < SAYINGS; i++) {
		if (sim_write(&l->out, sim_some_bytes(400)) == -1)
			break;
		(void)sim_sleep((int)sim_below(50));
		sim_some_work();
	}
	(void)sim_close(&l->out, false);
}

void
sim_run_chat(void)
{
	struct sim_task *tasks[3 * MAX_MEMBERS];
	unsigned i, n = 0, wanted = 2 + sim_below(MAX_MEMBERS - 1);

	while (members < wanted &&
	    sim_pair(&clients[members], &servers[members]) == 0)
		members++;
	talking = members;
	for (i = 0; i < members; i++) {
		sim_set_limit(&servers[i].out, 1 + (int)sim_below(100));
		tasks[n++] = sim_task_new(serve, &servers[i]);
		tasks[n++] = sim_task_new(listen_slowly, &clients[i]);
		tasks[n++] = sim_task_new(talk, &clients[i]);
	}
	while (n > 0)
		(void)sim_join(tasks[--n], -1);
}
