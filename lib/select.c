/* SPDX-License-Identifier: ISC */
/*
 * Waiting for the first of several sources.  The thread has a waiter in the
 * queue of each mailbox and condition, and an event on the descriptor of each
 * input port; whatever wakes it takes it out of all others.
 */
#include <errno.h>

#include "condition.h"
#include "error.h"
#include "mailbox.h"
#include "port.h"
#include "runtime.h"
#include "watch.h"

enum { NONE = -1, FAILED = -2 }; /* instead of the index of a choice */

struct selection {
	struct tu_runtime *runtime;
	struct tcp_choice *choices;
	int n;
	void *objects[TCPUNIT_MAX_CHOICES];
	unsigned unheard[TCPUNIT_MAX_CHOICES]; /* by each condition */
	bool waited;
	int ports;             /* of the choices */
	int64_t until;         /* when a port has to be looked at again */
	struct tu_queue queue; /* woken by the events of the ports */
	struct tu_waiter waiters[TCPUNIT_MAX_CHOICES];
	struct tu_wait waits[TCPUNIT_MAX_CHOICES];
};

static int check(const struct tcp_choice *, int);
static int look_at_all(struct selection *);
static int look(struct selection *, int);
static int look_at_condition(struct selection *, int);
static enum tu_kind kind_of(const struct tcp_choice *);
static uint64_t bits_of(const struct tcp_choice *);
static enum tu_wake wait_for_any(struct selection *, int *);
static int watch(struct selection *, int);
static int watch_port(struct selection *, const struct tu_connection *);
static int end_wait(struct selection *);

int
tcp_select(struct tcp_choice *choices, int n, int timeout)
{
	struct selection s = {.choices = choices, .n = n};
	enum tu_wake woken = TU_READY;
	int chosen = NONE, error;

	s.runtime = tu_begin("select");
	if (s.runtime == NULL || tu_check_time(timeout) == -1 ||
	    check(choices, n) == -1)
		return -1;
	tu_limit(&s.runtime->scheduler, timeout);
	while (chosen == NONE && woken == TU_READY) {
		chosen = look_at_all(&s);
		if (chosen == NONE)
			woken = wait_for_any(&s, &chosen);
		if (chosen == NONE && woken == TU_READY)
			woken = tu_go_on(&s.runtime->scheduler);
	}
	error = errno;
	tu_call(&s.runtime->scheduler); /* not before: see condition.c */
	errno = error;
	if (chosen == NONE)
		return tu_raise_wake(woken, NULL);
	return chosen == FAILED ? -1 : chosen;
}

static int
check(const struct tcp_choice *choices, int n)
{
	if (choices == NULL || n < 1 || n > TCPUNIT_MAX_CHOICES)
		return tu_refuse(EINVAL, "%d choices", n);
	for (int i = 0; i < n; i++)
		if ((choices[i].mailbox.bits != 0) +
			(choices[i].condition.bits != 0) +
			(choices[i].input.bits != 0) !=
		    1)
			return tu_refuse(EINVAL, "choice %d is not one", i);
	return 0;
}

/* The first choice that is ready. */
static int
look_at_all(struct selection *s)
{
	int ready;

	for (int i = 0; i < s->n; i++) {
		ready = look(s, i);
		if (ready != 0)
			return ready == 1 ? i : FAILED;
	}
	return NONE;
}

/* Whether it is ready, as it also is if it is closed; or -1, with an error
 * raised. */
static int
look(struct selection *s, int i)
{
	struct tcp_choice *choice = &s->choices[i];
	enum tu_kind kind = kind_of(choice);
	void *object =
	    tu_handle_object(&s->runtime->handles, kind, bits_of(choice));
	struct tu_port *p;

	s->objects[i] = object;
	choice->message = NULL;
	choice->closed = object == NULL && errno == EBADF;
	if (choice->closed)
		return 1;
	if (object == NULL)
		return tu_lookup(kind, bits_of(choice)) == NULL ? -1 : 0;
	if (kind == TU_MAILBOX)
		return tu_mailbox_take(object, &choice->message);
	if (kind == TU_CONDITION)
		return look_at_condition(s, i);
	p = tu_input_idle(s->runtime, choice->input);
	return p == NULL ? -1 : tu_input_ready(p);
}

/* Whether it was signalled since the wait began, while this looked at the
 * other choices. */
static int
look_at_condition(struct selection *s, int i)
{
	const struct tu_condition *condition = s->objects[i];
	bool signalled = s->waited && condition->unheard != s->unheard[i];

	s->unheard[i] = condition->unheard;
	return signalled;
}

static enum tu_kind
kind_of(const struct tcp_choice *choice)
{
	if (choice->mailbox.bits != 0)
		return TU_MAILBOX;
	return choice->condition.bits != 0 ? TU_CONDITION : TU_INPUT;
}

static uint64_t
bits_of(const struct tcp_choice *choice)
{
	return choice->mailbox.bits | choice->condition.bits |
	    choice->input.bits; /* all but one are 0 */
}

/* TU_READY: one was chosen, or all have to be looked at again. */
static enum tu_wake
wait_for_any(struct selection *s, int *chosen)
{
	struct tu_scheduler *scheduler = &s->runtime->scheduler;
	enum tu_wake woken = TU_READY;
	int error = 0;

	TAILQ_INIT(&s->queue);
	s->waited = true;
	s->until = TU_NEVER;
	for (int i = 0; i < s->n && error == 0; i++)
		error = watch(s, i);
	if (error == 0)
		woken = tu_park(scheduler, &s->queue, s->until,
		    s->ports > 0 ? TU_OUTSIDE : TU_INSIDE);
	*chosen = end_wait(s);
	if (error != 0) {
		errno = error;
		return TU_FAILED;
	}
	if (woken == TU_CLOSED || woken == TU_ELAPSED)
		return TU_READY;
	return woken;
}

/* Watches a choice.  0, or the number of an error. */
static int
watch(struct selection *s, int i)
{
	struct tu_scheduler *scheduler = &s->runtime->scheduler;
	struct tu_waiter *waiter = &s->waiters[i];
	struct tu_mailbox *mailbox = s->objects[i];
	struct tu_condition *condition = s->objects[i];
	struct tu_port *port = s->objects[i];

	switch (kind_of(&s->choices[i])) {
	case TU_MAILBOX:
		tu_waiter_enter(waiter, scheduler, &mailbox->receivers, NULL);
		return 0;
	case TU_CONDITION:
		tu_waiter_enter(waiter, scheduler, &condition->waiters, NULL);
		return 0;
	default:
		return watch_port(s, port->connection);
	}
}

/* In a lane there may be a time as well, or only a layer that wakes the
 * thread. */
static int
watch_port(struct selection *s, const struct tu_connection *c)
{
	struct tu_scheduler *scheduler = &s->runtime->scheduler;
	struct tu_lack lack = {.what = EV_READ, .until = TU_NEVER};
	struct tu_wait *wait = &s->waits[s->ports++];

	if (c->lane != NULL)
		lack = tu_lane_lacks(c, true, false);
	if (lack.until < s->until)
		s->until = lack.until;
	tu_wait_begin(wait, scheduler, c->descriptor.fd, lack.what, &s->queue);
	if (lack.what == 0 || tu_hurried(scheduler) ||
	    tu_watch_add(&wait->watch) == 0)
		return 0;
	return errno;
}

/* Stops watching all choices.  Returns the one that got something. */
static int
end_wait(struct selection *s)
{
	int given = NONE;

	tu_waiters_leave(s->runtime->scheduler.current);
	while (s->ports > 0)
		tu_wait_end(&s->waits[--s->ports]);
	for (int i = 0; i < s->n; i++) {
		if (!s->waiters[i].given)
			continue;
		given = i;
		s->choices[i].message = s->waiters[i].item;
	}
	return given;
}
