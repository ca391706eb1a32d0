/* SPDX-License-Identifier: ISC */
#include "waiter.h"

void
tu_waiter_enter(struct tu_waiter *w, struct tu_scheduler *s,
    struct tu_waiters *queue, void *item)
{
	struct tu_thread *self = s->current;

	w->queue = queue;
	w->thread = self;
	w->next = self->waiters;
	w->item = item;
	w->given = false;
	self->waiters = w;
	TAILQ_INSERT_TAIL(queue, w, link);
}

void
tu_waiters_leave(struct tu_thread *t)
{
	struct tu_waiter *w;

	for (w = t->waiters; w != NULL; w = w->next) {
		TAILQ_REMOVE(w->queue, w, link);
		w->queue = NULL;
	}
	t->waiters = NULL;
}

enum tu_wake
tu_waiter_wait(struct tu_waiter *w, struct tu_scheduler *s,
    struct tu_waiters *queue, void *item, int64_t until)
{
	enum tu_wake woken;

	tu_waiter_enter(w, s, queue, item);
	woken = tu_park(s, NULL, until, TU_INSIDE);
	if (s->current->waiters != NULL)
		tu_waiters_leave(s->current); /* it did not stop */
	return woken;
}

void
tu_waiter_give(struct tu_waiter *w, void *item)
{
	w->item = item;
	w->given = true;
	tu_wake(w->thread, TU_READY);
}

bool
tu_waiters_give(struct tu_waiters *queue, void *item)
{
	struct tu_waiter *w = TAILQ_FIRST(queue);

	if (w == NULL)
		return false;
	tu_waiter_give(w, item);
	return true;
}

void
tu_waiters_close(struct tu_waiters *queue)
{
	struct tu_waiter *w;

	while ((w = TAILQ_FIRST(queue)) != NULL)
		tu_wake(w->thread, TU_CLOSED);
}

/* A search among those who wait.  Groups are looked at later, one after
 * another, since a search that calls itself could need any amount of stack. */
struct search {
	const struct tu_thread *whom;
	unsigned number;
	struct tu_members *found;
};

static struct search
begin_search(const struct tu_thread *whom)
{
	return (struct search){whom, ++whom->scheduler->searches, NULL};
}

static void
note(struct search *s, struct tu_members *members)
{
	if (members->search == s->number)
		return;
	members->search = s->number;
	members->next = s->found;
	s->found = members;
}

/* A thread that has been woken waits no more, and one with a limit will stop by
 * itself. */
static bool
waits(const struct tu_thread *t)
{
	return t->parked && t->timer.thread == NULL;
}

static bool
leads_to_whom(struct search *s, const struct tu_thread *t)
{
	while (t != NULL && t != s->whom) {
		if (!waits(t))
			return false;
		if (t->awaits_all != NULL)
			note(s, t->awaits_all);
		t = t->awaits != NULL ? *t->awaits : NULL;
	}
	return t == s->whom;
}

static bool
any_leads_to_whom(struct search *s)
{
	const struct tu_members *members;
	const struct tu_member *m;

	while ((members = s->found) != NULL) {
		s->found = members->next;
		LIST_FOREACH(m, &members->list, link)
		if (leads_to_whom(s, m->thread))
			return true;
	}
	return false;
}

bool
tu_waits_for(const struct tu_thread *t, const struct tu_thread *whom)
{
	struct search s = begin_search(whom);

	return leads_to_whom(&s, t) || any_leads_to_whom(&s);
}

bool
tu_members_wait_for(struct tu_members *members, const struct tu_thread *whom)
{
	struct search s = begin_search(whom);

	note(&s, members);
	return any_leads_to_whom(&s);
}
