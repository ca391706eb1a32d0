/* SPDX-License-Identifier: ISC */
#include "pace.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <tcpunit.h>
#include <unistd.h>

#include "../clock.h"

/* The ns of a millisecond and of a second. */
#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

/* How often a limited rate moves bytes in a second. */
#define MOVES 100

/* A limited rate makes up for this much time that it was late, in ms. */
#define SLACK 100

void
begin_pace(struct pace *p, const struct lane_options *options)
{
	const int64_t begin = now_ns();

	*p = (struct pace){.options = options};
	memcpy(p->chance, &begin, sizeof(p->chance));
	p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
}

void
end_pace(struct pace *p)
{
	(void)close(p->timer); /* or it was never made */
}

int64_t
bytes_under_way(const struct pace *p)
{
	const struct lane_options *o = p->options;

	return o->rate * ((int64_t)o->delay + o->jitter + SLACK) / 1000;
}

int64_t
note_arrival(struct pace *p)
{
	const struct lane_options *o = p->options;
	const int64_t jitter = o->jitter * MS;
	int64_t late = o->delay * MS;

	if (jitter > 0)
		late +=
		    (int64_t)(erand48(p->chance) * 2 * (double)jitter) - jitter;
	late = now_ns() + (late > 0 ? late : 0);
	if (late > p->due)
		p->due = late;
	return p->due;
}

size_t
piece_size(const struct pace *p, size_t n)
{
	const struct lane_options *o = p->options;
	int64_t most = (int64_t)n;

	if (o->slice > 0 && most > o->slice)
		most = o->slice;
	if (o->rate > 0 && most > o->rate / MOVES)
		most = o->rate / MOVES + 1;
	return (size_t)most;
}

/* N bytes take N / rate seconds, and are there at the end of that time. */
int64_t
time_to_write(struct pace *p, int64_t due, size_t n)
{
	const int64_t rate = p->options->rate;
	const int64_t earliest = now_ns() - SLACK * MS;
	int64_t time = due > p->next ? due : p->next;

	if (rate > 0 && time < earliest)
		time = earliest;
	if (rate > 0)
		time += ((int64_t)n * SECOND + rate - 1) / rate;
	return p->next = time;
}

/* The library's sleep may be some milliseconds late; a timer is not, but may
 * not be available. */
static int
wait_once(const struct pace *p, int64_t time)
{
	const struct itimerspec when = {
	    .it_value = {time / SECOND, time % SECOND}};
	const int64_t left = (time - now_ns() + MS - 1) / MS;

	if (p->timer == -1)
		return tcp_thread_sleep(left < INT_MAX ? (int)left : INT_MAX);
	(void)timerfd_settime(p->timer, TFD_TIMER_ABSTIME, &when, NULL);
	return tcp_wait_fd(p->timer, TCPUNIT_READABLE, -1);
}

int
await_time(struct pace *p, int64_t time)
{
	int n = 0;

	p->waits = true;
	while (n != -1 && now_ns() < time)
		n = wait_once(p, time);
	p->waits = false;
	return n == -1 ? -1 : 0;
}

void
note_writing(struct pace *p)
{
	if (p->options->pause > 0)
		p->next = now_ns() + p->options->pause * MS;
}
