/* SPDX-License-Identifier: ISC */
#include "marks.h"

static void thin_out(struct tu_marks *);

/* Of several moments with the same bytes the first one counts. */
void
tu_marks_add(struct tu_marks *m, uint64_t taken)
{
	if (m->n > 0 && m->mark[m->n - 1].taken >= taken)
		return;
	if (m->n == TU_MARKS)
		thin_out(m);
	m->mark[m->n++] = (struct tu_mark){.taken = taken, .wire = m->wire};
}

/* Drops every second mark, but not the last.  Then fewer bytes may count as
 * acknowledged, and never more. */
static void
thin_out(struct tu_marks *m)
{
	for (m->n = 0; m->n < TU_MARKS / 2; m->n++)
		m->mark[m->n] = m->mark[2 * m->n + 1];
}

uint64_t
tu_marks_missing(const struct tu_marks *m, uint64_t queued)
{
	unsigned n = m->n;

	if (queued == 0)
		return 0;
	if (queued > m->wire)
		return m->taken + (queued - m->wire);
	while (n > 0 && m->mark[n - 1].wire > m->wire - queued)
		n--;
	return m->taken - (n > 0 ? m->mark[n - 1].taken : 0);
}
