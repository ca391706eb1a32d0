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
};

static bool find_line(struct tu_port *, size_t, struct span *);
static int wait_line(struct tu_port *, size_t, struct span *);
static ssize_t find_end(struct tu_port *);
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
	struct tu_port *p = tu_lookup(TU_INPUT, port.bits, "set-line-ending");

	if (p == NULL)
		return -1;
	if ((unsigned)e > TCPUNIT_LINE_NUL)
		return tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL,
		    "set-line-ending", "set-line-ending: no such ending");
	p->ending = e;
	p->ahead.scanned = 0;
	return 0;
}

/*
 * Whether a line can be handed out.  One that reaches LIMIT leaves its ending
 * unread, as Scheme's does, so that no more than LIMIT bytes need be seen:
 * except that a CR at the limit may be half an ending.
 */
static bool
find_line(struct tu_port *p, size_t limit, struct span *span)
{
	size_t size = p->ahead.size;
	ssize_t at = find_end(p);

	if (at != -1) {
		span->length = (size_t)at;
		span->ending = ending_at(p, &span->length);
		if (span->length < limit)
			return true;
	}
	if (size < limit)
		return false;
	if (p->ending == TCPUNIT_LINE_CRLF && size == limit && limit > 0 &&
	    tu_ahead_byte(&p->ahead, limit - 1) == '\r')
		return false;
	*span = (struct span){.length = limit, .ending = 0};
	return true;
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
	/* The end, or an error that stays, ends a line too. */
	if (filled < 1 && !p->closed && p->ahead.size > 0 &&
	    (filled == 0 || p->connection->error != 0)) {
		span->length = p->ahead.size < limit ? p->ahead.size : limit;
		span->ending = 0;
		return 1;
	}
	return filled;
}

static ssize_t
find_end(struct tu_port *p)
{
	struct tu_ahead *a = &p->ahead;
	ssize_t at, cr;

	at = tu_ahead_find(
	    a, a->scanned, p->ending == TCPUNIT_LINE_NUL ? '\0' : '\n');
	if (p->ending == TCPUNIT_LINE_ANY) {
		cr = tu_ahead_find(a, a->scanned, '\r');
		if (cr != -1 && (at == -1 || cr < at))
			at = cr;
	}
	if (at == -1)
		a->scanned = a->size;
	return at;
}

/* The bytes of the ending that was found; its CR is taken off the line. */
static size_t
ending_at(struct tu_port *p, size_t *length)
{
	struct tu_ahead *a = &p->ahead;
	size_t at = *length;

	switch (p->ending) {
	case TCPUNIT_LINE_CRLF:
		if (at == 0 || tu_ahead_byte(a, at - 1) != '\r')
			return 1;
		(*length)--;
		return 2;
	case TCPUNIT_LINE_ANY:
		if (tu_ahead_byte(a, at) == '\n' || at + 1 == a->size)
			return 1;
		return tu_ahead_byte(a, at + 1) == '\n' ? 2 : 1;
	default:
		return 1;
	}
}

static int
hand_out(struct tu_port *p, struct span span, char **line, size_t *len)
{
	char *text;

	if (span.ending == 1 && p->ending == TCPUNIT_LINE_ANY)
		p->skip_lf = span.length + 1 == p->ahead.size &&
		    tu_ahead_byte(&p->ahead, span.length) == '\r';
	text = tu_ahead_line(&p->ahead, span.length, span.ending);
	if (text == NULL)
		return tu_port_raise(p, "read-line");
	p->position += span.length + span.ending;
	*line = text;
	*len = span.length;
	return 1;
}
