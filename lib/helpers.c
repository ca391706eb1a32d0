/* SPDX-License-Identifier: ISC */
#include "helpers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "timers.h"

TAILQ_HEAD(jobs, tu_job);

struct pool {
	int helpers;
	struct jobs queue, working;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pool pools[TU_POOLS];
static unsigned forks; /* that led to this process */

/* The OS thread of the helper that left last.  It waits for the end of the one
 * that left before, and that one likewise. */
static struct {
	bool is_there;
	pthread_t thread;
} last;
static pthread_mutex_t fork_lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool leaves;

/* The job that this helper does.  If the job forks, the child needs it, too,
 * until the job ends. */
static _Thread_local struct tu_job *own;

static void before_fork(void);
static void wait_for_end(pthread_t);
static void after_fork(void);
static void child_of_fork(void);
static void lose(struct jobs *);
static int helper_start(struct pool *);
static void *help(void *);
static void do_first(struct pool *);
static void leave(void);
__attribute__((destructor)) static void forget_last(void);

int
tu_helpers_prepare(void)
{
	for (int i = 0; i < TU_POOLS; i++) {
		TAILQ_INIT(&pools[i].queue);
		TAILQ_INIT(&pools[i].working);
	}
	return forks > 0 /* the handlers are there, and have counted it */
	    ? 0
	    : pthread_atfork(before_fork, after_fork, child_of_fork);
}

void
tu_helpers_lock(void)
{
	(void)pthread_mutex_lock(&lock); /* fails only for an invalid mutex */
}

void
tu_helpers_unlock(void)
{
	(void)pthread_mutex_unlock(&lock); /* likewise */
}

int
tu_helpers_add(enum tu_pool pool, struct tu_job *job)
{
	struct pool *p = &pools[pool];
	int error;

	if (p->helpers < TU_HELPERS) {
		error = helper_start(p);
		if (error == 0) {
			p->helpers++;
		} else if (p->helpers == 0) {
			errno = error;
			return -1;
		}
	}
	job->state = TU_QUEUED;
	TAILQ_INSERT_TAIL(&p->queue, job, link);
	return 0;
}

bool
tu_helpers_cancel(enum tu_pool pool, struct tu_job *job)
{
	if (job->state != TU_QUEUED)
		return false;
	TAILQ_REMOVE(&pools[pool].queue, job, link);
	return true;
}

/* An OS thread that ends takes locks of the C library, such as that of glibc's
 * resolver, which would stay locked in the child.  A helper that leaves calls
 * fork(2) only in a destructor of the program's: it cannot wait for itself. */
static void
before_fork(void)
{
	if (!leaves)
		(void)pthread_mutex_lock(&fork_lock);
	tu_helpers_lock();
	while (!leaves && last.is_there) {
		pthread_t thread = last.thread;

		last.is_there = false;
		tu_helpers_unlock(); /* its destructors may call us */
		wait_for_end(thread);
		tu_helpers_lock();
	}
}

/* pthread_join(3) is a point of cancellation; fork(2) and an end are none. */
static void
wait_for_end(pthread_t thread)
{
	int state;

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	(void)pthread_join(thread, NULL);
	(void)pthread_setcancelstate(state, NULL);
}

static void
after_fork(void)
{
	tu_helpers_unlock();
	if (!leaves)
		(void)pthread_mutex_unlock(&fork_lock);
}

/* The child of fork(2) has none of the helpers. */
static void
child_of_fork(void)
{
	if (leaves) /* another OS thread may have locked it */
		(void)pthread_mutex_init(&fork_lock, NULL);
	last.is_there = false;
	forks++;
	for (int i = 0; i < TU_POOLS; i++) {
		pools[i].helpers = 0;
		lose(&pools[i].queue);
		lose(&pools[i].working);
	}
	after_fork();
}

static void
lose(struct jobs *jobs)
{
	struct tu_job *job;

	while ((job = TAILQ_FIRST(jobs)) != NULL) {
		TAILQ_REMOVE(jobs, job, link);
		job->state = TU_LOST;
		if (job != own)
			job->ended(job);
	}
}

/* Starts a helper.  It has all signals blocked: they are the program's. */
static int
helper_start(struct pool *p)
{
	sigset_t all, before;
	pthread_t thread;
	int error;

	(void)sigfillset(&all); /* cannot fail, nor can setting the mask */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, help, p);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

/* The main function of a helper.  A function of the program's may cancel this
 * OS thread, which would then end amid its work, with the lock held. */
static void *
help(void *pool)
{
	struct pool *p = pool;
	int state;

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	tu_helpers_lock();
	while (!TAILQ_EMPTY(&p->queue))
		do_first(p);
	p->helpers--;
	leave();
	return NULL;
}

/* If the job calls fork(2), its end in the child is the end of the child. */
static void
do_first(struct pool *p)
{
	struct tu_job *job = TAILQ_FIRST(&p->queue);
	unsigned forks_before = forks;

	TAILQ_REMOVE(&p->queue, job, link);
	TAILQ_INSERT_TAIL(&p->working, job, link);
	job->state = TU_WORKING;
	job->begun = tu_now();
	own = job;
	tu_helpers_unlock();
	job->work(job);
	tu_helpers_lock();
	own = NULL;
	if (forks != forks_before) {
		tu_helpers_unlock();
		exit(0);
	}
	TAILQ_REMOVE(&p->working, job, link);
	job->state = TU_DONE;
	job->ended(job);
}

/* Called with the lock held, which it gives back. */
static void
leave(void)
{
	bool follows = last.is_there;
	pthread_t before = last.thread;

	last.is_there = true;
	last.thread = pthread_self();
	leaves = true;
	tu_helpers_unlock();
	if (follows)
		wait_for_end(before);
}

/* The end of a process waits for nothing: a destructor of the program's may not
 * return, and a signal handler may have called exit(3) amid our work. */
static void
forget_last(void)
{
	if (pthread_mutex_trylock(&lock) != 0)
		return;
	if (last.is_there)
		(void)pthread_detach(last.thread);
	last.is_there = false;
	tu_helpers_unlock();
}
