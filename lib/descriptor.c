/* SPDX-License-Identifier: ISC */
#include "descriptor.h"

#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "compat/system_calls.h"
#include "fd.h"
#include "sigpipe.h"
#include "text.h"

enum { PIPE_SIZE = 1 << 20 };

static bool can_be_waited_for(int);
static void step_down(struct tu_descriptor *);
static int reopen(int);
static bool ready(int, short);
static ssize_t read_once(struct tu_descriptor *, void *, size_t);
static ssize_t try_read(struct tu_descriptor *, void *, size_t);
static ssize_t try_write(struct tu_descriptor *, struct iovec *, int);
static ssize_t write_fifo(struct tu_descriptor *, struct iovec *, int);
static ssize_t write_piece(const struct tu_descriptor *, const struct iovec *);

int
tu_descriptor_open(struct tu_descriptor *d, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	*d = (struct tu_descriptor){.fd = fd, .private_fd = -1};
	d->fifo = S_ISFIFO(st.st_mode);
	d->file = S_ISREG(st.st_mode);
	if (S_ISSOCK(st.st_mode))
		d->access = TU_SOCKET;
	else if (!d->file && can_be_waited_for(fd))
		d->access = TU_NOWAIT;
	else
		d->access = TU_FILE;
	return 0;
}

int
tu_descriptor_close(struct tu_descriptor *d)
{
	tu_fd_close(d->private_fd);
	return close(d->fd);
}

ssize_t
tu_descriptor_read(struct tu_descriptor *d, void *buf, size_t n)
{
	ssize_t r = read_once(d, buf, n);

	/* The kernel looks for a terminal's bytes, and then for its hang-up.
	 * Bytes written between the two are found by a second read. */
	return r == -1 && errno == EIO ? read_once(d, buf, n) : r;
}

ssize_t
tu_descriptor_write(struct tu_descriptor *d, struct iovec *iov, int n)
{
	ssize_t r;

	do {
		r = d->fifo ? write_fifo(d, iov, n) : try_write(d, iov, n);
		if (r == -1 && d->access == TU_NOWAIT &&
		    system_lacks_nowait(errno)) {
			step_down(d);
			errno = EINTR;
		}
	} while (r == -1 && errno == EINTR);
	if (r != 0)
		return r;
	errno = EIO; /* without an error, a caller would retry for ever */
	return -1;
}

ssize_t
tu_descriptor_move(
    struct tu_descriptor *from, struct tu_descriptor *to, size_t n)
{
	int flags = fcntl(from->file ? to->fd : from->fd, F_GETFL);
	struct tu_sigpipe sigpipe;
	ssize_t r;

	if ((flags & O_NONBLOCK) == 0) {
		errno = EINVAL;
		return -1;
	}
	tu_sigpipe_block(&sigpipe);
	do {
		if (from->file)
			r = sendfile(to->fd, from->fd, NULL, n);
		else
			r = splice(from->fd, NULL, to->fd, NULL, n,
			    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	} while (r == -1 && errno == EINTR);
	tu_sigpipe_restore(&sigpipe, r);
	return r;
}

void
tu_descriptor_enlarge(struct tu_descriptor *d)
{
	/* Beyond the system's limit it fails with EPERM, and the size stays. */
	if (d->fifo && fcntl(d->fd, F_GETPIPE_SZ) < PIPE_SIZE)
		(void)fcntl(d->fd, F_SETPIPE_SZ, PIPE_SIZE);
}

bool
tu_descriptor_writable(const struct tu_descriptor *d)
{
	return ready(d->fd, POLLOUT);
}

bool
tu_descriptor_failed(const struct tu_descriptor *d)
{
	struct pollfd p = {.fd = d->fd};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

/* epoll refuses some files, such as /dev/null. */
static bool
can_be_waited_for(int fd)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	bool refused;

	refused =
	    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1 && errno == EPERM;
	tu_fd_close(epoll);
	return !refused;
}

/* Takes the next way to access. */
static void
step_down(struct tu_descriptor *d)
{
	d->private_fd = reopen(d->fd);
	d->access = d->private_fd == -1 ? TU_POLLED : TU_AGAIN;
}

/*
 * Opens the file again by way of /proc, which gives an open file that no
 * process shares.  The master of a pseudo-terminal is refused, because that way
 * leads to the master of another one.
 */
static int
reopen(int fd)
{
	int mode = fcntl(fd, F_GETFL) & O_ACCMODE;
	char path[32];
	unsigned slave;

	if (ioctl(fd, TIOCGPTN, &slave) == 0)
		return -1;
	tu_format(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static bool
ready(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, 0) == 1;
}

static ssize_t
read_once(struct tu_descriptor *d, void *buf, size_t n)
{
	ssize_t r;

	do {
		r = try_read(d, buf, n);
		if (r == -1 && d->access == TU_NOWAIT &&
		    system_lacks_nowait(errno)) {
			step_down(d);
			errno = EINTR;
		}
	} while (r == -1 && errno == EINTR);
	return r;
}

static ssize_t
try_read(struct tu_descriptor *d, void *buf, size_t n)
{
	struct iovec iov = {.iov_base = buf, .iov_len = n};

	switch (d->access) {
	case TU_SOCKET:
		return recv(d->fd, buf, n, MSG_DONTWAIT);
	case TU_NOWAIT:
		return system_preadv2(d->fd, &iov, 1);
	case TU_AGAIN:
		return read(d->private_fd, buf, n);
	case TU_POLLED:
		if (!ready(d->fd, POLLIN)) {
			errno = EAGAIN;
			return -1;
		}
		return read(d->fd, buf, n);
	default:
		return read(d->fd, buf, n);
	}
}

static ssize_t
try_write(struct tu_descriptor *d, struct iovec *iov, int n)
{
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = (size_t)n};

	switch (d->access) {
	case TU_SOCKET:
		if (n == 1)
			return send(d->fd, iov->iov_base, iov->iov_len,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		return sendmsg(d->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	case TU_NOWAIT:
		return system_pwritev2(d->fd, iov, n);
	case TU_AGAIN:
		return writev(d->private_fd, iov, n);
	case TU_POLLED:
		return write_piece(d, iov);
	default:
		return writev(d->fd, iov, n);
	}
}

/*
 * Writes as much as cannot block.  A pipe that is ready takes PIPE_BUF bytes
 * without waiting; a terminal is known to take only one.  Any other file that
 * comes here, such as an eventfd, takes all or nothing.
 */
static ssize_t
write_piece(const struct tu_descriptor *d, const struct iovec *iov)
{
	size_t most = iov->iov_len;

	if (d->fifo)
		most = PIPE_BUF;
	else if (isatty(d->fd))
		most = 1;
	if (!ready(d->fd, POLLOUT)) {
		errno = EAGAIN;
		return -1;
	}
	return write(
	    d->fd, iov->iov_base, iov->iov_len < most ? iov->iov_len : most);
}

static ssize_t
write_fifo(struct tu_descriptor *d, struct iovec *iov, int n)
{
	struct tu_sigpipe sigpipe;
	ssize_t r;

	tu_sigpipe_block(&sigpipe);
	r = try_write(d, iov, n);
	tu_sigpipe_restore(&sigpipe, r);
	return r;
}
