/* SPDX-License-Identifier: ISC */
/*
 * test_stacks.c - the stacks of green threads: their overflow, their size, and
 * the memory of stacks that are used again.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <tcpunit.h>

#include "probe.h"
#include "tap.h"
#include "unit.h"

#define KIB 1024
#define DEEP ((size_t)128 * KIB)      /* two such arrays overflow a stack */
#define WITHIN ((size_t)1200 * KIB)   /* such an array ends in the guard */
#define LARGE ((size_t)4 * KIB * KIB) /* bytes of a stack */
#define MANY (sizeof(void *) < 8 ? 2000 : 20000)
#define ORDINARY 1000 /* more threads than the number of stacks kept */
#define FEW 10

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13 */
#endif

/* The number of calls of madvise(2), and whether it fails as on a kernel
 * without guard regions. */
static struct {
	int calls;
	bool old_kernel;
} advised;

/* Replaces the C library's madvise. */
int
madvise(void *addr, size_t len, int advice)
{
	advised.calls++;
	if (advised.old_kernel && advice == MADV_GUARD_INSTALL) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_madvise, addr, len, advice);
}

/* The only byte of an array that is used.  If a compiler knew which one it is,
 * it could leave out the others. */
static volatile size_t lowest;

__attribute__((noinline)) static int
touch(void)
{
	volatile char array[DEEP];

	array[lowest] = 'x';
	return array[lowest];
}

__attribute__((noinline)) static int
touch_twice(void)
{
	volatile char array[DEEP];

	array[lowest] = 'x';
	return touch() + array[lowest];
}

__attribute__((noinline)) static int
touch_far(void)
{
	volatile char array[WITHIN];

	array[lowest] = 'x';
	return array[lowest];
}

static void *
overflow(void *arg)
{
	tcp_thread_yield();
	return touch_twice() != 0 ? arg : NULL;
}

static void *
overflow_far(void *arg)
{
	tcp_thread_yield();
	return touch_far() != 0 ? arg : NULL;
}

/* The stacks of sleeping threads lie on both sides of the one that overflows.
 * Without a guard the overflow would damage them. */
static int
run_among_others(void *(*thunk)(void *), int others)
{
	tcp_thread t;

	signal(SIGSEGV, SIG_DFL); /* a sanitizer takes over SIGSEGV */
	for (int i = 0; i < others; i++)
		tcp_thread_start(sleep_long, NULL);
	t = tcp_thread_start(thunk, NULL);
	tcp_thread_start(sleep_long, NULL);
	return tcp_thread_join(t, NULL, -1);
}

/* Returns the signal that ends a process in which a thread, beside OTHERS, runs
 * THUNK; or 0. */
static int
signal_of(void *(*thunk)(void *), int others)
{
	const struct rlimit none = {0, 0};
	int status;
	pid_t child = fork();

	if (child == 0) {
		setrlimit(RLIMIT_CORE, &none);
		_exit(run_among_others(thunk, others) == 0 ? 0 : 1);
	}
	status = status_of(child);
	if (status == -1)
		return -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
overflows(void)
{
	is_int(signal_of(overflow, FEW), SIGSEGV,
	    "two large arrays end in the guard");
	is_int(signal_of(overflow_far, FEW), SIGSEGV,
	    "so does one that is larger than the stack");
	is_int(signal_of(overflow_far, ORDINARY), SIGSEGV,
	    "so it does beside many other threads");
	advised.old_kernel = true;
	is_int(signal_of(overflow_far, ORDINARY), SIGSEGV,
	    "so it does without guard markers");
	advised.old_kernel = false;
}

static void *
use_much(void *arg)
{
	volatile char array[LARGE - 2 * DEEP];

	for (size_t i = 0; i < sizeof array; i += KIB)
		array[i] = (char)i;
	tcp_thread_yield();
	return touch() != 0 && array[0] == 0 ? arg : NULL;
}

static void *
same(void *arg)
{
	return arg;
}

static tcp_thread
start(void *(*thunk)(void *), void *arg, size_t size)
{
	struct tcp_thread_options o = {TCPUNIT_THREAD_DEFAULTS};

	o.stack_size = size;
	return tcp_thread_start_with(thunk, arg, &o);
}

static void
sizes(void)
{
	int x;
	void *result = NULL;

	ok(tcp_thread_join(start(use_much, &x, LARGE), &result, -1) == 0 &&
		result == &x,
	    "a thread can have a larger stack");
	ok(tcp_thread_join(start(same, &x, 1), &result, -1) == 0 &&
		tcp_thread_join(start(same, &x, 0), &result, -1) == 0,
	    "a smaller one is the ordinary one");
	ok(!tcp_thread_p(start(same, NULL, SIZE_MAX)) &&
		failed(true, TCPUNIT_ERROR_SYSTEM, ENOMEM) &&
		!tcp_thread_p(start(same, NULL, SIZE_MAX / 8 * 7)) &&
		failed(true, TCPUNIT_ERROR_SYSTEM, ENOMEM),
	    "one that is too large cannot be had");
}

/* Returns the deepest address of the stack that a thread has used. */
static uintptr_t deepest;

static void *
go_deep_and_park(void *arg)
{
	volatile char array[DEEP];

	deepest = (uintptr_t)array;
	array[0] = 0; /* unchanged */
	tcp_thread_yield();
	return arg;
}

static void *
go_deep(void *arg)
{
	volatile char array[DEEP];

	deepest = (uintptr_t)array;
	for (size_t i = 0; i < sizeof array; i++)
		array[i] = 'x';
	return arg;
}

/* Whether the page is in memory; -1 if it is not mapped. */
static int
resident(uintptr_t address)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char in;
	void *base = (void *)(address & ~(uintptr_t)(page - 1));

	return mincore(base, page, &in) == -1 ? -1 : in & 1;
}

static void
deep_threads(void)
{
	tcp_thread t = tcp_thread_start(go_deep_and_park, NULL);

	tcp_thread_yield();
	is_int(resident(deepest), 1, "a thread takes memory deep in its stack");
	tcp_thread_join(t, NULL, -1);
	is_int(
	    resident(deepest), 0, "a thread that waited there gives it back");
	tcp_thread_join(tcp_thread_start(go_deep, NULL), NULL, -1);
	is_int(resident(deepest), 0, "one that filled it does, too");
}

static void
ordinary_threads(void)
{
	int calls;

	tcp_thread_join(tcp_thread_start(same, NULL), NULL, -1);
	calls = advised.calls;
	for (int i = 0; i < ORDINARY; i++)
		tcp_thread_join(tcp_thread_start(same, NULL), NULL, -1);
	is_int(advised.calls, calls, "an ordinary thread needs no system call");
}

/* Starts threads until there are N, of which FROM have been started. */
static void
start_more(tcp_thread *t, int from, int n)
{
	for (int i = from; i < n; i++)
		t[i] = tcp_thread_start(sleep_long, NULL);
}

static void
markers(void)
{
	static tcp_thread t[ORDINARY];

	start_more(t, 0, FEW);
	is_int(advised.calls, 0, "the guards of a few stacks are mappings");
	start_more(t, FEW, ORDINARY);
	ok(advised.calls > 0, "those of many are not");
	for (int i = 0; i < ORDINARY; i++) {
		tcp_thread_terminate(t[i]);
		tcp_thread_join(t[i], NULL, -1);
	}
}

static void
many(void)
{
	static tcp_thread t[MANY];
	int n = 0, ended = 0;

	advised.old_kernel = true;
	while (
	    n < MANY && tcp_thread_p(t[n] = tcp_thread_start(sleep_long, NULL)))
		n++;
	is_int(n, MANY, "%d threads at once without guard markers", (int)MANY);
	tcp_thread_yield();
	for (int i = 0; i < n; i++)
		ended += tcp_thread_terminate(t[i]) == 0 &&
		    tcp_thread_join(t[i], NULL, PATIENCE_MS) == 0;
	is_int(ended, MANY, "and each of them ends");
	advised.old_kernel = false;
}

int
main(void)
{
	run(markers);
	run(overflows);
	run(sizes);
	run(deep_threads);
	run(ordinary_threads);
	run(many);
	return done_testing();
}
