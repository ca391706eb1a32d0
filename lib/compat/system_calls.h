/* SPDX-License-Identifier: ISC */
/*
 * system_calls.h - the system calls that some of the C libraries have no
 * function for.  Each fails with ENOSYS if the kernel does not have it.
 *
 *                      Linux  glibc  musl
 *   pidfd_open           5.3   2.36     -
 *   close_range          5.9   2.34     -
 *   preadv2, pwritev2    4.6   2.26  1.2.5
 *   fchmodat2            6.6   2.39  1.2.6
 *   getdents64           2.4   2.30     -
 */
#ifndef SYSTEM_CALLS_H
#define SYSTEM_CALLS_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* Headers of older kernels do not have them.  The numbers are those of every
 * machine but the Alpha. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/* Whether the errno means that the kernel does not have the call, or that a
 * sandbox forbids it: container engines refuse calls that they do not know, the
 * older ones with EPERM. */
static inline bool
system_lacks(int error)
{
	return error == ENOSYS || error == EPERM;
}

static inline int
system_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static inline int
system_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

/* Changes the file that FD is, which may be open with O_PATH. */
static inline int
system_fchmod(int fd, mode_t mode)
{
	return (int)syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH);
}

/* Reads entries of a folder into the buffer, each a struct dirent. */
static inline ssize_t
system_getdents(int folder, char *buffer, size_t size)
{
	return syscall(SYS_getdents64, folder, buffer, size);
}

/* Whether the errno of one of the next two calls means that they do not work
 * with the file: terminals refuse RWF_NOWAIT, and so do pipes before Linux 6.4.
 */
static inline bool
system_lacks_nowait(int error)
{
	return error == EOPNOTSUPP || system_lacks(error);
}

/* The C libraries that have the flag have the functions as well.  The kernel
 * takes the offset, which is -1 here, in two halves. */
#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8

static inline ssize_t
system_preadv2(int fd, const struct iovec *iov, int n)
{
	return syscall(SYS_preadv2, fd, iov, (long)n, -1L, -1L, RWF_NOWAIT);
}

static inline ssize_t
system_pwritev2(int fd, const struct iovec *iov, int n)
{
	return syscall(SYS_pwritev2, fd, iov, (long)n, -1L, -1L, RWF_NOWAIT);
}
#else
static inline ssize_t
system_preadv2(int fd, const struct iovec *iov, int n)
{
	return preadv2(fd, iov, n, -1, RWF_NOWAIT);
}

static inline ssize_t
system_pwritev2(int fd, const struct iovec *iov, int n)
{
	return pwritev2(fd, iov, n, -1, RWF_NOWAIT);
}
#endif

#endif
