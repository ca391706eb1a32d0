/* SPDX-License-Identifier: ISC */
#include "unix_socket.h"

#include <stddef.h>
#include <string.h>

/* The kernel may need one byte more than sun_path has. */
union address {
	struct sockaddr sa;
	struct sockaddr_un un;
	char bytes[sizeof(struct sockaddr_un) + 1];
};

static int
get_option(int fd, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value
								    : -1;
}

bool
is_unix_stream(int fd)
{
	return get_option(fd, SO_DOMAIN) == AF_UNIX &&
	    get_option(fd, SO_TYPE) == SOCK_STREAM;
}

int
read_unix_path(int fd, ask_socket *ask, char path[UNIX_PATH_SIZE])
{
	const size_t header = offsetof(struct sockaddr_un, sun_path);
	union address a = {.bytes = {0}};
	socklen_t size = sizeof(a);
	size_t n;

	path[0] = '\0';
	if (ask(fd, &a.sa, &size) == -1)
		return -1;
	n = size > header ? size - header : 0;
	memcpy(path, a.bytes + header, n);
	path[n] = '\0';
	for (size_t i = 0; i < n && a.un.sun_path[0] == '\0'; i++)
		if (path[i] == '\0')
			path[i] = '@';
	return 0;
}

int
read_unix_text(int fd, ask_socket *ask, char text[TCPUNIT_ADDRLEN])
{
	union address a = {.bytes = {0}};
	socklen_t size = sizeof(a);

	text[0] = '\0';
	if (ask(fd, &a.sa, &size) == -1)
		return -1;
	return tcp_unix_text(&a.un, size, text);
}

struct ucred
unix_peer(int fd)
{
	struct ucred peer = {0, (uid_t)-1, (gid_t)-1};
	socklen_t size = sizeof(peer);

	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	return peer;
}
