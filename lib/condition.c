/* SPDX-License-Identifier: ISC */
#include "condition.h"

#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "runtime.h"

static void drop(void *);

tcp_condition
tcp_make_condition(void)
{
	struct tu_runtime *rt = tu_begin("make-condition");
	struct tu_condition *c;

	if (rt == NULL)
		return (tcp_condition){0};
	c = calloc(1, sizeof(*c));
	if (c != NULL)
		TAILQ_INIT(&c->waiters);
	return (tcp_condition){tu_object_register(rt, TU_CONDITION, c, drop)};
}

bool
tcp_condition_p(tcp_condition c)
{
	return tu_handle_kind(c.bits) == TU_CONDITION;
}

/* Others must not run between the caller's look at its data and the wait, as
 * their signals would be lost.  So a call that fails without having waited is
 * counted at its end. */
int
tcp_condition_wait(tcp_condition handle, int timeout)
{
	struct tu_runtime *rt = tu_begin("condition-wait");
	struct tu_condition *c = tu_find(rt, TU_CONDITION, handle.bits);
	struct tu_waiter w;
	enum tu_wake woken;
	int error;

	if (c == NULL || tu_check_time(timeout) == -1)
		return -1;
	tu_limit(&rt->scheduler, timeout);
	woken = tu_waiter_wait(&w, &rt->scheduler, &c->waiters, NULL, TU_NEVER);
	if (w.given)
		return 0;
	error = errno;
	tu_call(&rt->scheduler);
	errno = error;
	return tu_raise_wake(woken == TU_READY ? TU_TIMED_OUT : woken, NULL);
}

int
tcp_condition_signal(tcp_condition handle)
{
	struct tu_runtime *rt = tu_begin("condition-signal");
	struct tu_condition *c = tu_find(rt, TU_CONDITION, handle.bits);

	if (c == NULL)
		return -1;
	if (!tu_waiters_give(&c->waiters, NULL))
		c->unheard++;
	return 0;
}

int
tcp_condition_broadcast(tcp_condition handle)
{
	struct tu_runtime *rt = tu_begin("condition-broadcast");
	struct tu_condition *c = tu_find(rt, TU_CONDITION, handle.bits);

	if (c == NULL)
		return -1;
	while (tu_waiters_give(&c->waiters, NULL))
		;
	c->unheard++; /* by those who look at something else */
	return 0;
}

int
tcp_close_condition(tcp_condition handle)
{
	struct tu_runtime *rt = tu_begin("close-condition");
	struct tu_condition *c = tu_find(rt, TU_CONDITION, handle.bits);

	if (c == NULL)
		return -1;
	tu_handle_release(&rt->handles, handle.bits);
	drop(c);
	return 0;
}

static void
drop(void *object)
{
	struct tu_condition *c = object;

	tu_waiters_close(&c->waiters);
	free(c);
}
