/* SPDX-License-Identifier: ISC */
/*
 * Functions that block, on helper OS threads.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "error.h"
#include "helpers.h"
#include "runtime.h"
#include "wakeup.h"

/* The function of the program with its argument, and its result. */
struct work {
	struct tu_job job; /* comes first */
	void *(*fn)(void *);
	void *arg, *result;
	void (*abandon)(void *, void *);
	struct caller *caller; /* NULL: it has given up */
	pid_t process;         /* the caller's */
};

/* The green thread that waits; it lies on that thread's stack. */
struct caller {
	struct work *work;
	struct tu_wakeup wakeup;
};

static int check(const struct work *, int);
static struct work *start(
    struct tu_runtime *, struct caller *, const struct work *);
static bool is_late(const struct tu_scheduler *);
static int queue(struct work *);
static int await(struct tu_scheduler *, struct caller *, void **);
static void work(struct tu_job *);
static void ended(struct tu_job *);
static void forsake(void *);
static bool is_ours(struct work *);
static void abandon(const struct work *);

int
tcp_call(void *(*fn)(void *), void *arg, void **result,
    void (*abandoned)(void *, void *), int timeout)
{
	struct work given = {.fn = fn, .arg = arg, .abandon = abandoned};
	struct tu_runtime *rt = tu_enter("call");
	struct caller caller;

	given.job = (struct tu_job){.work = work, .ended = ended};
	if (rt == NULL || check(&given, timeout) == -1) {
		abandon(&given);
		return -1;
	}
	tu_limit(&rt->scheduler, timeout);
	caller.work = start(rt, &caller, &given);
	if (caller.work == NULL) {
		abandon(&given);
		return -1;
	}
	return await(&rt->scheduler, &caller, result);
}

static int
check(const struct work *given, int timeout)
{
	if (given->fn == NULL)
		return tu_refuse(EINVAL, "no function");
	return tu_check_time(timeout);
}

/* NULL, with an error raised; also if the call cannot wait. */
static struct work *
start(struct tu_runtime *rt, struct caller *caller, const struct work *given)
{
	enum tu_wake woken = TU_READY;
	struct work *w;

	if (is_late(&rt->scheduler)) {
		while (woken == TU_READY)
			woken =
			    tu_park(&rt->scheduler, NULL, TU_NEVER, TU_OUTSIDE);
		tu_raise_wake(woken, NULL);
		return NULL;
	}
	w = malloc(sizeof(*w));
	if (w == NULL) {
		tu_raise(TCPUNIT_ERROR_SYSTEM, ENOMEM, NULL);
		return NULL;
	}
	*w = *given;
	w->caller = caller;
	w->process = getpid();
	if (tu_wakeup_begin(&rt->wakeups, &caller->wakeup) == 0) {
		if (queue(w) == 0)
			return w;
		tu_wakeup_end(&caller->wakeup);
	}
	tu_raise_reason(
	    TCPUNIT_ERROR_SYSTEM, errno, NULL, tu_helpers_reason(errno));
	free(w);
	return NULL;
}

/* Whether a wait would fail at once. */
static bool
is_late(const struct tu_scheduler *s)
{
	int64_t deadline = s->current->limit.deadline;

	return tu_hurried(s) || (deadline != TU_NEVER && deadline <= tu_now());
}

/* 0, or -1 with errno. */
static int
queue(struct work *w)
{
	int result;

	tu_helpers_lock();
	result = tu_helpers_add(TU_CALLS, &w->job);
	tu_helpers_unlock();
	return result;
}

static int
await(struct tu_scheduler *s, struct caller *caller, void **result)
{
	struct work *w = caller->work;
	struct tu_cleanup cleanup;
	enum tu_wake woken;

	tu_cleanup_push(s, &cleanup, forsake, caller);
	woken = tu_wakeup_wait(&caller->wakeup);
	tu_cleanup_pop(s);
	if (woken != TU_READY) {
		tu_raise_wake(woken, NULL);
		forsake(caller);
		return -1;
	}
	tu_wakeup_end(&caller->wakeup);
	if (result != NULL)
		*result = w->result;
	free(w);
	return 0;
}

/* Runs in a helper. */
static void
work(struct tu_job *job)
{
	struct work *w = (struct work *)job;

	w->result = w->fn(w->arg);
}

/* If the job was lost, its caller vanishes in the same child, and frees it. */
static void
ended(struct tu_job *job)
{
	struct work *w = (struct work *)job;

	if (w->caller != NULL) {
		if (job->state != TU_LOST)
			tu_wakeup_send(&w->caller->wakeup);
		return;
	}
	if (job->state != TU_LOST) {
		tu_helpers_unlock(); /* the program's function may call us */
		abandon(w);
		tu_helpers_lock();
	}
	free(w);
}

/* Also called if the thread that calls is freed without running again, as in
 * the child of fork(2), whose parent goes on with the work. */
static void
forsake(void *arg)
{
	struct caller *caller = arg;
	struct work *w = caller->work;
	int error = errno;
	bool ours = is_ours(w);

	tu_wakeup_end(&caller->wakeup);
	if (ours) {
		if (w->process == getpid())
			abandon(w);
		free(w);
	}
	errno = error;
}

/* Returns true if no helper has the work or is going to have it.  Otherwise the
 * work belongs to the helper from now on. */
static bool
is_ours(struct work *w)
{
	bool ours;

	tu_helpers_lock();
	ours = w->job.state == TU_DONE || w->job.state == TU_LOST ||
	    tu_helpers_cancel(TU_CALLS, &w->job);
	w->caller = NULL;
	tu_helpers_unlock();
	return ours;
}

/* Lets the program free a result that nobody will take. */
static void
abandon(const struct work *w)
{
	int error = errno;

	if (w->abandon != NULL)
		w->abandon(w->arg, w->result);
	errno = error;
}
