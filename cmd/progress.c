/* SPDX-License-Identifier: ISC */
/*
 * progress.c - draws the line of --progress.
 */
#include "progress.h"

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"

/* How often the line is drawn, and how often a line is added to a file. */
#define REDRAW 500
#define ADD_LINE 10000

#define AMOUNT_SIZE 16

/* "512 B", "1.5 KiB", "12.0 MiB". */
static const char *
format_amount(double n, char text[AMOUNT_SIZE])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	int i = 0;

	for (; n >= 1024 && i < 4; i++)
		n /= 1024;
	(void)snprintf(
	    text, AMOUNT_SIZE, i ? "%.1f %s" : "%.0f %s", n, units[i]);
	return text;
}

static void
draw(const struct progress *p, int64_t ms, bool terminal)
{
	double in = (double)tcp_port_position(p->in);
	double out = (double)tcp_port_position(p->out);
	double seconds = ms > 0 ? (double)ms / 1000 : 0.001;
	char amounts[4][AMOUNT_SIZE], line[512];

	(void)snprintf(line, sizeof(line),
	    "%s: %s received (%s/s), %s sent (%s/s), %.0f s", p->name,
	    format_amount(in, amounts[0]),
	    format_amount(in / seconds, amounts[1]),
	    format_amount(out, amounts[2]),
	    format_amount(out / seconds, amounts[3]), seconds);
	if (terminal)
		(void)dprintf(STDERR_FILENO, "\r\033[Ktcpu: %s", line);
	else
		say(p->run, "%s", line);
}

void *
show_progress(void *progress)
{
	const struct progress *p = progress;
	const bool terminal = isatty(STDERR_FILENO);
	const int64_t begin = now();

	while (tcp_thread_sleep(terminal ? REDRAW : ADD_LINE) == 0)
		draw(p, now() - begin, terminal);
	draw(p, now() - begin, terminal);
	if (terminal)
		(void)dprintf(STDERR_FILENO, "\n");
	return NULL;
}
