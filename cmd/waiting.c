/* SPDX-License-Identifier: ISC */
/*
 * waiting.c - pauses between two looks at something that may have changed.
 */
#include "waiting.h"

#include <errno.h>
#include <string.h>

#include "clock.h"

/* Milliseconds: quick for what comes at once, cheap for what takes long. */
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
	*w = (struct waiting){run, what, limit, 0, FIRST_PAUSE};
	w->deadline = limit == -1 ? INT64_MAX : now() + limit;
}

int
wait_a_little(struct waiting *w)
{
	int64_t left = w->limit == -1 ? LAST_PAUSE : w->deadline - now();
	char time[TIME_TEXT_SIZE];

	if (left <= 0)
		return fail(w->run, STATUS_TIMEOUT, "%s: timed out after %s",
		    w->what, format_time(w->limit, time));
	if (tcp_thread_sleep(left < w->pause ? (int)left : w->pause) == -1)
		return library_failure(w->run, w->what, STATUS_FAILED);
	w->pause = w->pause < LAST_PAUSE / 2 ? 2 * w->pause : LAST_PAUSE;
	return 0;
}

int
watch_awaited(const struct run *run, const char *what, int pid)
{
	if (pid == 0 || watch_process(run->ending, pid, STATUS_NO) == 0)
		return 0;
	if (errno == ESRCH)
		return fail(
		    run, STATUS_NO, "%s: process %d has ended", what, pid);
	return fail(
	    run, STATUS_FAILED, "--until-exit %d: %s", pid, strerror(errno));
}
