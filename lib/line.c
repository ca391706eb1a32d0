/* SPDX-License-Identifier: ISC */
/*
 * Lines.  Where one ends depends on the port's line ending and on nothing
 * else: not on how the bytes were cut into segments.
 */
#include "port.h"

#include <errno.h>

/* What there is to hand out: a line of LENGTH bytes, then ENDING more. */
struct span {
	size_t length;
	size_t ending;
	bool cut; /* the line goes on */
};

static bool find_line(struct tu_port *, size_t, struct span *);
static int wait_line(struct tu_port *, size_t, struct span *);
static bool is_longer(struct tu_port *, size_t);
static ssize_t find_end(struct tu_port *, size_t);
static ssize_t find_any_end(struct tu_ahead *, size_t);
static size_t ending_at(struct tu_port *, size_t *);
static int hand_out(struct tu_port *, struct span, char **, size_t *);

int
tcp_read_line(tcp_port port, size_t limit, char **line, size_t *len)
{
	struct tu_port *p = NULL;
	struct span span;
	int result;

	if (tu_enter() != NULL)
		p = tu_port_idle(TU_INPUT, port, "read-line");
	if (p == NULL)
		return -1;
	if (line == NULL || len == NULL)
		return tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, "read-line",
		    "read-line: nowhere to put it");
	tu_ahead_settle(&p->ahead);
	if (find_line(p, limit, &span))
		return hand_out(p, span, line, len);
	tu_port_hold(p);
	result = wait_line(p, limit, &span);
	if (result == 1)
		result = hand_out(p, span, line, len);
	tu_port_leave(p);
	return result;
}

int
tcp_set_line_ending(tcp_port port, enum tcp_line_ending e)
{
	struct tu_port *p = tu_port_find(TU_INPUT, port, "set-line-ending");

	if (p == NULL)
		return -1;
	if ((unsigned)e > TCPUNIT_LINE_NUL)
		return tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL,
		    "set-line-ending", "set-line-ending: no such ending");
	p->ending = e;
	p->ahead.scanned = 0;
	return 0;
}

/* Whether a line can be handed out, or the first LIMIT bytes of one that is
 * known to be longer.  Only so much is looked at, or short limits would cost
 * the more the more has been read ahead. */
static bool
find_line(struct tu_port *p, size_t limit, struct span *span)
{
	size_t size = p->ahead.size;
	size_t end = size > limit && size - limit > 2 ? limit + 2 : size;
	ssize_t at = find_end(p, end);

	*span = (struct span){0};
	if (at != -1) {
		span->length = (size_t)at;
		span->ending = ending_at(p, &span->length);
		if (span->length <= limit)
			return true;
	} else if (!is_longer(p, limit)) {
		return false;
	}
	*span = (struct span){.length = limit, .cut = true};
	return true;
}

/* No line ends in what was looked at.  A CR past the limit may be half of an
 * ending. */
static bool
is_longer(struct tu_port *p, size_t limit)
{
	size_t size = p->ahead.size;

	if (size <= limit)
		return false;
	return p->ending != TCPUNIT_LINE_CRLF || size - limit > 1 ||
	    p->ahead.first[limit] != '\r';
}

/* 1, or 0 at the end of file, or -1 raised. */
static int
wait_line(struct tu_port *p, size_t limit, struct span *span)
{
	int filled;

	tu_limit(&p->runtime->scheduler, p->timeout);
	do {
		filled = tu_input_fill(p, "read-line");
	} while (filled == 1 && !find_line(p, limit, span));
	/* The end of the file ends a line, too; but an error does not, as what
	 * is missing may change what the line says. */
	if (filled != 0 || p->ahead.size == 0)
		return filled;
	span->cut = p->ahead.size > limit; /* by a CR that is data after all */
	span->length = span->cut ? limit : p->ahead.size;
	span->ending = 0;
	return 1;
}

/* Among the bytes before END. */
static ssize_t
find_end(struct tu_port *p, size_t end)
{
	struct tu_ahead *a = &p->ahead;
	ssize_t at;

	if (p->ending == TCPUNIT_LINE_ANY)
		at = find_any_end(a, end);
	else
		at = tu_ahead_find(a, a->scanned, end,
		    p->ending == TCPUNIT_LINE_NUL ? '\0' : '\n');
	if (at == -1 && end > a->scanned)
		a->scanned = end;
	return at;
}

/* Some bytes at a time, then twice as many: a search for an LF that never
 * comes must not pass all the lines that end in CR, again for each of them. */
static ssize_t
find_any_end(struct tu_ahead *a, size_t end)
{
	size_t from = a->scanned, until, some = 64;
	ssize_t lf, cr;

	for (; from < end; from = until, some *= 2) {
		until = end - from > some ? from + some : end;
		lf = tu_ahead_find(a, from, until, '\n');
		if (lf != -1)
			until = (size_t)lf;
		cr = tu_ahead_find(a, from, until, '\r');
		if (cr != -1 || lf != -1)
			return cr != -1 ? cr : lf;
	}
	return -1;
}

/* The bytes of the ending that was found; its CR is taken off the line. */
static size_t
ending_at(struct tu_port *p, size_t *length)
{
	struct tu_ahead *a = &p->ahead;
	size_t at = *length;

	switch (p->ending) {
	case TCPUNIT_LINE_CRLF:
		if (at == 0 || a->first[at - 1] != '\r')
			return 1;
		(*length)--;
		return 2;
	case TCPUNIT_LINE_ANY:
		if (a->first[at] == '\n' || at + 1 == a->size)
			return 1;
		return a->first[at + 1] == '\n' ? 2 : 1;
	default:
		return 1;
	}
}

/* 1, or 2 for a line that goes on. */
static int
hand_out(struct tu_port *p, struct span span, char **line, size_t *len)
{
	struct tu_ahead *a = &p->ahead;
	bool last = span.ending == 1 && span.length + 1 == a->size;

	p->skip_lf = last && a->first[span.length] == '\r';
	p->position += span.length + span.ending;
	*line = tu_ahead_line(a, span.length, span.ending);
	*len = span.length;
	return span.cut ? 2 : 1;
}
