/* SPDX-License-Identifier: ISC */
/*
 * OS threads that do the jobs that block, such as looking names up, so that
 * green threads can wait for them.  They serve the whole process, and one lock
 * guards everything that they share with the runtimes.
 */
#ifndef TU_HELPERS_H
#define TU_HELPERS_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

/* Each has its own queue, and TU_HELPERS OS threads at most. */
enum tu_pool { TU_LOOK_UPS, TU_POOLS };

enum { TU_HELPERS = 8 };

enum tu_job_state { TU_QUEUED, TU_WORKING, TU_DONE, TU_LOST };

struct tu_job {
	TAILQ_ENTRY(tu_job) link;
	void (*work)(struct tu_job *);  /* by a helper, without the lock */
	void (*ended)(struct tu_job *); /* after that, with the lock */
	enum tu_job_state state;        /* TU_LOST: by fork(2), in the child */
	int64_t begun;                  /* unless it is queued */
};

/* Once, before anything else.  0 or an errno. */
int tu_helpers_prepare(void);

/* Held for moments only, also by fork(2). */
void tu_helpers_lock(void);
void tu_helpers_unlock(void);

/*
 * Queues a job, with the lock held, and makes a helper if there are fewer than
 * TU_HELPERS; one ends when nothing is queued.  -1 with errno: there is none,
 * and none can be made.
 */
int tu_helpers_add(enum tu_pool pool, struct tu_job *job);

/* Takes a job back, with the lock held, unless it has begun: false. */
bool tu_helpers_cancel(enum tu_pool pool, struct tu_job *job);

#endif
