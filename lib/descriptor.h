/* SPDX-License-Identifier: ISC */
/*
 * One open descriptor of any kind, read and written without ever waiting, and
 * without changing it for other processes.  Setting O_NONBLOCK would do that:
 * the flag belongs to the open file, which others may share.  So each kind of
 * descriptor is accessed in its own way; if the kernel refuses one way, the
 * next is used.
 */
#ifndef TU_DESCRIPTOR_H
#define TU_DESCRIPTOR_H

#include <sys/types.h>
#include <sys/uio.h>

#include <stdbool.h>

struct tu_descriptor {
	int fd;
	int private_fd; /* the same file opened again, non-blocking; or -1 */
	enum tu_access {
		TU_SOCKET, /* MSG_DONTWAIT */
		TU_NOWAIT, /* RWF_NOWAIT */
		TU_AGAIN,  /* through private_fd */
		TU_POLLED, /* poll(2) first, small pieces */
		TU_FILE    /* a regular file: never waits for long */
	} access;
	bool fifo; /* writing may raise SIGPIPE */
	bool file; /* a regular file */
};

/* 0, or -1 with errno EBADF. */
int tu_descriptor_open(struct tu_descriptor *d, int fd);

/* Returns the result of close(2). */
int tu_descriptor_close(struct tu_descriptor *d);

/* As read(2) and writev(2), with EAGAIN instead of waiting; never with EINTR or
 * SIGPIPE. */
ssize_t tu_descriptor_read(struct tu_descriptor *d, void *buf, size_t n);
ssize_t tu_descriptor_write(struct tu_descriptor *d, struct iovec *iov, int n);

/*
 * Moves at most N bytes within the kernel, from a regular file to a socket, or
 * from a socket to a pipe.  Returns their number; 0, which may mean end of
 * file; or -1 with errno.  EAGAIN does not say which end has to wait.  EINVAL:
 * these two cannot be used, or not now, as a socket without O_NONBLOCK would
 * stop every thread.
 */
ssize_t tu_descriptor_move(
    struct tu_descriptor *from, struct tu_descriptor *to, size_t n);

/* Increases the capacity of a pipe. */
void tu_descriptor_enlarge(struct tu_descriptor *d);

bool tu_descriptor_writable(const struct tu_descriptor *d);
/* Whether it has failed.  A socket that has ended both ways has not. */
bool tu_descriptor_failed(const struct tu_descriptor *d);

#endif
