/* SPDX-License-Identifier: ISC */
/*
 * Lines.  The end of a line depends only on the port's line ending, and not on
 * how the bytes were cut into segments.
 */
#include "port.h"

#include <errno.h>

/* The bytes to hand out: a line of LENGTH bytes, then ENDING more. */
struct span {
	size_t length;
	size_t ending;
	bool cut; /* the rest of the line follows */
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

	if (tu_enter("read-line") != NULL)
		p = tu_input_idle(port);
	if (p == NULL)
		return -1;
	if (line == NULL || len == NULL)
		return tu_refuse(EINVAL, "nowhere to put it");
	tu_ahead_restore(&p->ahead);
	if (find_line(p, limit, &span))
		return hand_out(p, span, line, len);
	tu_port_hold(p, p->runtime->scheduler.current);
	result = wait_line(p, limit, &span);
	if (result == 1)
		result = hand_out(p, span, line, len);
	tu_port_leave(p);
	return result;
}

int
tcp_set_line_ending(tcp_port port, enum tcp_line_ending e)
{
	struct tu_port *p;

	tu_begin("set-line-ending");
	p = tu_port_find(TU_INPUT, port);
	if (p == NULL)
		return -1;
	if ((unsigned)e > TCPUNIT_LINE_NUL)
		return tu_refuse(EINVAL, "no such ending");
	p->ending = e;
	p->ahead.scanned = 0;
	return 0;
}

/* Whether a line, or the first LIMIT bytes of a longer one, can be handed out.
 * No bytes beyond the limit and an ending are searched; otherwise reading with
 * short limits would become slower, the more was read ahead. */
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

/* Called when no end was found: whether the line is longer than LIMIT for
 * certain.  A CR at the limit may be the first half of an ending. */
static bool
is_longer(struct tu_port *p, size_t limit)
{
	size_t size = p->ahead.size;

	if (size <= limit)
		return false;
	return p->ending != TCPUNIT_LINE_CRLF || size - limit > 1 ||
	    p->ahead.first[limit] != '\r';
}

/* Waits for a line.  1, or 0 at end of file; or -1, with an error raised. */
static int
wait_line(struct tu_port *p, size_t limit, struct span *span)
{
	int filled;

	tu_limit(&p->runtime->scheduler, p->timeout);
	do {
		filled = tu_input_fill(p);
	} while (filled == 1 && !find_line(p, limit, span));
	/* End of file ends the last line as well.  An error does not, as the
	 * missing part may change the meaning of the line. */
	if (filled != 0 || p->ahead.size == 0)
		return filled;
	span->cut = p->ahead.size > limit; /* the CR turned out to be data */
	span->length = span->cut ? limit : p->ahead.size;
	span->ending = 0;
	return 1;
}

/* The offset of the first end of a line before END, or -1. */
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

/* Searches 64 bytes, then twice as many, and so on.  Otherwise, in a text whose
 * lines end in CR, each search for an LF would pass all the lines. */
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

/* Returns the length of the ending that was found at LENGTH.  A CR that belongs
 * to it is taken off the line. */
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

/* Hands SPAN out.  1, or 2 if the rest of the line follows. */
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
