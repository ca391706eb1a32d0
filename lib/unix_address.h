/* SPDX-License-Identifier: ISC */
/*
 * Addresses of Unix sockets: the paths and abstract names of "unix:PATH" and
 * "unix:@NAME", and their texts.
 */
#ifndef TU_UNIX_ADDRESS_H
#define TU_UNIX_ADDRESS_H

#include <sys/socket.h>
#include <sys/un.h>

#include <stdbool.h>

#include "tcpunit.h"

struct tu_unix_address {
	union {
		struct sockaddr sa;
		struct sockaddr_un un;
		/* The kernel adds a NUL to a path that fills sun_path. */
		char bytes[sizeof(struct sockaddr_un) + 1];
	};
	socklen_t length;
};

/* Whether HOST begins with "unix:". */
bool tu_unix_p(const char *host);

/* Reads such a host.  NULL; or the fault, a clause. */
const char *tu_unix_read(const char *host, struct tu_unix_address *a);

/* Whether the address is a path, and not an abstract name or no name at all. */
bool tu_unix_is_path(const struct tu_unix_address *a);

/* The path or "@NAME", quoted for sh if need be; empty if there is no name. */
void tu_unix_text(const struct tu_unix_address *a, char text[TCPUNIT_ADDRLEN]);

/* The text of one end of a Unix socket, which ASK, getsockname(2) or
 * getpeername(2), finds. */
void tu_unix_end(int fd, int (*ask)(int, struct sockaddr *, socklen_t *),
    char text[TCPUNIT_ADDRLEN]);

/* "unix:PATH", for messages: the name of the peer or, as clients seldom have
 * one, the socket's own.  OUT has room for TCPUNIT_ADDRLEN + 8. */
void tu_unix_name(int fd, char *out);

#endif
