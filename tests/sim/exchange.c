/* SPDX-License-Identifier: ISC */
/*
 * Checked calls by which threads wait for one another.
 */
#include "exchange.h"

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "invariant.h"
#include "stale.h"
#include "verdict.h"

enum { SERIAL = 1 << 20 };

static bool is_free(const struct sim_call *, int64_t);
static void set_owner(struct sim_mutex *, struct sim_task *);
static bool has_room(const struct sim_call *, int64_t);
static bool has_message(const struct sim_call *, int64_t);
static void note_message(struct sim_mailbox *, uintptr_t);
static int wait_group(
    struct sim_group *, const char *, int (*)(tcp_group, int), int);
static bool has_ended(const struct sim_call *, int64_t);

void
sim_make_mutex(struct sim_mutex *m)
{
	*m = (struct sim_mutex){.handle = tcp_make_mutex()};
	if (!tcp_mutex_p(m->handle))
		sim_fail("no mutex: %s", tcp_last_error()->text);
}

int
sim_lock(struct sim_mutex *m, int ms)
{
	struct sim_call c;
	int r;

	sim_call_begin(&c, "lock", ms);
	c.mutex = m;
	c.target = m->owner;
	c.closed = &m->closed;
	c.inside = true;
	c.ready = is_free;
	m->waiting++;
	r = tcp_mutex_lock(m->handle, ms);
	if (r != -1 && m->owner != NULL && !m->owner->ended)
		sim_fail("a mutex is locked that %u owns", m->owner->number);
	if (r != -1)
		set_owner(m, sim_task_self());
	sim_call_end(&c, r == -1);
	m->waiting--;
	return r;
}

void
sim_unlock(struct sim_mutex *m)
{
	if (m->owner != sim_task_self())
		sim_fail(
		    "%u lost the mutex that it owned", sim_task_self()->number);
	set_owner(m, NULL);
	m->free_since = sim_now();
	if (tcp_mutex_unlock(m->handle) == -1)
		sim_fail("unlock: %s", tcp_last_error()->text);
}

void
sim_close_mutex(struct sim_mutex *m)
{
	if (tcp_close_mutex(m->handle) == -1)
		sim_fail("close mutex: %s", tcp_last_error()->text);
	m->closed = true;
	sim_stale_mutex(m->handle);
}

/* The mutex goes to the first thread that waits.  The simulation does not know
 * which thread that is; the library does. */
static bool
is_free(const struct sim_call *c, int64_t by)
{
	const struct sim_mutex *m = c->mutex;
	const struct sim_task *owner = m->owner;
	int64_t since = owner != NULL ? owner->ended_at : m->free_since;

	return m->waiting == 1 && (owner == NULL || owner->ended) &&
	    since <= by;
}

static void
set_owner(struct sim_mutex *m, struct sim_task *owner)
{
	struct sim_task *t;
	unsigned i;

	m->owner = owner;
	for (i = 0; (t = sim_task_at(i)) != NULL; i++)
		if (!t->ended && t->call != NULL && t->call->mutex == m)
			t->call->target = owner;
}

void
sim_make_condition(struct sim_condition *c)
{
	*c = (struct sim_condition){.handle = tcp_make_condition()};
	if (!tcp_condition_p(c->handle))
		sim_fail("no condition: %s", tcp_last_error()->text);
}

int
sim_await_signal(struct sim_condition *condition, int ms)
{
	struct sim_call c;
	int r;

	sim_call_begin(&c, "wait", ms);
	c.closed = &condition->closed;
	c.inside = true;
	r = tcp_condition_wait(condition->handle, ms);
	sim_call_end(&c, r == -1);
	return r;
}

void
sim_rouse(struct sim_condition *c, bool all)
{
	struct sim_task *self = sim_task_self();
	uint64_t turn = sim_turn();
	int r = all ? tcp_condition_broadcast(c->handle)
		    : tcp_condition_signal(c->handle);

	if (r == -1)
		sim_fail("signal: %s", tcp_last_error()->text);
	if (sim_turn() != turn || sim_task_self() != self)
		sim_fail("a signal lets other threads run");
}

void
sim_close_condition(struct sim_condition *c)
{
	if (tcp_close_condition(c->handle) == -1)
		sim_fail("close condition: %s", tcp_last_error()->text);
	c->closed = true;
	sim_stale_condition(c->handle);
}

void
sim_make_mailbox(struct sim_mailbox *m, unsigned capacity)
{
	*m = (struct sim_mailbox){
	    .handle = tcp_make_mailbox(capacity), .capacity = capacity};
	if (!tcp_mailbox_p(m->handle))
		sim_fail("no mailbox: %s", tcp_last_error()->text);
}

int
sim_send(struct sim_mailbox *m, unsigned sender, int ms)
{
	uintptr_t message = sender * SERIAL + m->sent[sender] + 1;
	struct sim_call c;
	int r;

	sim_call_begin(&c, "send", ms);
	c.mailbox = m;
	c.inside = true;
	c.ready = has_room;
	m->sending++;
	r = tcp_mailbox_send(m->handle, (void *)message, ms);
	if (r == 0)
		m->sent[sender]++;
	sim_call_end(&c, r == -1);
	m->sending--;
	return r;
}

int
sim_receive(struct sim_mailbox *m, int ms)
{
	struct sim_call c;
	void *message;
	int r;

	sim_call_begin(&c, "receive", ms);
	c.mailbox = m;
	c.inside = true;
	c.ready = has_message;
	m->receiving++;
	r = tcp_mailbox_receive(m->handle, &message, ms);
	if (r == 0)
		note_message(m, (uintptr_t)message);
	sim_call_end(&c, r == -1);
	m->receiving--;
	return r;
}

/* Closing a source ends a select as it would end a receive. */
int
sim_select(struct sim_mailbox *m, struct sim_condition *condition, int ms)
{
	struct tcp_choice choices[2] = {
	    {.mailbox = m->handle}, {.condition = condition->handle}};
	struct sim_call c;
	int r;

	sim_call_begin(&c, "select", ms);
	c.mailbox = m;
	c.inside = true;
	c.ready = has_message;
	m->receiving++;
	r = tcp_select(choices, 2, ms);
	if (r == 0 && !choices[0].closed)
		note_message(m, (uintptr_t)choices[0].message);
	sim_call_end(&c, r == -1);
	m->receiving--;
	if (r == -1 || !choices[r].closed)
		return r;
	sim_task_self()->failure = TCPUNIT_ERROR_CLOSED;
	return -1;
}

void
sim_close_mailbox(struct sim_mailbox *m)
{
	if (tcp_close_mailbox(m->handle) == -1)
		sim_fail("close mailbox: %s", tcp_last_error()->text);
	m->closed_at = sim_now();
	m->closed = true;
}

/* The messages on the way were sent by calls that have returned. */
static unsigned
inside(const struct sim_mailbox *m)
{
	unsigned i, n = 0;

	for (i = 0; i < SIM_SENDERS; i++)
		n += m->sent[i] - m->received[i];
	return n;
}

/* The count is exact unless other threads are in calls: they may have been
 * served, but not have run since.  It is not known since when there has been
 * room. */
static bool
has_room(const struct sim_call *c, int64_t by)
{
	const struct sim_mailbox *m = c->mailbox;

	if (m->closed)
		return m->closed_at <= by;
	return by >= sim_now() &&
	    (m->sending == 1 && m->receiving == 0 && inside(m) < m->capacity);
}

static bool
has_message(const struct sim_call *c, int64_t by)
{
	const struct sim_mailbox *m = c->mailbox;

	if (m->closed)
		return m->closed_at <= by;
	return by >= sim_now() &&
	    (m->receiving == 1 && m->sending == 0 && inside(m) > 0);
}

/* A message may be received before its sender has returned, and a thread that
 * was given a message may run later than a thread that took the next one. */
static void
note_message(struct sim_mailbox *m, uintptr_t message)
{
	unsigned sender = (unsigned)(message / SERIAL);
	unsigned serial = (unsigned)(message % SERIAL);

	if (sender >= SIM_SENDERS || serial < 1 || serial > SIM_MESSAGES)
		sim_fail("message %u of sender %u is none", serial, sender);
	if (m->seen[sender][serial])
		sim_fail("message %u of sender %u is received twice", serial,
		    sender);
	if (m->ordered && serial != m->received[sender] + 1)
		sim_fail("message %u of sender %u is received after %u", serial,
		    sender, m->received[sender]);
	m->seen[sender][serial] = true;
	m->received[sender]++;
}

void
sim_make_group(struct sim_group *g)
{
	*g = (struct sim_group){.handle = tcp_make_group()};
	if (!tcp_group_p(g->handle))
		sim_fail("no group: %s", tcp_last_error()->text);
}

struct sim_task *
sim_join_group(struct sim_group *g, void (*f)(void *), void *arg)
{
	g->alive++;
	return sim_task_in(g->handle, f, arg);
}

void
sim_leave_group(struct sim_group *g)
{
	g->alive--;
}

int
sim_group_wait(struct sim_group *g, int ms)
{
	return wait_group(g, "group wait", tcp_group_wait, ms);
}

int
sim_group_terminate(struct sim_group *g, int ms)
{
	return wait_group(g, "group terminate", tcp_group_terminate, ms);
}

void
sim_close_group(struct sim_group *g)
{
	if (tcp_close_group(g->handle) == -1)
		sim_fail("close group: %s", tcp_last_error()->text);
	g->closed = true;
}

static int
wait_group(
    struct sim_group *g, const char *name, int (*f)(tcp_group, int), int ms)
{
	struct sim_call c;
	int r;

	sim_call_begin(&c, name, ms);
	c.group = g;
	c.closed = &g->closed;
	c.inside = true;
	c.ready = has_ended;
	r = f(g->handle, ms);
	if (r == 0 && g->alive > 0)
		sim_fail("%u threads of a group have not ended", g->alive);
	sim_call_end(&c, r == -1);
	return r;
}

static bool
has_ended(const struct sim_call *c, int64_t by)
{
	return c->group->alive == 0 && by >= sim_now();
}

void
sim_set_deadline(int ms)
{
	struct sim_task *t = sim_task_self();

	if (tcp_set_deadline(ms, NULL) == -1)
		sim_fail("set deadline: %s", tcp_last_error()->text);
	if (t->deadline == 0 || sim_now() + ms * SIM_MS < t->deadline)
		t->deadline = sim_now() + ms * SIM_MS;
}

void
sim_end_deadline(void)
{
	tcp_restore_deadline((tcp_deadline){0});
	sim_task_self()->deadline = 0;
}
