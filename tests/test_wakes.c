/* SPDX-License-Identifier: ISC */
/*
 * test_wakes.c - waking a green thread from other OS threads and from signal
 * handlers.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <tcpunit.h>
#include <unistd.h>

#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

enum {
	WAKERS = 4,
	SLEEPERS = 40,
	WAKES = 200,
	LATE_MS = 50,
	TURNS = 30,
	FDS = 64
};

/* Wakes the thread that ARG points to. */
static void *
wake_one(void *arg)
{
	const tcp_thread *t = arg;

	return tcp_wake(*t) ? arg : NULL;
}

static pthread_t
start_os_thread(void *(*f)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, f, arg) != 0)
		abort();
	return thread;
}

/* Wakes T from another OS thread, which has ended when this returns. */
static bool
wake_elsewhere(tcp_thread t)
{
	void *woken;

	pthread_join(start_os_thread(wake_one, &t), &woken);
	return woken != NULL;
}

static void
kept(void)
{
	tcp_thread self = tcp_current_thread();

	ok(tcp_wake(self) && wake_elsewhere(self) && tcp_wake(self),
	    "a thread that does not wait can be woken");
	ok(tcp_wait_wake(0) == 0, "such a wake is kept");
	ok(failed(
	       tcp_wait_wake(LATE_MS) == -1, TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "and several count as one");
}

/* Waits for a byte from a pipe before it wakes the thread. */
struct late {
	tcp_thread thread;
	int gate[2];
};

static void *
wake_late(void *arg)
{
	struct late *l = arg;
	char c;

	if (read(l->gate[0], &c, 1) != 1)
		abort();
	return wake_one(&l->thread);
}

static void *
open_gate(void *arg)
{
	struct late *l = arg;

	if (write(l->gate[1], "", 1) != 1)
		abort();
	return NULL;
}

static void
waits(void)
{
	struct late l = {.thread = tcp_current_thread()};
	pthread_t os;
	tcp_thread t;

	if (pipe(l.gate) == -1)
		abort();
	os = start_os_thread(wake_late, &l);
	t = tcp_thread_start(open_gate, &l);
	ok(tcp_wait_wake(-1) == 0, "another OS thread ends the wait");
	pthread_join(os, NULL);
	tcp_thread_join(t, NULL, -1);
	close(l.gate[0]);
	close(l.gate[1]);
}

static void *
wait_wake(void *arg)
{
	int *result = arg;

	*result = tcp_wait_wake(PATIENCE_MS);
	return NULL;
}

static void
neighbour(void)
{
	int result = 1;
	tcp_thread t = tcp_thread_start(wait_wake, &result);

	tcp_thread_yield();
	ok(tcp_wake(t) && tcp_thread_join(t, NULL, PATIENCE_MS) == 0 &&
		result == 0,
	    "so does another thread of the same OS thread");
}

static tcp_thread in_handler;
static volatile sig_atomic_t handler_woke;

static void
handle(int sig)
{
	(void)sig;
	handler_woke = tcp_wake(in_handler);
}

static void
signals(void)
{
	const struct itimerspec soon = {.it_value.tv_nsec = LATE_MS * 1000000};
	struct sigaction action = {.sa_handler = handle}, before;
	struct sigevent event = {
	    .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_t timer;

	in_handler = tcp_current_thread();
	sigaction(SIGUSR1, &action, &before);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &soon, NULL);
	ok(tcp_wait_wake(-1) == 0 && handler_woke, "a signal handler ends it");
	timer_delete(timer);
	handler_woke = 0;
	errno = EXDEV;
	raise(SIGUSR1);
	ok(handler_woke && errno == EXDEV, "and errno is kept");
	ok(tcp_wait_wake(0) == 0, "also before the wait");
	sigaction(SIGUSR1, &before, NULL);
}

static void
refuses(void)
{
	int result;
	tcp_thread t = tcp_thread_start(wait_wake, &result);
	tcp_mutex m = tcp_make_mutex();
	tcp_thread wrong[] = {{0}, {m.bits}, {t.bits ^ 1}, {t.bits ^ 1 << 21},
	    {t.bits ^ UINT64_C(1) << 23}, {t.bits ^ UINT64_C(1) << 50},
	    {t.bits ^ UINT64_C(1) << 60}, {UINT64_MAX}};
	bool any = false;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		any = any || tcp_wake(wrong[i]);
	ok(!any, "what is no thread is not woken");
	tcp_wake(t);
	tcp_thread_yield();
	tcp_thread_yield();
	ok(!tcp_wake(t), "nor is a thread that has ended");
	tcp_thread_join(t, NULL, -1);
	ok(!tcp_wake(t) && !wake_elsewhere(t), "and has been joined");
	tcp_close_mutex(m);
}

/* Runs more threads than a place has room for, one after another. */
static void
places(void)
{
	int result = 0, other = 0;
	tcp_thread old, new;
	bool good = true;

	for (int i = 0; i < 100 && good; i++) {
		old = tcp_thread_start(wait_wake, &result);
		tcp_wake(old);
		tcp_thread_join(old, NULL, -1);
		new = tcp_thread_start(wait_wake, &other);
		tcp_thread_yield();
		good = result == 0 && !tcp_wake(old) && tcp_wake(new);
		tcp_thread_join(new, NULL, -1);
		good = good && other == 0;
	}
	ok(good, "a new thread in an old one's place is another");
}

static void
ends_of_waits(void)
{
	tcp_thread self = tcp_current_thread();
	tcp_deadline outer;

	ok(failed(tcp_wait_wake(0) == -1, TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "a limit of 0 only looks");
	ok(failed(tcp_wait_wake(-2) == -1, TCPUNIT_ERROR_ARGUMENT, EINVAL) &&
		told("wait-wake"),
	    "a limit below -1 is refused");
	tcp_thread_terminate(self);
	tcp_wake(self);
	ok(tcp_wait_wake(-1) == 0, "a wake that has come needs no wait");
	tcp_wake(self);
	ok(failed(
	       tcp_thread_sleep(10) == -1, TCPUNIT_ERROR_TERMINATED, ECANCELED),
	    "and ends no wait of another kind");
	tcp_thread_terminate(self);
	tcp_wait_wake(0);
	ok(failed(tcp_wait_wake(-1) == -1, TCPUNIT_ERROR_TERMINATED, ECANCELED),
	    "terminating ends the wait");
	tcp_set_deadline(LATE_MS, &outer);
	ok(failed(tcp_wait_wake(-1) == -1, TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "and so does the deadline");
	tcp_restore_deadline(outer);
}

/* Each waker adds to the count of a sleeper and wakes it.  If a wake is lost,
 * the sleeper waits for ever. */
static struct sleeper {
	tcp_thread thread;
	atomic_int count;
} sleepers[SLEEPERS];

static void *
be_woken(void *arg)
{
	struct sleeper *s = arg;

	while (atomic_load(&s->count) < WAKERS * WAKES)
		if (tcp_wait_wake(PATIENCE_MS) == -1)
			return NULL;
	return arg;
}

static void *
wake_all(void *arg)
{
	for (int i = 0; i < WAKES; i++)
		for (int j = 0; j < SLEEPERS; j++) {
			atomic_fetch_add(&sleepers[j].count, 1);
			tcp_wake(sleepers[j].thread);
		}
	return arg;
}

static void
loses_nothing(void)
{
	pthread_t wakers[WAKERS];
	int complete = 0;
	void *result;

	for (int i = 0; i < SLEEPERS; i++)
		sleepers[i].thread = tcp_thread_start(be_woken, &sleepers[i]);
	for (int i = 0; i < WAKERS; i++)
		wakers[i] = start_os_thread(wake_all, NULL);
	for (int i = 0; i < SLEEPERS; i++) {
		tcp_thread_join(sleepers[i].thread, &result, -1);
		complete += result != NULL;
	}
	for (int i = 0; i < WAKERS; i++)
		pthread_join(wakers[i], NULL);
	is_int(complete, SLEEPERS, "no wake of four OS threads is lost");
}

/* Threads that end while others wake them. */
static _Atomic uint64_t latest;
static atomic_bool stop;

static void *
wake_latest(void *arg)
{
	while (!atomic_load(&stop))
		tcp_wake((tcp_thread){atomic_load(&latest)});
	return arg;
}

static void *
live_briefly(void *arg)
{
	if (tcp_wait_wake(PATIENCE_MS) == -1)
		return NULL;
	return arg;
}

static void
ends_meanwhile(void)
{
	pthread_t wakers[WAKERS];
	void *result = wakers;
	tcp_thread t;

	atomic_store(&stop, false);
	for (int i = 0; i < WAKERS; i++)
		wakers[i] = start_os_thread(wake_latest, NULL);
	for (int i = 0; i < 10 * WAKES && result != NULL; i++) {
		t = tcp_thread_start(live_briefly, wakers);
		atomic_store(&latest, t.bits);
		tcp_thread_join(t, &result, -1);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < WAKERS; i++)
		pthread_join(wakers[i], NULL);
	ok(result != NULL, "threads may end while others wake them");
}

/* An OS thread with a green thread of its own. */
static void *
live_elsewhere(void *arg)
{
	tcp_thread *self = arg;
	tcp_thread t = tcp_current_thread();

	atomic_store(&latest, t.bits);
	*self = t;
	return tcp_wait_wake(PATIENCE_MS) == 0 ? arg : NULL;
}

/* Runs live_elsewhere and wakes its thread; returns its result. */
static void *
live_and_wake(tcp_thread *t)
{
	pthread_t os;
	void *result;

	atomic_store(&latest, 0);
	os = start_os_thread(live_elsewhere, t);
	while (!tcp_wake((tcp_thread){atomic_load(&latest)}))
		tcp_thread_yield();
	pthread_join(os, &result);
	return result;
}

static void
descriptors(void)
{
	tcp_thread last, t;
	bool good = live_and_wake(&last) != NULL;
	int before = open_fds();

	for (int i = 0; i < TURNS; i++) {
		good = good && !tcp_wake(last) && live_and_wake(&t) != NULL &&
		    t.bits != last.bits;
		last = t;
	}
	ok(good, "the threads of an OS thread that has ended have ended");
	is_int(open_fds(), before, "and its descriptor is used again");
	tcp_shutdown();
	ok(tcp_wake(tcp_current_thread()) && tcp_wait_wake(LATE_MS) == 0,
	    "also after a shutdown");
}

/* Waits in an OS thread whose runtime has never had a descriptor for wakes. */
static void *
wait_without_descriptors(void *arg)
{
	bool *good = arg;
	int fd;

	tcp_thread_sleep(1); /* makes the runtime */
	forbid_fds();
	fd = tcp_wait_wake(1);
	*good = failed(fd == -1, TCPUNIT_ERROR_SYSTEM, EMFILE);
	permit_fds();
	tcp_wake(tcp_current_thread());
	*good = *good && tcp_wait_wake(PATIENCE_MS) == 0;
	return NULL;
}

/* Starts an OS thread that waits for a wake, and stores its green thread. */
static pthread_t
start_elsewhere(tcp_thread *t)
{
	pthread_t os;

	atomic_store(&latest, 0);
	os = start_os_thread(live_elsewhere, t);
	while (atomic_load(&latest) == 0)
		tcp_thread_yield();
	return os;
}

static void
without_descriptors(void)
{
	pthread_t holder, os;
	tcp_thread t;
	bool good = false;

	/* The holder takes the runtime that an ended OS thread has left. */
	holder = start_elsewhere(&t);
	os = start_os_thread(wait_without_descriptors, &good);
	pthread_join(os, NULL);
	tcp_wake((tcp_thread){atomic_load(&latest)});
	pthread_join(holder, NULL);
	ok(good, "without a descriptor the wait fails, and later works");
}

#ifndef __SANITIZE_THREAD__
static void
forks(void)
{
	tcp_thread self = tcp_current_thread(), elsewhere;
	pthread_t os;
	pid_t child;

	tcp_wait_wake(0); /* opens the parent's descriptor */
	os = start_elsewhere(&elsewhere);
	child = fork();
	if (child == 0) {
		alarm(20);
		_exit(!(tcp_wake(self) && tcp_wait_wake(-1) == 0 &&
		    wake_elsewhere(self) && tcp_wait_wake(-1) == 0 &&
		    !tcp_wake((tcp_thread){atomic_load(&latest)})));
	}
	is_int(status_of(child), 0,
	    "a child wakes its thread, and none of its parent's");
	ok(tcp_wait_wake(LATE_MS) == -1 && errno == ETIMEDOUT,
	    "and the parent notices nothing");
	tcp_wake((tcp_thread){atomic_load(&latest)});
	pthread_join(os, NULL);
}

#endif

/* The child waits in its own loop, where a signal handler wakes it. */
static void
fork_and_signal(void)
{
	struct sigaction action = {.sa_handler = handle};
	pid_t child;

	in_handler = tcp_current_thread();
	tcp_wait_wake(0);
	sigaction(SIGALRM, &action, NULL);
	child = fork();
	if (child == 0) {
		alarm(1);
		_exit(tcp_wait_wake(PATIENCE_MS) != 0);
	}
	is_int(status_of(child), 0, "a signal handler of the child wakes it");
	signal(SIGALRM, SIG_DFL);
}

/* A child that closes what it has inherited gets the same numbers again. */
static void
fork_and_close(void)
{
	pid_t child;

	tcp_wait_wake(0);
	tcp_shutdown();
	child = fork();
	if (child == 0) {
		for (int fd = 3; fd < FDS; fd++)
			close(fd);
		_exit(!failed(tcp_wait_wake(1) == -1, TCPUNIT_ERROR_TIMEOUT,
			  ETIMEDOUT) ||
		    !tcp_wake(tcp_current_thread()) ||
		    tcp_wait_wake(PATIENCE_MS) != 0);
	}
	is_int(status_of(child), 0,
	    "a child that has closed all descriptors can be woken");
}

/* Closes all descriptors and opens as many files.  Returns whether these are
 * left alone by waits. */
static bool
keeps_files(void)
{
	struct stat st;
	bool good;

	for (int fd = 3; fd < FDS; fd++)
		close(fd);
	for (int fd = 3; fd < FDS; fd++)
		if (open("/dev/null", O_RDWR) != fd)
			return false;
	good = tcp_wake(tcp_current_thread()) && tcp_wait_wake(1) == 0;
	for (int fd = 3; fd < FDS; fd++)
		good = good && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode);
	return good;
}

/* The runtime of the parent, and that of another OS thread, have descriptors
 * for wakes. */
static void
fork_and_open(void)
{
	tcp_thread elsewhere;
	pthread_t os;
	pid_t child;

	tcp_wait_wake(0);
	os = start_elsewhere(&elsewhere);
	child = fork();
	if (child == 0) {
		tcp_shutdown();
		_exit(!keeps_files());
	}
	is_int(status_of(child), 0,
	    "after a shutdown the numbers of all descriptors are the child's");
	while (!tcp_wake((tcp_thread){atomic_load(&latest)}))
		tcp_thread_yield();
	pthread_join(os, NULL);
}

static void
shutdown_with_waits(void)
{
	int result = 1;
	tcp_thread t = tcp_thread_start(wait_wake, &result);

	tcp_thread_yield();
	tcp_shutdown();
	ok(!tcp_wake(t), "after a shutdown no thread is left");
	ok(result == 1 && tcp_thread_sleep(1) == 0, "and none is woken");
}

int
main(void)
{
	sandbox();
	run(kept);
	run(waits);
	run(neighbour);
	run(signals);
	run(refuses);
	run(places);
	run(ends_of_waits);
	run(loses_nothing);
	run(ends_meanwhile);
	run(descriptors);
	run(without_descriptors);
#ifndef __SANITIZE_THREAD__ /* it allows no new OS threads in a child */
	run(forks);
#endif
	run(fork_and_signal);
	run(fork_and_close);
	run(fork_and_open);
	run(shutdown_with_waits);
	return done_testing();
}
