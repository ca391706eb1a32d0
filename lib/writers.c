/* SPDX-License-Identifier: ISC */
/*
 * Writers take turns: one thread has the port, and the others wait until it
 * hands the port on.  So each write stays whole.  After a write that went out
 * in part no thread gets the port, as its rest has to come first.
 */
#include <errno.h>

#include "port.h"
#include "waiter.h"

struct writer {
	struct tu_waiter waiter; /* comes first */
	bool copies;
	struct tu_torn torn; /* why it does not get the port, if that is set */
};

static struct tu_port *enter(tcp_port, bool);
static struct tu_port *take(struct tu_port *, bool);
static struct tu_port *wait_turn(struct tu_port *, bool);
static struct tu_port *check_given(struct tu_port *);
static bool is_copied(const struct tu_port *);
static struct tu_port *refuse(struct tu_port *, struct tu_torn);
static struct tu_port *give_up(tcp_port, enum tu_wake);

struct tu_port *
tu_output_enter(tcp_port port)
{
	return enter(port, false);
}

struct tu_port *
tu_output_enter_copy(tcp_port port)
{
	return enter(port, true);
}

int
tcp_resume_output(tcp_port port)
{
	struct tu_port *p;

	tu_begin("resume-output");
	p = tu_port_find(TU_OUTPUT, port);
	if (p == NULL)
		return -1;
	p->torn = (struct tu_torn){0};
	return 0;
}

void
tu_output_tear(struct tu_port *p)
{
	const struct tcp_error *e = tcp_last_error();

	p->torn = (struct tu_torn){e->kind, e->code};
}

void
tu_output_pass(struct tu_port *p)
{
	struct writer *w;

	while ((w = (struct writer *)TAILQ_FIRST(&p->writers)) != NULL) {
		w->torn = p->torn;
		if (p->torn.kind == TCPUNIT_ERROR_NONE) {
			tu_port_hold(p, w->waiter.thread);
			p->copies = w->copies;
			tu_waiter_give(&w->waiter, NULL);
			return;
		}
		tu_wake(w->waiter.thread, TU_READY);
	}
}

static struct tu_port *
enter(tcp_port port, bool copies)
{
	struct tu_port *p = tu_object(TU_OUTPUT, port.bits);

	if (p == NULL)
		return tu_port_find(TU_OUTPUT, port); /* raises */
	tu_limit(&p->runtime->scheduler, p->timeout);
	if (p->user == NULL)
		return take(p, copies);
	if (is_copied(p))
		return refuse(p, (struct tu_torn){TCPUNIT_ERROR_BUSY, EBUSY});
	return wait_turn(p, copies);
}

static struct tu_port *
take(struct tu_port *p, bool copies)
{
	if (tu_in_callback(&p->runtime->scheduler) && tu_port_in_layer(p))
		return NULL;
	if (p->torn.kind != TCPUNIT_ERROR_NONE)
		return refuse(p, p->torn);
	tu_port_hold(p, p->runtime->scheduler.current);
	p->copies = copies;
	return p;
}

/* The wait may outlast the port, unless the port is given to this thread. */
static struct tu_port *
wait_turn(struct tu_port *p, bool copies)
{
	struct tu_scheduler *s = &p->runtime->scheduler;
	struct writer w = {.copies = copies};
	tcp_port port = {p->handle};
	enum tu_wake woken;

	do {
		woken =
		    tu_waiter_wait(&w.waiter, s, &p->writers, NULL, TU_NEVER);
		if (w.waiter.given)
			return check_given(p);
		if (woken != TU_READY)
			return give_up(port, woken);
		p = tu_port_find(TU_OUTPUT, port);
		if (p == NULL)
			return NULL;
		if (w.torn.kind != TCPUNIT_ERROR_NONE)
			return refuse(p, w.torn);
	} while (p->user != NULL);
	return take(p, copies);
}

/* It may have been closed since. */
static struct tu_port *
check_given(struct tu_port *p)
{
	if (!p->closed)
		return p;
	(void)tu_port_end(p, TU_CLOSED); /* is -1 */
	tu_port_leave(p);
	return NULL;
}

/* Whether the last that has the port, or waits for it, is a copy: a copy may
 * take for ever, so no thread waits for its end. */
static bool
is_copied(const struct tu_port *p)
{
	const struct writer *last =
	    (const struct writer *)TAILQ_LAST(&p->writers, tu_waiters);

	return p->copies || (last != NULL && last->copies);
}

static struct tu_port *
refuse(struct tu_port *p, struct tu_torn torn)
{
	(void)tu_port_fail(p, torn.kind, torn.code); /* is -1 */
	return NULL;
}

/* A termination is reported even if the port was closed as well. */
static struct tu_port *
give_up(tcp_port port, enum tu_wake woken)
{
	struct tu_port *p = tu_port_find(TU_OUTPUT, port);

	if (p != NULL)
		(void)tu_port_end(p, woken); /* is -1 */
	else if (woken == TU_TERMINATED)
		tu_raise_wake(woken, NULL);
	return NULL;
}
