/* SPDX-License-Identifier: ISC */
/*
 * background.c - forks before the library is first called, so that nothing of
 * it has to survive that.
 */
#include "background.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../descriptors.h"

/* The first byte through the pipe; the text follows. */
#define READY 'R'

static int wait_until_ready(const struct run *run, int fd, pid_t child);
static void settle_down(int keep, bool serves, int launcher);

int
go_to_background(const struct run *run, int keep, bool serves, int *launcher)
{
	int pipe_fds[2];
	pid_t child;

	if (pipe2(pipe_fds, O_CLOEXEC) == -1)
		return fail(run, STATUS_FAILED, "pipe: %s", strerror(errno));
	outbox_flush(run->outbox); /* or it would be said twice */
	child = fork();
	if (child == -1)
		return fail(run, STATUS_FAILED, "fork: %s", strerror(errno));
	if (child > 0) {
		(void)close(pipe_fds[1]);
		return wait_until_ready(run, pipe_fds[0], child);
	}
	settle_down(keep, serves, pipe_fds[1]);
	*launcher = pipe_fds[1];
	return -1;
}

/* A child that ends without a word has said why; its status is ours. */
static int
wait_until_ready(const struct run *run, int fd, pid_t child)
{
	char text[256];
	size_t len = 0;
	ssize_t n;
	int status;

	unblock_signals(run->ending);
	do {
		n = read(fd, text + len, sizeof(text) - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 || (n == -1 && errno == EINTR));
	if (len > 0) {
		block_signals(run->ending);
		status = answer(run, text + 1, len - 1);
		if (status != 0)
			(void)kill(child, SIGTERM); /* nobody knows of it */
		return status;
	}
	while (waitpid(child, &status, 0) == -1) {
		if (errno != EINTR)
			return fail(
			    run, STATUS_FAILED, "wait: %s", strerror(errno));
	}
	return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static void
close_range_between(int after, int before)
{
	if (after + 1 < before)
		(void)close_range((unsigned)after + 1, (unsigned)before - 1, 0);
}

static void
settle_down(int keep, bool serves, int launcher)
{
	int low = keep > 2 && keep < launcher ? keep : launcher;
	int high = keep > launcher ? keep : launcher;

	close_range_between(2, low);
	close_range_between(low, high);
	close_range_between(high, INT_MAX);
	(void)setsid(); /* cannot fail: a new process leads no group */
	if (serves || isatty(STDIN_FILENO))
		replace_by_null(STDIN_FILENO);
}

static bool
is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

int
leave_launcher(const struct run *run, int launcher, const char *text)
{
	if (dprintf(launcher, "%c%s", READY, text) < 0)
		return STATUS_FAILED; /* it was killed, and so are we */
	(void)close(launcher);
	if (is_pipe(STDERR_FILENO))
		release_stderr(run);
	if (!is_file(STDOUT_FILENO) && !isatty(STDOUT_FILENO))
		replace_by_null(STDOUT_FILENO);
	return 0;
}
