/* SPDX-License-Identifier: ISC */
/*
 * Waiting for a signal, which the kernel reports through a descriptor.  The
 * caller has blocked it, so that it interrupts nothing.
 */
#include <sys/signalfd.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "error.h"
#include "fd.h"
#include "runtime.h"
#include "watch.h"

static bool is_blocked(const sigset_t *);
static int await(struct tu_scheduler *, int);
static int take(int);
static void close_fd(void *);

int
tcp_wait_signal(const sigset_t *set, int timeout)
{
	struct tu_runtime *rt = tu_enter("wait-signal");
	struct tu_cleanup cleanup;
	int fd, signal;

	if (rt == NULL || tu_check_time(timeout) == -1)
		return -1;
	if (set == NULL || !is_blocked(set))
		return tu_refuse(EINVAL, "signals that are not blocked");
	fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd == -1)
		return tu_raise(TCPUNIT_ERROR_SYSTEM, errno, NULL);
	tu_limit(&rt->scheduler, timeout);
	tu_cleanup_push(&rt->scheduler, &cleanup, close_fd, &fd);
	signal = await(&rt->scheduler, fd);
	tu_cleanup_pop(&rt->scheduler);
	close_fd(&fd);
	return signal;
}

/* Whether the set has signals, all of which the calling OS thread blocks. */
static bool
is_blocked(const sigset_t *set)
{
	sigset_t blocked;
	int signal, n = 0;

	(void)pthread_sigmask(SIG_BLOCK, NULL, &blocked); /* cannot fail */
	for (signal = 1; signal <= SIGRTMAX; signal++) {
		if (sigismember(set, signal) != 1)
			continue;
		if (sigismember(&blocked, signal) != 1)
			return false;
		n++;
	}
	return n > 0;
}

/* The signal; or -1, with an error raised. */
static int
await(struct tu_scheduler *s, int fd)
{
	enum tu_wake woken = TU_READY;
	struct tu_wait wait;
	int signal = 0;

	tu_wait_begin(&wait, s, fd, EV_READ, NULL);
	while (woken == TU_READY && (signal = take(fd)) == 0)
		woken = tu_watch_wait(&wait.watch);
	tu_wait_end(&wait);
	return woken == TU_READY ? signal : tu_raise_wake(woken, NULL);
}

/* A signal that is pending, or 0: another thread may have taken it. */
static int
take(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info)
	    ? (int)info.ssi_signo
	    : 0;
}

static void
close_fd(void *fd)
{
	tu_fd_close(*(int *)fd);
}
