/* SPDX-License-Identifier: ISC */
#include "outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../lib/compat/system_calls.h"
#include "text.h"

static ssize_t try_write(struct outlet *o, const char *text, size_t n);
static ssize_t write_shared(struct outlet *o, const char *text, size_t n);
static int reopen(int fd);
static ssize_t write_piece(int fd, const char *text, size_t n);
static void forget_signal(void);

ssize_t
outlet_write(struct outlet *o, const char *text, size_t n)
{
	ssize_t done;

	do
		done = try_write(o, text, n);
	while (done == -1 && errno == EINTR);
	if (done == -1 && (errno == EPIPE || errno == EFBIG))
		forget_signal();
	return done;
}

void
outlet_release(struct outlet *o)
{
	if (o->own > 0)
		(void)close(o->own); /* everything is written */
	o->own = 0;
}

/* A regular file never blocks, and other processes share its offset: it is
 * written directly. */
static ssize_t
try_write(struct outlet *o, const char *text, size_t n)
{
	struct stat st;

	if (fstat(o->fd, &st) == -1)
		return -1;
	if (S_ISREG(st.st_mode))
		return write(o->fd, text, n);
	if (S_ISSOCK(st.st_mode))
		return send(o->fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write_shared(o, text, n);
}

/* A file that does not support RWF_NOWAIT is opened again, with O_NONBLOCK. */
static ssize_t
write_shared(struct outlet *o, const char *text, size_t n)
{
	const struct iovec iov = {(char *)text, n};
	ssize_t done;

	if (o->own == 0) {
		done = system_pwritev2(o->fd, &iov, 1);
		if (done != -1 || !system_lacks_nowait(errno))
			return done;
	}
	if (o->own == 0)
		o->own = reopen(o->fd);
	return o->own == -1 ? write_piece(o->fd, text, n)
			    : write(o->own, text, n);
}

/* Returns -1 if the file cannot be opened again, for example because it belongs
 * to another user.  Opening the master of a pseudo-terminal would make another
 * pseudo-terminal. */
static int
reopen(int fd)
{
	char path[32];
	unsigned slave;

	if (ioctl(fd, TIOCGPTN, &slave) == 0)
		return -1;
	format_text(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Writes as much as cannot block: a writable pipe takes PIPE_BUF bytes, and a
 * terminal at least one byte.  A device such as /dev/full never blocks. */
static ssize_t
write_piece(int fd, const char *text, size_t n)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	const size_t most = isatty(fd) ? 1 : PIPE_BUF;

	if (poll(&p, 1, 0) != 1) {
		errno = EAGAIN;
		return -1;
	}
	return write(fd, text, n < most ? n : most);
}

/* Removes the blocked signal, which a program run by --hold would get. */
static void
forget_signal(void)
{
	const struct timespec at_once = {0, 0};
	const int code = errno;
	sigset_t both;

	(void)sigemptyset(&both); /* bad arguments only */
	(void)sigaddset(&both, SIGPIPE);
	(void)sigaddset(&both, SIGXFSZ);
	(void)sigtimedwait(&both, NULL, &at_once);
	errno = code;
}
