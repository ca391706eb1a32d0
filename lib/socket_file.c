/* SPDX-License-Identifier: ISC */
#include "socket_file.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/system_calls.h"
#include "fd.h"
#include "text.h"

/* How long to wait for another process that replaces a file. */
enum { LOCK_PAUSE = 10, LOCK_TRIES = 100 }; /* ms */

static enum tu_wake replace(
    struct tu_scheduler *, int, const struct tu_unix_address *);
static enum tu_wake lock(struct tu_scheduler *, int);
static int open_directory(const char *);
static int remove_dead(const struct tu_unix_address *);
static int probe(const struct tu_unix_address *);
static int describe(const char *, int, struct tu_socket_file **);
static struct tu_socket_file *file_new(const char *, const struct stat *);
static int set_mode(const char *, int, const struct stat *);

/* The kernel creates the file with the mode of the socket, without the bits of
 * the umask. */
enum tu_wake
tu_socket_file_bind(struct tu_scheduler *s, int fd,
    const struct tu_unix_address *a, int mode, struct tu_socket_file **file)
{
	enum tu_wake woken = TU_READY;

	*file = NULL;
	if (fchmod(fd, mode ? (mode_t)mode : 0666) == -1)
		return TU_FAILED;
	if (bind(fd, &a->sa, a->length) == -1) {
		if (errno != EADDRINUSE || !tu_unix_is_path(a))
			return TU_FAILED;
		woken = replace(s, fd, a);
	}
	if (woken == TU_READY && tu_unix_is_path(a) &&
	    describe(a->un.sun_path, mode, file) == -1)
		return TU_FAILED;
	return woken;
}

void
tu_socket_file_remove(struct tu_socket_file *file)
{
	int error = errno;
	struct stat st;

	if (file == NULL)
		return;
	if (file->maker == getpid() && lstat(file->path, &st) == 0 &&
	    st.st_dev == file->device && st.st_ino == file->inode)
		(void)unlink(file->path); /* another program may have done so */
	free(file);
	errno = error;
}

static void
close_directory(void *directory)
{
	tu_fd_close(*(int *)directory);
}

/*
 * Removes a dead file and binds the socket.  The directory is locked meanwhile:
 * else two processes could both find the file dead, and the second would remove
 * the socket of the first.
 */
static enum tu_wake
replace(struct tu_scheduler *s, int fd, const struct tu_unix_address *a)
{
	int directory = open_directory(a->un.sun_path);
	struct tu_cleanup cleanup;
	enum tu_wake woken;

	tu_cleanup_push(s, &cleanup, close_directory, &directory);
	woken = lock(s, directory);
	if (woken == TU_READY &&
	    (remove_dead(a) == -1 || bind(fd, &a->sa, a->length) == -1))
		woken = TU_FAILED;
	tu_cleanup_pop(s);
	close_directory(&directory);
	return woken;
}

/* Locks the directory, if possible.  It may be unreadable, and any process can
 * hold its lock for ever: then the caller goes on without the lock. */
static enum tu_wake
lock(struct tu_scheduler *s, int directory)
{
	enum tu_wake woken;

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(directory, LOCK_EX | LOCK_NB) == 0 ||
		    errno != EWOULDBLOCK)
			break;
		woken = tu_park(s, NULL, tu_after(LOCK_PAUSE), TU_INSIDE);
		if (woken != TU_ELAPSED && woken != TU_READY)
			return woken;
	}
	return TU_READY;
}

static int
open_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[sizeof(((struct sockaddr_un *)0)->sun_path)] = ".";

	if (slash != NULL) {
		memcpy(directory, path, (size_t)(slash - path) + 1);
		directory[slash - path + 1] = '\0';
	}
	return open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* 0 if the path is free now; or -1 with errno. */
static int
remove_dead(const struct tu_unix_address *a)
{
	const char *path = a->un.sun_path;
	struct stat st;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	if (probe(a) == -1)
		return -1;
	return unlink(path) == 0 || errno == ENOENT ? 0 : -1;
}

/*
 * 0 if no socket is bound to the file; or -1 with errno.  A datagram socket
 * asks, as its connect(2) tells a dead file from one that is bound to a stream
 * socket, EPROTOTYPE, without making a connection.
 */
static int
probe(const struct tu_unix_address *a)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

	if (fd == -1)
		return -1;
	if (connect(fd, &a->sa, a->length) == -1)
		error = errno;
	tu_fd_close(fd);
	if (error == ECONNREFUSED || error == ENOENT)
		return 0;
	errno = error == 0 || error == EPROTOTYPE ? EADDRINUSE : error;
	return -1;
}

/* Sets the mode of the new file and describes it: 0, or -1 with errno. */
static int
describe(const char *path, int mode, struct tu_socket_file **file)
{
	struct stat st;
	int error;

	if (lstat(path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return 0; /* another program has removed it: it is not ours */
	*file = file_new(path, &st);
	error = *file != NULL ? set_mode(path, mode, &st) : ENOMEM;
	if (error == 0)
		return 0;
	if (*file == NULL)
		(void)unlink(path); /* it was there just now */
	tu_socket_file_remove(*file);
	*file = NULL;
	errno = error;
	return -1;
}

static struct tu_socket_file *
file_new(const char *path, const struct stat *st)
{
	char folder[PATH_MAX] = "";
	struct tu_socket_file *file;

	if (path[0] != '/' && getcwd(folder, sizeof(folder)) == NULL)
		folder[0] = '\0';
	file = malloc(sizeof(*file) + strlen(folder) + strlen(path) + 2);
	if (file == NULL)
		return NULL;
	file->device = st->st_dev;
	file->inode = st->st_ino;
	file->maker = getpid();
	(void)sprintf(file->path, "%s%s%s", folder, folder[0] ? "/" : "", path);
	return file;
}

/* Changes the mode of the file that FD is, with O_PATH.  Before fchmodat2(2)
 * this takes /proc. */
static int
change_mode(int fd, int mode)
{
	char magic[32];

	if (system_fchmod(fd, (mode_t)mode) == 0)
		return 0;
	tu_format(magic, sizeof(magic), "/proc/self/fd/%d", fd);
	return chmod(magic, (mode_t)mode);
}

/* Adds the bits of MODE that the umask has removed: 0, or errno.  chmod(2)
 * would follow a link that another program may have put there. */
static int
set_mode(const char *path, int mode, const struct stat *st)
{
	struct stat opened;
	int fd, error = 0;

	if (mode == 0 || (st->st_mode & 0777) == (mode_t)mode)
		return 0;
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return errno;
	if (fstat(fd, &opened) == -1 ||
	    (opened.st_ino == st->st_ino && change_mode(fd, mode) == -1))
		error = errno;
	tu_fd_close(fd);
	return error;
}
