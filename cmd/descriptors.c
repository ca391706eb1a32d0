/* SPDX-License-Identifier: ISC */
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

#define NULL_DEVICE "/dev/null"

static int
null_failure(const struct run *run)
{
	return fail(run, STATUS_FAILED, "%s: %s", NULL_DEVICE, strerror(errno));
}

int
open_standard_descriptors(const struct run *run)
{
	static const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) == -1 &&
		    open(NULL_DEVICE, modes[fd]) == -1)
			return null_failure(run);
	}
	return STATUS_GO_ON;
}

int
check_null(const struct run *run)
{
	int null = open(NULL_DEVICE, O_RDWR | O_CLOEXEC);

	if (null == -1)
		return null_failure(run);
	(void)close(null);
	return STATUS_GO_ON;
}

void
replace_by_null(int fd)
{
	int null = open(NULL_DEVICE, O_RDWR | O_CLOEXEC);

	if (null == -1)
		return;
	(void)dup2(null, fd);
	(void)close(null);
}

bool
is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	    (S_ISREG(st.st_mode) || (S_ISCHR(st.st_mode) && !isatty(fd)));
}

bool
share_a_pipe(int a, int b)
{
	struct stat of_a, of_b;

	return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 &&
	    S_ISFIFO(of_a.st_mode) && of_a.st_dev == of_b.st_dev &&
	    of_a.st_ino == of_b.st_ino;
}

void
release_stderr(const struct run *run)
{
	outbox_leave(run->outbox);
	replace_by_null(STDERR_FILENO);
}

void
release_stdout(const struct run *run)
{
	if (share_a_pipe(STDOUT_FILENO, STDERR_FILENO))
		release_stderr(run);
	replace_by_null(STDOUT_FILENO);
}

/* With O_NONBLOCK a FIFO without a reader fails instead of waiting for one. */
int
open_output(const struct run *run, const char *name, int *fd)
{
	*fd = -1;
	if (!name)
		return STATUS_GO_ON;
	*fd = open(name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    0666);
	if (*fd != -1)
		return STATUS_GO_ON;
	return fail(run, STATUS_FILE, "--output %s: %s", name, strerror(errno));
}

void
become_stdout(int fd)
{
	if (fd == -1)
		return;
	(void)dup2(fd, STDOUT_FILENO); /* both are open */
	(void)close(fd);
}

static int
ready_fd_failure(const struct run *run, int fd)
{
	return fail(run, STATUS_FILE, "--ready-fd %d: %s", fd, strerror(errno));
}

int
check_ready_fd(const struct run *run, int fd, const char *use)
{
	if (fd == STDOUT_FILENO && use)
		return usage_error(run,
		    "--ready-fd 1 would close stdout, which is for %s", use);
	if (fd != -1 && fcntl(fd, F_GETFD) == -1)
		return ready_fd_failure(run, fd);
	return 0;
}

int
tell_ready_fd(const struct run *run, int fd, const char *text)
{
	char name[32];
	int code = deliver(run, fd, text, strlen(text));

	format_text(name, sizeof(name), "--ready-fd %d", fd);
	if (code == -1)
		return library_failure(run, name, STATUS_FILE);
	if (fd == STDERR_FILENO)
		outbox_leave(run->outbox);
	if (code == 0 && close(fd) == -1)
		code = errno;
	if (code != 0)
		return fail(run, STATUS_FILE, "%s: %s", name, strerror(code));
	return open_standard_descriptors(run);
}
