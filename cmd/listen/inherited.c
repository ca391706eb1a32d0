/* SPDX-License-Identifier: ISC */
#include "inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../descriptors.h"
#include "../kernel/unix_socket.h"
#include "../text.h"

/* The value of a variable that is a number, or -1. */
static int
number_in(const char *name)
{
	const char *text = getenv(name);
	int n;

	return text && !read_natural(text, &n) ? n : -1;
}

bool
has_listen_fds(void)
{
	return number_in("LISTEN_PID") == (int)getpid() &&
	    number_in("LISTEN_FDS") > 0;
}

/* Moves a socket above 2: descriptors 0 to 2 keep their usual meaning. */
static int
move_up(int fd)
{
	int moved;

	if (fd > STDERR_FILENO)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
	replace_by_null(fd);
	return moved;
}

/* Returns NULL, or the reason why the descriptor cannot be used. */
static const char *
take(int fd, struct inherited *i)
{
	int listening = 0, protocol = 0;
	socklen_t len = sizeof(int);

	if (fcntl(fd, F_GETFD) == -1)
		return strerror(errno);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == -1 ||
	    !listening || (protocol != IPPROTO_TCP && !is_unix_stream(fd)))
		return "not a listening TCP or Unix stream socket";
	fd = move_up(fd);
	if (fd == -1)
		return strerror(errno);
	i->fds[i->count++] = fd;
	return NULL;
}

int
find_inherited(const struct run *run, int fd, struct inherited *i)
{
	int n = fd == -1 ? number_in("LISTEN_FDS") : 1;
	const char *why = n > TCPUNIT_MAX_SOCKETS ? "too many sockets" : NULL;
	const bool by_option = fd != -1;

	if (fd == -1) {
		(void)strcpy(i->what, "listen $LISTEN_FDS");
		fd = FIRST_FD;
	} else {
		format_text(i->what, sizeof(i->what), "listen --fd %d", fd);
	}
	if (fd <= STDERR_FILENO && check_null(run) != STATUS_GO_ON)
		return STATUS_FAILED;
	while (!why && i->count < n)
		why = take(fd++, i);
	if (!why)
		return STATUS_GO_ON;
	if (by_option)
		return usage_error(run, "--fd %d: %s", fd - 1, why);
	return fail(run, STATUS_LISTEN, "%s: %s", i->what, why);
}
