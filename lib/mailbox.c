/* SPDX-License-Identifier: ISC */
#include "mailbox.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "error.h"
#include "runtime.h"

static struct tu_mailbox *open_mailbox(struct tu_runtime *, tcp_mailbox);
static bool put(struct tu_mailbox *, void *);
static void push(struct tu_mailbox *, void *);
static void *pop(struct tu_mailbox *);
static void drop(void *);

tcp_mailbox
tcp_make_mailbox(size_t capacity)
{
	struct tu_runtime *rt = tu_begin("make-mailbox");
	struct tu_mailbox *m = NULL;

	if (rt == NULL)
		return (tcp_mailbox){0};
	if (capacity <= (PTRDIFF_MAX - sizeof(*m)) / sizeof(*m->ring))
		m = malloc(sizeof(*m) + capacity * sizeof(*m->ring));
	if (m != NULL) {
		*m = (struct tu_mailbox){.capacity = capacity};
		TAILQ_INIT(&m->senders);
		TAILQ_INIT(&m->receivers);
	}
	return (tcp_mailbox){tu_object_register(rt, TU_MAILBOX, m, drop)};
}

bool
tcp_mailbox_p(tcp_mailbox m)
{
	return tu_handle_kind(m.bits) == TU_MAILBOX;
}

int
tcp_mailbox_send(tcp_mailbox handle, void *message, int timeout)
{
	struct tu_runtime *rt = tu_enter("mailbox-send");
	struct tu_mailbox *m;
	struct tu_waiter w = {0};
	enum tu_wake woken = TU_READY;

	if (rt == NULL || tu_check_time(timeout) == -1)
		return -1;
	tu_limit(&rt->scheduler, timeout);
	while (woken == TU_READY && !w.given) {
		m = open_mailbox(rt, handle);
		if (m == NULL)
			return -1;
		if (put(m, message))
			return 0;
		woken = tu_waiter_wait(
		    &w, &rt->scheduler, &m->senders, message, TU_NEVER);
	}
	return woken == TU_READY ? 0 : tu_raise_wake(woken, NULL);
}

int
tcp_mailbox_receive(tcp_mailbox handle, void **message, int timeout)
{
	struct tu_runtime *rt = tu_enter("mailbox-receive");
	struct tu_mailbox *m;
	struct tu_waiter w = {0};
	enum tu_wake woken = TU_READY;

	if (rt == NULL || tu_check_time(timeout) == -1)
		return -1;
	if (message == NULL)
		return tu_refuse(EINVAL, "no place for the message");
	tu_limit(&rt->scheduler, timeout);
	while (woken == TU_READY && !w.given) {
		m = tu_find(rt, TU_MAILBOX, handle.bits);
		if (m == NULL)
			return -1;
		if (tu_mailbox_take(m, message))
			return 0;
		woken = tu_waiter_wait(
		    &w, &rt->scheduler, &m->receivers, NULL, TU_NEVER);
	}
	if (woken != TU_READY)
		return tu_raise_wake(woken, NULL);
	*message = w.item;
	return 0;
}

int
tcp_close_mailbox(tcp_mailbox handle)
{
	struct tu_runtime *rt = tu_begin("close-mailbox");
	struct tu_mailbox *m = open_mailbox(rt, handle);

	if (m == NULL)
		return -1;
	m->closed = true;
	tu_waiters_close(&m->senders);
	tu_waiters_close(&m->receivers);
	if (m->n == 0) {
		tu_handle_release(&rt->handles, handle.bits);
		free(m);
		return 0;
	}
	m->handle = handle.bits;
	return 0;
}

bool
tu_mailbox_take(struct tu_mailbox *m, void **message)
{
	struct tu_waiter *sender = TAILQ_FIRST(&m->senders);

	if (m->n > 0)
		*message = pop(m);
	else if (sender != NULL)
		*message = sender->item;
	else
		return false;
	if (sender != NULL) {
		if (m->capacity > 0)
			push(m, sender->item);
		tu_waiter_give(sender, NULL);
	}
	if (m->closed && m->n == 0) {
		tu_handle_release(&tu_runtime()->handles, m->handle);
		free(m);
	}
	return true;
}

/* The mailbox, for a call that a closed one refuses; NULL with an error
 * raised. */
static struct tu_mailbox *
open_mailbox(struct tu_runtime *rt, tcp_mailbox handle)
{
	struct tu_mailbox *m = tu_find(rt, TU_MAILBOX, handle.bits);

	if (m == NULL || !m->closed)
		return m;
	tu_raise(TCPUNIT_ERROR_CLOSED, EBADF, NULL);
	return NULL;
}

/* False if the ring is full. */
static bool
put(struct tu_mailbox *m, void *message)
{
	if (tu_waiters_give(&m->receivers, message))
		return true;
	if (m->n == m->capacity)
		return false;
	push(m, message);
	return true;
}

static void
push(struct tu_mailbox *m, void *message)
{
	size_t at = m->first + m->n++;

	m->ring[at < m->capacity ? at : at - m->capacity] = message;
}

static void *
pop(struct tu_mailbox *m)
{
	void *message = m->ring[m->first];

	if (++m->first == m->capacity)
		m->first = 0;
	m->n--;
	return message;
}

static void
drop(void *object)
{
	struct tu_mailbox *m = object;

	tu_waiters_close(&m->senders);
	tu_waiters_close(&m->receivers);
	free(m);
}
