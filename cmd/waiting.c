/* SPDX-License-Identifier: ISC */
#include "waiting.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "../lib/compat/system_calls.h"
#include "clock.h"
#include "text.h"

/* ms: short at first to notice quick changes, then long to save work. */
#define FIRST_PAUSE 1
#define LAST_PAUSE 20

const char *
read_wait(const char *text, void *value)
{
	struct wait_option *option = value;

	option->asked = true;
	return read_time(text, &option->limit);
}

void
begin_waiting(
    struct waiting *w, const struct run *run, const char *what, int limit)
{
	*w = (struct waiting){.run = run,
	    .what = what,
	    .limit = limit,
	    .pause = FIRST_PAUSE,
	    .longest = LAST_PAUSE,
	    .process = -1};
	w->deadline = limit == -1 ? INT64_MAX : now() + limit;
}

int
wait_for_process(struct waiting *w, int pid)
{
	char what[32];

	if (pid == 0)
		return STATUS_GO_ON;
	w->pid = pid;
	w->process = system_pidfd_open(pid);
	w->ended = w->process == -1 && errno == ESRCH;
	if (w->process != -1 || w->ended)
		return STATUS_GO_ON;
	format_text(what, sizeof(what), "--until-exit %d", pid);
	return pidfd_failure(w->run, what, errno);
}

bool
process_has_ended(struct waiting *w)
{
	struct pollfd process = {.fd = w->process, .events = POLLIN};

	if (w->process != -1 && poll(&process, 1, 0) == 1)
		w->ended = true;
	return w->ended;
}

int
say_ended(const struct waiting *w)
{
	return fail(
	    w->run, STATUS_NO, "%s: process %d has ended", w->what, w->pid);
}

int
waiting_time(const struct waiting *w)
{
	int64_t left = w->deadline - now();

	if (w->limit == -1)
		return -1;
	return left > 0 ? (int)left : 0;
}

int
say_timed_out(const struct waiting *w)
{
	char time[TIME_TEXT_SIZE];

	return fail(w->run, STATUS_TIMEOUT, "%s: timed out after %s", w->what,
	    format_time(w->limit, time));
}

int
wait_a_little(struct waiting *w)
{
	const int left = waiting_time(w);
	const int pause = left == -1 || left > w->pause ? w->pause : left;

	if (w->ended)
		return say_ended(w);
	if (left == 0)
		return say_timed_out(w);
	if (process_has_ended(w))
		return STATUS_GO_ON;
	if (tcp_thread_sleep(pause) == -1)
		return library_failure(w->run, w->what, STATUS_FAILED);
	w->pause = w->pause < w->longest / 2 ? 2 * w->pause : w->longest;
	return STATUS_GO_ON;
}
