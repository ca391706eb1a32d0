/* SPDX-License-Identifier: ISC */
/*
 * Connecting to a Unix socket.
 */
#ifndef TU_UNIX_CONNECT_H
#define TU_UNIX_CONNECT_H

#include "runtime.h"
#include "socket_file.h"
#include "tcpunit.h"

/* The fault of a host, a port and options if one of the ends is a Unix socket:
 * NULL, or a clause. */
const char *tu_unix_connect_fault(
    const char *host, int port, const struct tcp_connect_options *options);

/*
 * Connects to HOST, "unix:PATH" or "unix:@NAME", within the limit of the
 * running call.  Returns the socket, and stores the file of its own name, or
 * NULL; or -1, with an error raised.
 */
int tu_unix_connect(struct tu_runtime *rt, const char *host,
    const struct tcp_connect_options *options, struct tu_socket_file **file);

#endif
