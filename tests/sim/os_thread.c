/* SPDX-License-Identifier: ISC */
/*
 * Simulated OS threads.  An event of the agenda lets one run until it waits or
 * ends.  A thread can therefore be stopped in its calls of the system only.
 */
#pragma GCC visibility push(default) /* libevent calls these, too */
#include "os_thread.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <ucontext.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#else
#define __sanitizer_start_switch_fiber(fake, bottom, size) (void)(fake)
#define __sanitizer_finish_switch_fiber(fake, bottom, size) (void)(fake)
#endif

#include "clock.h"
#include "memory.h"
#include "random.h"
#include "verdict.h"

enum { MAX_THREADS = 4096, MAX_LOCKS = 64, STACK = 256 * 1024 };

struct thread {
	ucontext_t context, back;
	void *(*f)(void *);
	void *arg;
	void *result;
	char *stack;
	void *fake;
	const void *condition;       /* the condition that it waits for */
	const void *lock;            /* the mutex that it waits for */
	const struct thread *joined; /* the thread whose end it waits for */
	uint64_t waits;              /* the number of its wait */
	bool running, ended, timed_out;
};

struct timeout {
	struct thread *thread;
	uint64_t wait;
};

/* The first OS thread, which the process began with. */
static struct thread threads[MAX_THREADS];
static unsigned n_threads = 1, alive, most_alive;
static struct thread *current = &threads[0];
static struct {
	const void *lock;
	struct thread *owner;
} locks[MAX_LOCKS];

static void resume(void *);
static void begin(void);
static void wait_here(void);
static void wake_later(struct thread *);
static void timed_out(void *);
static int wait_for(pthread_cond_t *, pthread_mutex_t *, int64_t);
static struct thread *waiter(const void *);

bool
sim_os_thread_p(void)
{
	return current != &threads[0];
}

void
sim_os_thread_sleep(int64_t ns)
{
	sim_at(sim_now() + ns, resume, current);
	wait_here();
}

unsigned
sim_os_threads(void)
{
	return alive;
}

unsigned
sim_os_threads_most(void)
{
	return most_alive;
}

int
pthread_create(pthread_t *id, const pthread_attr_t *attributes,
    void *(*f)(void *), void *arg)
{
	struct thread *t = &threads[n_threads];

	(void)attributes;
	if (n_threads == MAX_THREADS)
		return EAGAIN;
	*t = (struct thread){.f = f, .arg = arg};
	t->stack = sim_memory(STACK);
	(void)getcontext(&t->context);
	t->context.uc_stack.ss_sp = t->stack;
	t->context.uc_stack.ss_size = STACK;
	makecontext(&t->context, begin, 0);
	*id = n_threads++;
	if (++alive > most_alive)
		most_alive = alive;
	sim_note("pthread_create", (long)*id, 0);
	wake_later(t);
	return 0;
}

int
pthread_detach(pthread_t id)
{
	(void)id;
	return 0;
}

pthread_t
pthread_self(void)
{
	return (pthread_t)(current - threads);
}

int
pthread_join(pthread_t id, void **result)
{
	while (!threads[id].ended) {
		current->joined = &threads[id];
		wait_here();
	}
	current->joined = NULL;
	if (result != NULL)
		*result = threads[id].result;
	return 0;
}

int
pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	int i, free = -1;

	for (i = 0; i < MAX_LOCKS; i++) {
		if (locks[i].lock == mutex)
			return EBUSY;
		if (locks[i].lock == NULL)
			free = i;
	}
	if (free == -1)
		sim_fail("too many mutexes are locked");
	locks[free].lock = mutex;
	locks[free].owner = current;
	return 0;
}

int
pthread_mutex_lock(pthread_mutex_t *mutex)
{
	while (pthread_mutex_trylock(mutex) == EBUSY) {
		current->lock = mutex;
		wait_here();
	}
	current->lock = NULL;
	return 0;
}

int
pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	unsigned i;

	for (i = 0; i < MAX_LOCKS && locks[i].lock != mutex; i++)
		;
	if (i == MAX_LOCKS || locks[i].owner != current)
		sim_fail("a mutex is unlocked that is not locked here");
	locks[i].lock = NULL;
	for (i = 1; i < n_threads; i++)
		if (threads[i].lock == mutex)
			wake_later(&threads[i]);
	return 0;
}

int
pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
	return wait_for(condition, mutex, SIM_NEVER);
}

/* All clocks of the simulation are the same. */
int
pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
    const struct timespec *time)
{
	return wait_for(
	    condition, mutex, (int64_t)time->tv_sec * SIM_S + time->tv_nsec);
}

int
pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
    clockid_t id, const struct timespec *time)
{
	(void)id;
	return pthread_cond_timedwait(condition, mutex, time);
}

int
pthread_cond_signal(pthread_cond_t *condition)
{
	struct thread *t = waiter(condition);

	if (t == NULL)
		return 0;
	t->condition = NULL;
	if (t != &threads[0])
		wake_later(t);
	return 0;
}

int
pthread_cond_broadcast(pthread_cond_t *condition)
{
	while (waiter(condition) != NULL)
		(void)pthread_cond_signal(condition);
	return 0;
}

/* Runs on the stack of the thread that lets the event happen. */
static void
resume(void *thread)
{
	struct thread *t = thread, *before = current;
	void *fake = NULL;
	int error = errno;

	if (t->ended)
		return;
	current = t;
	__sanitizer_start_switch_fiber(&fake, t->stack, STACK);
	(void)swapcontext(&t->back, &t->context);
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
	current = before;
	if (t->ended)
		alive--;
	errno = error;
}

static void
begin(void)
{
	struct thread *t = current;

	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
	t->result = t->f(t->arg);
	t->ended = true;
	for (unsigned i = 1; i < n_threads; i++)
		if (threads[i].joined == t)
			wake_later(&threads[i]);
	wait_here();
}

/* The first thread waits by letting events happen; the others switch to it. */
static void
wait_here(void)
{
	struct thread *t = current;

	if (t == &threads[0]) {
		if (sim_next() == SIM_NEVER)
			sim_fail("the process waits for its OS threads for "
				 "ever");
		sim_jump(sim_next());
		return;
	}
	__sanitizer_start_switch_fiber(t->ended ? NULL : &t->fake, NULL, 0);
	(void)swapcontext(&t->context, &t->back);
	__sanitizer_finish_switch_fiber(t->fake, NULL, NULL);
}

static void
wake_later(struct thread *t)
{
	sim_at(sim_now() + sim_between(0, SIM_MS), resume, t);
}

static void
timed_out(void *timeout)
{
	struct timeout *o = timeout;

	if (o->thread->waits != o->wait || o->thread->condition == NULL)
		return;
	o->thread->condition = NULL;
	o->thread->timed_out = true;
	if (o->thread != &threads[0])
		resume(o->thread);
}

static int
wait_for(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until)
{
	struct timeout *o = sim_memory(sizeof(*o));
	struct thread *t = current;

	t->condition = condition;
	t->timed_out = false;
	*o = (struct timeout){t, ++t->waits};
	if (until != SIM_NEVER)
		sim_at(until, timed_out, o);
	(void)pthread_mutex_unlock(mutex);
	while (t->condition != NULL)
		wait_here();
	(void)pthread_mutex_lock(mutex);
	return t->timed_out ? ETIMEDOUT : 0;
}

/* Wakes one of the threads that wait, chosen at random. */
static struct thread *
waiter(const void *condition)
{
	struct thread *found = NULL;
	unsigned i, n = 0;

	for (i = 0; i < n_threads; i++)
		if (threads[i].condition == condition && sim_below(++n) == 0)
			found = &threads[i];
	return found;
}
