/* SPDX-License-Identifier: ISC */
#include "progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../clock.h"
#include "../text.h"

/* How often the line is drawn, and how often a line is added to a file. */
#define REDRAW 500
#define ADD_LINE 10000

/* The width of a terminal that does not report it. */
#define TERMINAL_WIDTH 80

#define AMOUNT_SIZE 16
#define CLOCK_SIZE 32

struct line {
	char text[160];
	int len;
	int room; /* how many letters fit */
};

static uint64_t input_size(void);
static void measure(struct flow *f, double seconds);
static void draw(const struct progress *p);

void
begin_progress(struct progress *p, const struct run *run, const char *name,
    const tcp_port connection[2], bool file)
{
	*p = (struct progress){.run = run,
	    .name = name,
	    .in.port = connection[0],
	    .out.port = connection[1],
	    .size = file ? input_size() : 0,
	    .begin = now(),
	    .before = now(),
	    .open = true};
}

void *
show_progress(void *progress)
{
	struct progress *p = progress;
	const int pause = isatty(STDERR_FILENO) ? REDRAW : ADD_LINE;
	double seconds;

	while (tcp_thread_sleep(pause) == 0 && p->open) {
		seconds = (double)(now() - p->before) / 1000;
		p->before = now();
		measure(&p->in, seconds);
		measure(&p->out, seconds);
		draw(p);
	}
	return NULL;
}

void
end_progress(struct progress *p)
{
	double seconds = (double)(now() - p->begin + 1) / 1000;

	if (!p->open)
		return;
	p->open = false;
	p->in.moved = p->out.moved = 0;
	measure(&p->in, seconds);
	measure(&p->out, seconds);
	draw(p);
}

/* The bytes left in the file that stdin is; 0 if stdin is no file. */
static uint64_t
input_size(void)
{
	off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
	struct stat st;

	if (at == -1 || fstat(STDIN_FILENO, &st) == -1 ||
	    !S_ISREG(st.st_mode) || at >= st.st_size)
		return 0;
	return (uint64_t)(st.st_size - at);
}

/* Smooths the rate: a number that jumps at each update cannot be read. */
static void
measure(struct flow *f, double seconds)
{
	const uint64_t position = tcp_port_position(f->port);
	/* A closed port has no position any more. */
	const uint64_t moved = position > f->moved ? position : f->moved;
	double rate = (double)(moved - f->moved) / seconds;

	f->rate = f->moved ? (3 * f->rate + rate) / 4 : rate;
	f->moved = moved;
}

/* "512 B", "1.5 KiB", "12.0 MiB". */
static const char *
format_amount(double n, char text[AMOUNT_SIZE])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	int i = 0;

	for (; n >= 1023.95 && i < 4; i++)
		n /= 1024;
	format_text(text, AMOUNT_SIZE, i ? "%.1f %s" : "%.0f %s", n, units[i]);
	return text;
}

/* "0:07", "12:34", "1:23:45". */
static const char *
format_clock(int64_t s, char text[CLOCK_SIZE])
{
	const int minutes = (int)(s / 60 % 60), seconds = (int)(s % 60);

	if (s >= 3600)
		format_text(text, CLOCK_SIZE, "%" PRId64 ":%02d:%02d", s / 3600,
		    minutes, seconds);
	else
		format_text(text, CLOCK_SIZE, "%d:%02d", minutes, seconds);
	return text;
}

/* Adds a part to the line if it fits. */
static void TCPUNIT_PRINTF(2, 3) add(struct line *l, const char *format, ...)
{
	const int gap = l->len > 0 ? 2 : 0;
	const int room = l->room - l->len - gap;
	char *end = l->text + l->len;
	va_list args;
	int n;

	if (room <= 0)
		return;
	va_start(args, format);
	n = vsnprintf(end + gap, (size_t)room + 1, format, args);
	va_end(args);
	if (n <= room) {
		memcpy(end, ", ", (size_t)gap);
		l->len += gap + n;
	}
	l->text[l->len] = '\0';
}

static void
add_flow(struct line *l, const struct flow *f, const char *verb)
{
	char moved[AMOUNT_SIZE], rate[AMOUNT_SIZE];

	add(l, "%s %s (%s/s)", format_amount((double)f->moved, moved), verb,
	    format_amount(f->rate, rate));
}

static int64_t
time_left(const struct progress *p)
{
	return (int64_t)((double)(p->size - p->out.moved) / p->out.rate) + 1;
}

/* The most important parts come first, as a narrow terminal drops the rest. */
static void
word(const struct progress *p, struct line *l)
{
	const struct flow *out = &p->out;
	const bool sends = out->moved >= p->in.moved;
	char clock[CLOCK_SIZE];

	if (p->size > 0 && out->moved <= p->size)
		add(l, "%d%%", (int)(100 * out->moved / p->size));
	if (sends)
		add_flow(l, out, "sent");
	if (p->in.moved > 0)
		add_flow(l, &p->in, "received");
	if (!sends && out->moved > 0)
		add_flow(l, out, "sent");
	add(l, "%s", format_clock((now() - p->begin) / 1000, clock));
	if (p->open && out->moved < p->size && out->rate >= 1)
		add(l, "%s left", format_clock(time_left(p), clock));
}

/* Overwrites the previous line with spaces: this takes one write, and works on
 * terminals that do not know a given escape sequence. */
static void
draw(const struct progress *p)
{
	struct winsize window = {.ws_col = 0};
	struct line l = {.room = sizeof(l.text) - 1};
	char text[sizeof(l.text) + 2];
	int n;

	if (!isatty(STDERR_FILENO)) {
		word(p, &l);
		say(p->run, "%s: %s", p->name, l.text);
		return;
	}
	(void)ioctl(STDERR_FILENO, TIOCGWINSZ, &window);
	if (window.ws_col == 0)
		window.ws_col = TERMINAL_WIDTH;
	if (window.ws_col <= l.room)
		l.room = window.ws_col - 1;
	word(p, &l);
	if (p->open && p->run->outbox->size > 0)
		return; /* the line would be out of date when it is written */
	n = snprintf(text, sizeof(text), "\r%-*s%s", l.room, l.text,
	    p->open ? "" : "\n");
	say_text(p->run, text, (size_t)n);
}
