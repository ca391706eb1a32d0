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
 * Both store the name of an end, which is empty if the end has none.  The first
 * stores it without quoting, with "@" for each NUL of an abstract name; the
 * second formats it as tcp_unix_text does.  Both return 0; or -1 with errno and
 * an empty name.
 */
int read_unix_path(int fd, ask_socket *ask, char path[UNIX_PATH_SIZE]);
int read_unix_text(int fd, ask_socket *ask, char text[TCPUNIT_ADDRLEN]);

/* The process and the user of the other end, as they were when it connected or
 * began to listen; {0, -1, -1} if they are not known. */
struct ucred unix_peer(int fd);

#endif
