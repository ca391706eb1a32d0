/* SPDX-License-Identifier: ISC */
/*
 * Endings: threads wait in each kind of call, and another thread closes, resets
 * or terminates them at any moment.
 */
#include "../clock.h"
#include "../program.h"
#include "../random.h"
#include "../verdict.h"

enum { MAX_WAITERS = 8 };

struct waiter {
	struct sim_task *task;
	struct sim_link near, far;
	struct sim_listener listener;
	unsigned kind;
	bool listens, linked;
};

static struct waiter waiters[MAX_WAITERS];

static int
wait_once(struct waiter *w)
{
	struct sim_link link;
	int r;

	switch (w->kind) {
	case 0:
		return sim_read(&w->near.in, 100) > 0 ? 0 : -1;
	case 1:
		return sim_read_line(&w->near.in, TCPUNIT_NO_LIMIT) > 0 ? 0
									: -1;
	case 2:
		return sim_write(&w->near.out, sim_some_bytes(300000)) == -1
		    ? -1
		    : 0;
	case 3:
		return sim_wait(&w->near.in, TCPUNIT_READABLE, -1) == -1 ? -1
									 : 0;
	case 4:
		r = sim_accept(&w->listener, &link);
		if (r == 0)
			sim_close_link(&link);
		return r;
	case 5:
		return sim_sleep(100000);
	case 6:
		return (int)sim_copy(&w->near.in, &w->near.out, 1);
	default:
		return sim_connect("10.2.0.1", 9, 100000, &link);
	}
}

/* Reads until a read fails, and for a while after a termination. */
static void
wait_there(void *arg)
{
	struct waiter *w = arg;
	int i;

	for (i = 0; i < 20; i++)
		if (wait_once(w) == -1 &&
		    sim_failure() != TCPUNIT_ERROR_TIMEOUT)
			break;
	(void)sim_sleep((int)sim_below(20));
	if (w->linked && !w->near.out.closed) {
		sim_set_limit(&w->near.out, 100);
		(void)sim_write(&w->near.out, 1);
	}
	(void)sim_sleep(1);
}

/* Closes or resets one side of its link. */
static void
close_side(struct waiter *w, unsigned how)
{
	if (!w->linked)
		return;
	if (how == 0)
		(void)sim_close(&w->near.in, true);
	else if (how == 1)
		sim_reset(&w->near);
	else if (how == 2)
		sim_close_link(&w->far);
	else
		sim_reset(&w->far);
}

/* Closes or resets one side of the link, or closes the listener.  Returns
 * whether this ends the call of W. */
static bool
end_by_closing(struct waiter *w)
{
	unsigned how = sim_below(5);
	bool reads = w->kind == 0 || w->kind == 1;

	if (how < 4) {
		close_side(w, how);
		if (how == 0)
			return reads || w->kind == 3;
		return reads ||
		    (how == 1 &&
			(w->kind == 2 || w->kind == 3 || w->kind == 6));
	}
	if (w->listens)
		(void)sim_close_listener(&w->listener);
	w->listens = false;
	return w->kind == 4;
}

static void
end_one(struct waiter *w)
{
	bool ends = sim_chance(8000) && end_by_closing(w);

	if (!ends && !w->task->ended)
		sim_terminate(w->task);
}

static bool
begin_one(struct waiter *w)
{
	w->kind = sim_below(8);
	if (w->kind == 4) {
		w->listens = sim_listen(&w->listener, 4) == 0;
		return w->listens;
	}
	w->linked = sim_pair(&w->near, &w->far) == 0;
	if (w->linked)
		sim_set_limit(&w->far.out, 100);
	return w->linked;
}

static void
clean_up(struct waiter *w)
{
	(void)sim_join(w->task, -1);
	if (w->linked) {
		sim_close_link(&w->near);
		sim_close_link(&w->far);
	}
	if (w->listens)
		(void)sim_close_listener(&w->listener);
}

void
sim_run_endings(void)
{
	unsigned i, n = 0, wanted = 1 + sim_below(MAX_WAITERS);

	while (n < wanted && begin_one(&waiters[n])) {
		waiters[n].task = sim_task_new(wait_there, &waiters[n]);
		n++;
	}
	for (i = 0; i < 2 * n; i++) {
		(void)sim_sleep((int)sim_below(100));
		sim_some_work();
		if (waiters[i % n].linked && sim_chance(5000))
			(void)sim_write(&waiters[i % n].far.out, 10);
	}
	for (i = 0; i < n; i++)
		end_one(&waiters[i]);
	while (n > 0)
		clean_up(&waiters[--n]);
}
