/* SPDX-License-Identifier: ISC */
/*
 * Groups of threads.  Each thread of a group has a member, which leaves when
 * the thread ends.
 */
#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "runtime.h"
#include "waiter.h"

enum { PAUSE_MS = 100 }; /* from terminating to terminating again */

struct tu_group {
	struct tu_members members;
	struct tu_waiters waiters;
	struct tu_error *error; /* of the first thread that failed */
	bool failed;            /* one has, perhaps without an error */
};

static bool is_member(const struct tu_group *, const struct tu_thread *);
static void terminate(struct tu_group *);
static void leave(struct tu_ending *, struct tu_thread *);
static void drop(void *);

tcp_group
tcp_make_group(void)
{
	struct tu_runtime *rt = tu_begin("make-group");
	struct tu_group *g;

	if (rt == NULL)
		return (tcp_group){0};
	g = calloc(1, sizeof(*g));
	if (g != NULL)
		TAILQ_INIT(&g->waiters);
	return (tcp_group){tu_object_register(rt, TU_GROUP, g, drop)};
}

bool
tcp_group_p(tcp_group g)
{
	return tu_handle_kind(g.bits) == TU_GROUP;
}

tcp_thread
tcp_group_start(tcp_group handle, void *(*thunk)(void *), void *arg,
    const struct tcp_thread_options *options)
{
	struct tu_runtime *rt = tu_begin("group-start");
	struct tu_group *g = tu_find(rt, TU_GROUP, handle.bits);
	struct tu_member *m;
	tcp_thread t;

	if (rt == NULL || g == NULL)
		return (tcp_thread){0};
	m = malloc(sizeof(*m));
	if (m == NULL) {
		tu_raise(TCPUNIT_ERROR_SYSTEM, ENOMEM, NULL);
		return (tcp_thread){0};
	}
	t = tu_thread_start(rt, thunk, arg, options);
	if (!tcp_thread_p(t)) {
		free(m);
		return t;
	}
	*m = (struct tu_member){.ending.f = leave,
	    .group = g,
	    .thread = tu_object(TU_THREAD, t.bits)};
	LIST_INSERT_HEAD(&g->members.list, m, link);
	LIST_INSERT_HEAD(&m->thread->endings, &m->ending, link);
	(void)tcp_thread_detach(t); /* it is new */
	return t;
}

int
tcp_group_wait(tcp_group handle, int timeout)
{
	struct tu_runtime *rt = tu_enter("group-wait");
	struct tu_group *g = tu_find(rt, TU_GROUP, handle.bits);
	struct tu_thread *self;
	struct tu_waiter w;
	enum tu_wake woken;

	if (g == NULL || tu_check_time(timeout) == -1)
		return -1;
	self = rt->scheduler.current;
	if (LIST_EMPTY(&g->members.list))
		return 0;
	if (tu_members_wait_for(&g->members, self))
		return tu_raise_wake(TU_DEADLOCK, NULL);
	tu_limit(&rt->scheduler, timeout);
	self->awaits_all = &g->members;
	woken = tu_waiter_wait(&w, &rt->scheduler, &g->waiters, NULL, TU_NEVER);
	self->awaits_all = NULL;
	if (w.given)
		return 0;
	return tu_raise_wake(woken == TU_READY ? TU_TIMED_OUT : woken, NULL);
}

int
tcp_group_terminate(tcp_group handle, int timeout)
{
	struct tu_runtime *rt = tu_enter("group-terminate");
	struct tu_group *g;
	struct tu_waiter w = {0};
	enum tu_wake woken = TU_ELAPSED;

	if (rt == NULL || tu_check_time(timeout) == -1)
		return -1;
	tu_limit(&rt->scheduler, timeout);
	while (!w.given && (woken == TU_READY || woken == TU_ELAPSED)) {
		g = tu_find(rt, TU_GROUP, handle.bits);
		if (g == NULL)
			return -1;
		if (LIST_EMPTY(&g->members.list))
			return 0;
		if (is_member(g, rt->scheduler.current))
			return tu_raise_wake(TU_DEADLOCK, NULL);
		if (woken == TU_ELAPSED) /* and not at the end of the limit */
			terminate(g);
		woken = tu_waiter_wait(
		    &w, &rt->scheduler, &g->waiters, NULL, tu_after(PAUSE_MS));
	}
	return w.given ? 0 : tu_raise_wake(woken, NULL);
}

const struct tcp_error *
tcp_group_error(tcp_group handle)
{
	struct tu_runtime *rt = tu_begin("group-error");
	struct tu_group *g = tu_find(rt, TU_GROUP, handle.bits);

	if (g == NULL)
		return NULL;
	return g->error != NULL ? &g->error->record : &tu_error_none;
}

int
tcp_close_group(tcp_group handle)
{
	struct tu_runtime *rt = tu_begin("close-group");
	struct tu_group *g = tu_find(rt, TU_GROUP, handle.bits);

	if (g == NULL)
		return -1;
	tu_handle_release(&rt->handles, handle.bits);
	drop(g);
	return 0;
}

static bool
is_member(const struct tu_group *g, const struct tu_thread *t)
{
	const struct tu_member *m;

	LIST_FOREACH(m, &g->members.list, link)
	if (m->thread == t)
		return true;
	return false;
}

/* A thread that has not noticed the last termination yet is left alone. */
static void
terminate(struct tu_group *g)
{
	struct tu_member *m;

	LIST_FOREACH(m, &g->members.list, link)
	if (m->thread->terminations == 0)
		tu_terminate(m->thread);
}

static void
leave(struct tu_ending *ending, struct tu_thread *t)
{
	struct tu_member *m = (struct tu_member *)ending;
	struct tu_group *g = m->group;

	if (t->result != NULL && !g->failed) {
		g->failed = true;
		g->error = t->error;
		t->error = NULL;
	}
	LIST_REMOVE(m, link);
	free(m);
	if (LIST_EMPTY(&g->members.list))
		while (tu_waiters_give(&g->waiters, NULL))
			;
}

/* The threads go on without the group. */
static void
drop(void *object)
{
	struct tu_group *g = object;
	struct tu_member *m;

	while ((m = LIST_FIRST(&g->members.list)) != NULL) {
		LIST_REMOVE(&m->ending, link);
		LIST_REMOVE(m, link);
		free(m);
	}
	tu_waiters_close(&g->waiters);
	tu_error_free(g->error);
	free(g);
}
