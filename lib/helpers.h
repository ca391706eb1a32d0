/* SPDX-License-Identifier: ISC */
/*
 * OS threads for jobs that block, such as look-ups, so that only the green
 * threads which need the result wait.  They serve the whole process: they are
 * started when there is a job, and end when there is none.  One lock guards
 * everything that they share with the runtimes.
 */
#ifndef TU_HELPERS_H
#define TU_HELPERS_H

#include <sys/queue.h>

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each pool has its own queue, and at most TU_HELPERS OS threads. */
enum tu_pool { TU_LOOK_UPS, TU_CALLS, TU_POOLS };

enum { TU_HELPERS = 8 };

enum tu_job_state { TU_QUEUED, TU_WORKING, TU_DONE, TU_LOST };

struct tu_job {
	TAILQ_ENTRY(tu_job) link;
	void (*work)(struct tu_job *); /* in a helper, without the lock */
	/* Called after work, with the lock held; it may free the job. */
	void (*ended)(struct tu_job *);
	enum tu_job_state state; /* TU_LOST: by fork(2), in the child */
	int64_t begun;           /* unset while it is queued */
};

/* Called once, before anything else.  0, or an errno. */
int tu_helpers_prepare(void);

/* The lock is held for moments only; fork(2) takes it as well. */
void tu_helpers_lock(void);
void tu_helpers_unlock(void);

/*
 * Queues a job, with the lock held, and starts a helper if the pool has fewer
 * than TU_HELPERS.  A helper ends when nothing is queued.  -1 with errno: the
 * pool has no helper, and none can be started.
 */
int tu_helpers_add(enum tu_pool pool, struct tu_job *job);

/* The reason for an errno of tu_helpers_add, or NULL if the errno says it.
 * glibc starts OS threads with clone3(2), and with clone(2) only if the errno
 * is ENOSYS, which the sandboxes of older containers do not give. */
static inline const char *
tu_helpers_reason(int error)
{
	return error == EPERM ? "clone3, which starts OS threads, is forbidden"
			      : NULL;
}

/* Takes a job back, with the lock held.  False: the job has begun. */
bool tu_helpers_cancel(enum tu_pool pool, struct tu_job *job);

#endif
