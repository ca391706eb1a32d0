/* SPDX-License-Identifier: ISC */
/*
 * The cursor over an evbuffer: looking at its first part directly costs a
 * tenth of what asking libevent for each line does.
 */
#include "ahead.h"

#include <event2/buffer.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make_buffer(struct tu_ahead *);
static size_t look(struct tu_ahead *, unsigned char **);
static void show(struct tu_ahead *);
static unsigned char *pull(struct tu_ahead *, size_t);
static char *take_last(struct tu_ahead *);

int
tu_ahead_add(struct tu_ahead *a, const void *data, size_t n)
{
	tu_ahead_drain(a);
	if (make_buffer(a) == -1 || evbuffer_add(a->buffer, data, n) == -1) {
		errno = ENOMEM;
		return -1;
	}
	a->size += n;
	return 0;
}

int
tu_ahead_prepend(struct tu_ahead *a, const void *data, size_t n)
{
	tu_ahead_drain(a);
	if (make_buffer(a) == -1 ||
	    evbuffer_prepend(a->buffer, data, n) == -1) {
		if (a->buffer != NULL) /* it may have taken the last of them */
			(void)evbuffer_drain(a->buffer,
			    evbuffer_get_length(a->buffer) - a->size);
		errno = ENOMEM;
		return -1;
	}
	a->scanned = 0;
	a->size += n;
	return 0;
}

void
tu_ahead_free(struct tu_ahead *a)
{
	tu_ahead_settle(a);
	if (a->buffer != NULL)
		evbuffer_free(a->buffer);
	*a = (struct tu_ahead){0};
}

void
tu_ahead_drain(struct tu_ahead *a)
{
	tu_ahead_settle(a);
	if (a->taken > 0)
		(void)evbuffer_drain(
		    a->buffer, a->taken); /* frozen ones only */
	a->view = NULL;
	a->length = 0;
	a->taken = 0;
}

size_t
tu_ahead_take(struct tu_ahead *a, void *buf, size_t cap)
{
	unsigned char *first;
	size_t n, done = 0;

	while (done < cap && (n = look(a, &first)) > 0) {
		if (n > cap - done)
			n = cap - done;
		memcpy((char *)buf + done, first, n);
		tu_ahead_skip(a, n);
		done += n;
	}
	return done;
}

void
tu_ahead_skip(struct tu_ahead *a, size_t n)
{
	a->scanned = 0;
	a->size -= n;
	if (a->taken + n > a->length) {
		tu_ahead_drain(a);
		(void)evbuffer_drain(a->buffer, n); /* as above */
	} else {
		a->taken += n;
	}
}

unsigned char
tu_ahead_byte(struct tu_ahead *a, size_t offset)
{
	struct evbuffer_ptr at;
	struct evbuffer_iovec v;
	unsigned char *first;

	if (offset < look(a, &first))
		return first[offset];
	tu_ahead_drain(a);
	(void)evbuffer_ptr_set(a->buffer, &at, offset, EVBUFFER_PTR_SET);
	(void)evbuffer_peek(a->buffer, 1, &at, &v, 1); /* it is there */
	return *(unsigned char *)v.iov_base;
}

ssize_t
tu_ahead_find(struct tu_ahead *a, size_t from, size_t end, unsigned char byte)
{
	struct evbuffer_ptr at, until;
	unsigned char *first, *found;
	size_t n = look(a, &first);

	n = n < end ? n : end;
	if (from < n) {
		found = memchr(first + from, byte, n - from);
		if (found != NULL)
			return found - first;
		from = n;
	}
	if (from >= end)
		return -1;
	tu_ahead_drain(a);
	(void)evbuffer_ptr_set(a->buffer, &at, from, EVBUFFER_PTR_SET);
	(void)evbuffer_ptr_set(a->buffer, &until, end, EVBUFFER_PTR_SET);
	return evbuffer_search_range(a->buffer, (char *)&byte, 1, &at, &until)
	    .pos;
}

char *
tu_ahead_line(struct tu_ahead *a, size_t n, size_t ending)
{
	unsigned char *line;

	if (n == a->size)
		return take_last(a);
	line = pull(a, n + (ending > 0 ? ending : 1));
	if (line == NULL)
		return NULL;
	if (ending == 0) {
		a->patched = line + n;
		a->was = line[n];
	}
	line[n] = '\0';
	tu_ahead_skip(a, n + ending);
	return (char *)line;
}

void
tu_ahead_settle(struct tu_ahead *a)
{
	if (a->patched != NULL)
		*a->patched = a->was;
	a->patched = NULL;
	if (a->last != NULL)
		free(a->last);
	a->last = NULL;
}

/* Ports that are never read ahead of, or not yet, have none. */
static int
make_buffer(struct tu_ahead *a)
{
	if (a->buffer == NULL)
		a->buffer = evbuffer_new();
	return a->buffer != NULL ? 0 : -1;
}

/* Behind the last byte there is no place for a NUL. */
static char *
take_last(struct tu_ahead *a)
{
	char *line = malloc(a->size + 1);

	if (line == NULL)
		return NULL;
	line[tu_ahead_take(a, line, a->size)] = '\0';
	a->last = line;
	return line;
}

/* The first part, at least one byte of it unless nothing is there. */
static size_t
look(struct tu_ahead *a, unsigned char **first)
{
	if (a->taken == a->length && a->size > 0)
		show(a);
	*first = a->view;
	if (a->view != NULL)
		*first += a->taken;
	return a->length - a->taken;
}

static void
show(struct tu_ahead *a)
{
	struct evbuffer_iovec v;

	tu_ahead_drain(a);
	if (evbuffer_peek(a->buffer, -1, NULL, &v, 1) > 0) {
		a->view = v.iov_base;
		a->length = v.iov_len;
	}
}

static unsigned char *
pull(struct tu_ahead *a, size_t n)
{
	unsigned char *first;

	if (look(a, &first) >= n)
		return first;
	tu_ahead_drain(a);
	first = evbuffer_pullup(a->buffer, (ssize_t)n);
	if (first == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	(void)look(a, &first);
	return first;
}
