/* SPDX-License-Identifier: ISC */
/*
 * tap.h - the Test Anything Protocol for one test program, which includes it
 * once.  A program runs each test function with run(f); the function reports
 * its results with ok() and the macros like it; and main ends with `return
 * done_testing();`.  If a test takes longer than TAP_LIMIT, the program prints
 * the test's name and ends.  The clock for this limit does not use SIGALRM,
 * which stays free for the tests.
 */
#ifndef TAP_H
#define TAP_H

#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "patience.h"

#ifndef TAP_LIMIT
#define TAP_LIMIT 600 /* seconds */
#endif

#define run(f) tap_run(#f, f)
#define ok(cond, ...) tap_ok(__FILE__, __LINE__, (cond), __VA_ARGS__)
#define is_int(got, want, ...) \
	tap_int(__FILE__, __LINE__, (got), (want), __VA_ARGS__)
#define is_str(got, want, ...) \
	tap_str(__FILE__, __LINE__, (got), (want), __VA_ARGS__)
#define is_mem(got, n, want, m, ...) \
	tap_mem(__FILE__, __LINE__, (got), (n), (want), (m), __VA_ARGS__)

static struct {
	int count;
	int failed;
	char hung[128]; /* the watchdog's line, without a number */
} tap;

#ifdef __SANITIZE_ADDRESS__
/* A child does not check for leaks when it ends: if another OS thread held
 * the leak checker's lock during the fork, the child would wait for ever. */
static pid_t tap_parent;

__attribute__((constructor)) static void
tap_remember(void)
{
	tap_parent = getpid();
}

/* The sanitizer's library calls this function, if there is one. */
__attribute__((visibility("default"))) int __lsan_is_turned_off(
    void); /* NOLINT(bugprone-reserved-identifier) */

int
__lsan_is_turned_off(void) /* NOLINT(bugprone-reserved-identifier) */
{
	return getpid() != tap_parent;
}
#endif

/* Prints a line that helps to explain a failure. */
__attribute__((format(printf, 1, 2))) static inline void
diag(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("# ", stdout);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	fflush(stdout);
}

__attribute__((format(printf, 4, 0))) static inline bool
tap_vok(const char *file, int line, bool pass, const char *format, va_list args)
{
	printf("%sok %d - ", pass ? "" : "not ", ++tap.count);
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
	if (!pass) {
		tap.failed++;
		diag("  %s:%d", file, line);
	}
	return pass;
}

/* Each of these returns whether its check succeeded, and takes the test's
 * name. */
__attribute__((format(printf, 4, 5))) static inline bool
tap_ok(const char *file, int line, bool pass, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tap_vok(file, line, pass, format, args);
	va_end(args);
	return pass;
}

__attribute__((format(printf, 5, 6))) static inline bool
tap_int(const char *file, int line, long long got, long long want,
    const char *format, ...)
{
	va_list args;
	bool pass = got == want;

	va_start(args, format);
	if (!tap_vok(file, line, pass, format, args))
		diag("  got %lld, wanted %lld", got, want);
	va_end(args);
	return pass;
}

__attribute__((format(printf, 5, 6))) static inline bool
tap_str(const char *file, int line, const char *got, const char *want,
    const char *format, ...)
{
	va_list args;
	bool pass = got && want ? strcmp(got, want) == 0 : got == want;

	va_start(args, format);
	if (!tap_vok(file, line, pass, format, args))
		diag("  got \"%s\", wanted \"%s\"", got ? got : "(null)",
		    want ? want : "(null)");
	va_end(args);
	return pass;
}

__attribute__((format(printf, 7, 8))) static inline bool
tap_mem(const char *file, int line, const void *got, size_t n, const void *want,
    size_t m, const char *format, ...)
{
	va_list args;
	bool pass = n == m && (n == 0 || memcmp(got, want, n) == 0);
	size_t i = 0;

	va_start(args, format);
	if (!tap_vok(file, line, pass, format, args)) {
		while (i < n && i < m &&
		    ((const char *)got)[i] == ((const char *)want)[i])
			i++;
		diag("  got %zu bytes, wanted %zu, first difference at %zu", n,
		    m, i);
	}
	va_end(args);
	return pass;
}

static inline void
tap_hung(int sig)
{
	(void)sig;
	/* Nothing can be done about a failed write here. */
	if (write(STDOUT_FILENO, tap.hung, strlen(tap.hung)) == -1)
		_exit(3);
	_exit(2);
}

/* Runs one test function under the watchdog. */
static inline void
tap_run(const char *name, void (*test)(void))
{
	const struct itimerspec limit = {.it_value.tv_sec = TAP_LIMIT};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL};
	timer_t timer;

	event.sigev_signo = SIGVTALRM;
	snprintf(tap.hung, sizeof tap.hung, "not ok - %s took over %d s\n",
	    name, TAP_LIMIT);
	signal(SIGVTALRM, tap_hung);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) == -1 ||
	    timer_settime(timer, 0, &limit, NULL) == -1) {
		perror("timer_create");
		exit(2);
	}
	test();
	timer_delete(timer);
}

/* Prints the plan, and returns the exit status of main. */
static inline int
done_testing(void)
{
	printf("1..%d\n", tap.count);
	return tap.failed ? 1 : 0;
}

/* Returns how many descriptors this process has open. */
static inline int
open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = -1; /* do not count the descriptor of dir */

	if (!dir)
		return -1;
	for (struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] != '.')
			n++;
	closedir(dir);
	return n;
}

#endif
