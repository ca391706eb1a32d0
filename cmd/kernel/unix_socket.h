/* SPDX-License-Identifier: ISC */
/*
 * unix_socket.h - the ends of a Unix socket: their names, and the process at
 * the other one.
 */
#ifndef TCPU_UNIX_SOCKET_H
#define TCPU_UNIX_SOCKET_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <tcpunit.h>

/* Room for a path and its NUL; the kernel adds one to a path that fills
 * sun_path. */
#define UNIX_PATH_SIZE 112

/* getsockname(2) or getpeername(2). */
typedef int ask_socket(int fd, struct sockaddr *address, socklen_t *size);

/* Whether the descriptor is a Unix stream socket. */
bool is_unix_stream(int fd);

/*
 * Stores the name of an end, empty if it has none: as it is, an abstract one
 * with "@" for each NUL; or as tcp_unix_text does.  Both return 0; or -1 with
 * errno, and then the name is empty.
 */
int read_unix_path(int fd, ask_socket *ask, char path[UNIX_PATH_SIZE]);
int read_unix_text(int fd, ask_socket *ask, char text[TCPUNIT_ADDRLEN]);

/* The process and the user of the other end, as they were when it connected or
 * began to listen; {0, -1, -1} if they are not known. */
struct ucred unix_peer(int fd);

#endif
