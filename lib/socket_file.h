/* SPDX-License-Identifier: ISC */
/*
 * The file of a Unix socket: binding a socket to its path, also over the file
 * that a dead process has left there, and removing the file.
 */
#ifndef TU_SOCKET_FILE_H
#define TU_SOCKET_FILE_H

#include <sys/types.h>

#include "scheduler.h"
#include "unix_address.h"

/* Identifies the file as long as its socket is open: until then the file
 * system cannot give its inode to another file. */
struct tu_socket_file {
	dev_t device;
	ino_t inode;
	pid_t maker;
	char path[]; /* absolute, if the working directory has a path */
};

/*
 * Binds socket FD to the address.  A socket file to which no socket is bound
 * any more is replaced; any other file stays as it is.  The file gets MODE; or
 * if that is 0, 0666 without the bits of the umask.  Stores a description of
 * the file, or NULL for an abstract name.  Parks while another process replaces
 * a file of that directory.  TU_READY; or the end of a wait, TU_FAILED with
 * errno: EADDRINUSE if a socket is bound there, EEXIST if another file is
 * there.
 */
enum tu_wake tu_socket_file_bind(struct tu_scheduler *s, int fd,
    const struct tu_unix_address *a, int mode, struct tu_socket_file **file);

/* Removes the file, unless another one has taken its place or another process
 * made it, and frees FILE.  Call it before the socket is closed.  FILE may be
 * NULL. */
void tu_socket_file_remove(struct tu_socket_file *file);

#endif
