/* SPDX-License-Identifier: ISC */
/*
 * Lines.  The end of a line depends only on the port's line ending, and not on
 * how the bytes were cut into segments.
 */
#include "port.h"

#include <errno.h>

/* The bytes to hand out: a line of LENGTH bytes, then ENDING more.  It fits
 * into two registers. */
struct span {
	size_t length;
	unsigned char ending;
	bool found;
	bool cut; /* the rest of the line follows */
};

static struct span find_line(struct tu_port *, size_t);
static int wait_line(struct tu_port *, size_t, struct span *);
static bool is_longer(struct tu_port *, size_t);
static ssize_t find_end(struct tu_port *, size_t);
static ssize_t find_any_end(struct tu_ahead *, size_t);
static struct span end_at(const struct tu_port *, size_t);
static int hand_out(struct tu_port *, struct span, char **, size_t *);
static int read_on(struct tu_port *, size_t, char **, size_t *);

int
tcp_read_line(tcp_port port, size_t limit, char **line, size_t *len)
{
	struct tu_runtime *rt = tu_enter("read-line");
	struct tu_port *p = rt != NULL ? tu_input_idle(rt, port) : NULL;
	struct span span;

	if (p == NULL)
		return -1;
	if (line == NULL || len == NULL)
		return tu_refuse(EINVAL, "nowhere to put it");
	tu_ahead_restore(&p->ahead);
	span = find_line(p, limit);
	if (span.found)
		return hand_out(p, span, line, len);
	return read_on(p, limit, line, len);
}

/* Not part of the above, which is quicker without variables in memory. */
static int
read_on(struct tu_port *p, size_t limit, char **line, size_t *len)
{
	struct span span;
	int result;

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
static inline __attribute__((always_inline)) struct span
find_line(struct tu_port *p, size_t limit)
{
	size_t size = p->ahead.size;
	size_t end = size > limit && size - limit > 2 ? limit + 2 : size;
	ssize_t at = find_end(p, end);
	struct span span;

	if (at != -1) {
		span = end_at(p, (size_t)at);
		if (span.length <= limit)
			return span;
	} else if (!is_longer(p, limit)) {
		return (struct span){.found = false};
	}
	return (struct span){.length = limit, .found = true, .cut = true};
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
		if (filled == 1)
			*span = find_line(p, limit);
	} while (filled == 1 && !span->found);
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
static inline __attribute__((always_inline)) ssize_t
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

/* The line that ends AT, without a CR that belongs to the ending. */
static inline struct span
end_at(const struct tu_port *p, size_t at)
{
	const unsigned char *end = p->ahead.first + at;
	struct span span = {.length = at, .ending = 1, .found = true};

	if (p->ending == TCPUNIT_LINE_CRLF && at > 0 && end[-1] == '\r') {
		span.length--;
		span.ending = 2;
	} else if (p->ending == TCPUNIT_LINE_ANY && *end == '\r' &&
	    at + 1 < p->ahead.size && end[1] == '\n') {
		span.ending = 2;
	}
	return span;
}

/* Hands SPAN out.  1, or 2 if the rest of the line follows. */
static inline int
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
