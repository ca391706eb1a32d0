/* SPDX-License-Identifier: ISC */
#include "outbox.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <tcpunit.h>

#include "clock.h"
#include "text.h"

/* How long the end of a run may be held up, in ms. */
#define FLUSH_TIME 100

static void keep(struct outbox *o, const char *text, size_t n);
static void keep_count(struct outbox *o);
static bool push(struct outbox *o);
static void *attend(void *outbox);

void
outbox_post(struct outbox *o, const char *text, size_t n, bool parks)
{
	const int code = errno;
	ssize_t done = 0;

	if (push(o))
		done = outlet_write(&o->outlet, text, n);
	if (done == -1 && errno == EAGAIN)
		done = 0;
	if (done != -1 && (size_t)done < n)
		keep(o, text + done, n - (size_t)done);
	if (o->size > 0 && parks && !tcp_thread_p(o->attendant)) {
		o->attendant = tcp_thread_start(attend, o);
		(void)tcp_thread_detach(o->attendant); /* or there is none */
	}
	errno = code;
}

void
outbox_flush(struct outbox *o)
{
	struct pollfd p = {.fd = o->outlet.fd, .events = POLLOUT};
	int64_t left, deadline = now() + FLUSH_TIME;

	while (!push(o) && (left = deadline - now()) > 0)
		(void)poll(&p, 1, (int)left);
	outlet_release(&o->outlet);
	free(o->pending);
	o->pending = NULL;
	o->size = 0;
	o->dropped = 0;
}

void
outbox_leave(struct outbox *o)
{
	outbox_flush(o);
	if (!tcp_thread_p(o->attendant))
		return;
	(void)tcp_thread_terminate(o->attendant); /* it is waiting */
	tcp_thread_yield();                       /* and ends */
}

/* Once a message has been dropped, later ones are dropped too until the count
 * is kept: they must not precede it. */
static void
keep(struct outbox *o, const char *text, size_t n)
{
	if (!o->pending)
		o->pending = malloc(OUTBOX_SIZE);
	if (!o->pending || o->dropped > 0 || n > OUTBOX_SIZE - o->size) {
		o->dropped++;
		return;
	}
	memcpy(o->pending + o->size, text, n);
	o->size += n;
}

static void
keep_count(struct outbox *o)
{
	char line[80];
	const int dropped = o->dropped;

	format_text(line, sizeof(line),
	    "tcpu: messages dropped while stderr was full: %d\n", dropped);
	o->dropped = 0;
	keep(o, line, strlen(line));
	if (o->size == 0)
		o->dropped = dropped; /* there is no memory */
}

/* Writes the pending lines, each in one write.  Drops them if stderr fails, as
 * that cannot be reported anywhere.  Returns whether nothing is pending. */
static bool
push(struct outbox *o)
{
	const char *end;
	ssize_t done;

	for (;;) {
		if (o->size == 0 && o->dropped > 0)
			keep_count(o);
		if (o->size == 0 || !o->pending)
			return true;
		end = memchr(o->pending, '\n', o->size);
		done = outlet_write(&o->outlet, o->pending,
		    end ? (size_t)(end - o->pending) + 1 : o->size);
		if (done == -1 && errno == EAGAIN)
			return false;
		if (done <= 0)
			o->size = 0;
		else
			o->size -= (size_t)done;
		if (o->size > 0)
			memmove(o->pending, o->pending + done, o->size);
	}
}

static void *
attend(void *outbox)
{
	struct outbox *o = outbox;

	while (
	    !push(o) && tcp_wait_fd(o->outlet.fd, TCPUNIT_WRITABLE, -1) != -1)
		;
	o->attendant = (tcp_thread){0};
	return NULL;
}
