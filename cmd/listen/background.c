/* SPDX-License-Identifier: ISC */
#include "background.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../close_range.h"
#include "../descriptors.h"
#include "../text.h"

/* The first byte through the pipe to the launcher; the text follows. */
#define ANNOUNCED 'R'

static int await_announcement(const struct run *run, int fd, pid_t child);
static void leave_caller(int keep, bool serves, int launcher);

int
go_to_background(const struct run *run, int keep, bool serves, int *launcher)
{
	int pipe_fds[2], status;
	pid_t child;

	if (pipe2(pipe_fds, O_CLOEXEC) == -1)
		return fail(run, STATUS_FAILED, "pipe: %s", strerror(errno));
	outbox_flush(run->outbox); /* or the child would print it too */
	child = fork();
	if (child == -1)
		return fail(run, STATUS_FAILED, "fork: %s", strerror(errno));
	if (child > 0) {
		(void)close(pipe_fds[1]);
		status = await_announcement(run, pipe_fds[0], child);
		return status == STATUS_DONE ? STATUS_ENDED : status;
	}
	/* Until the listener is announced, only the launcher can end it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	leave_caller(keep, serves, pipe_fds[1]);
	*launcher = pipe_fds[1];
	return STATUS_GO_ON;
}

/* Reads to the end, which comes when the child closes the pipe or ends. */
static void
read_announcement(int fd, struct text *text)
{
	char piece[1024];
	ssize_t n;

	do {
		n = read(fd, piece, sizeof(piece));
		if (n > 0)
			text_add(text, "%.*s", (int)n, piece);
	} while (n > 0 || (n == -1 && errno == EINTR));
}

/* Returns the status of the launcher: that of the answer once the child has
 * announced itself, or else that of the child, which has said why it ended. */
static int
await_announcement(const struct run *run, int fd, pid_t child)
{
	struct text text = {0};
	int status;

	unblock_signals(run->ending);
	read_announcement(fd, &text);
	if (text.size > 0 || text.failed) {
		block_signals(run->ending);
		status = text.failed
		    ? fail(run, STATUS_FAILED, "%s", strerror(ENOMEM))
		    : answer(run, text.bytes + 1, text.size - 1);
		if (status != STATUS_DONE)
			(void)kill(child, SIGTERM); /* nobody knows of it */
		text_free(&text);
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
close_between(int after, int before)
{
	if (after + 1 < before)
		close_descriptors(after + 1, before - 1);
}

static void
leave_caller(int keep, bool serves, int launcher)
{
	int low = keep > 2 && keep < launcher ? keep : launcher;
	int high = keep > launcher ? keep : launcher;

	close_between(2, low);
	close_between(low, high);
	close_between(high, INT_MAX);
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
	(void)prctl(PR_SET_PDEATHSIG, 0);
	if (dprintf(launcher, "%c%s", ANNOUNCED, text) < 0)
		return STATUS_FAILED; /* the launcher was killed */
	(void)close(launcher);
	if (is_pipe(STDERR_FILENO))
		release_stderr(run);
	if (!is_file(STDOUT_FILENO) && !isatty(STDOUT_FILENO))
		replace_by_null(STDOUT_FILENO);
	return 0;
}
