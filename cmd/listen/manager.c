/* SPDX-License-Identifier: ISC */
#include "manager.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <tcpunit.h>
#include <unistd.h>

static int connect_manager(const char *path);
static bool is_sent(int fd);
static void *send_later(void *arg);

void
notify_manager(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int fd = path && *path ? connect_manager(path) : -1;
	tcp_thread t;

	if (fd == -1)
		return;
	if (is_sent(fd)) {
		(void)close(fd);
		return;
	}
	t = tcp_thread_start(send_later, (void *)(intptr_t)fd);
	if (tcp_thread_p(t))
		(void)tcp_thread_detach(t);
	else
		(void)close(fd);
}

/* A connected socket becomes writable when its peer has room again. */
static int
connect_manager(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const size_t len = strlen(path);
	int fd;

	if (len >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 ||
	    connect(fd, (const struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* Returns false if the datagram has to be sent again. */
static bool
is_sent(int fd)
{
	static const char ready[] = "READY=1";

	return send(fd, ready, strlen(ready), MSG_NOSIGNAL) != -1 ||
	    errno != EAGAIN;
}

static void *
send_later(void *arg)
{
	const int fd = (int)(intptr_t)arg;

	while (tcp_wait_fd(fd, TCPUNIT_WRITABLE, -1) != -1 && !is_sent(fd))
		;
	(void)close(fd);
	return NULL;
}
