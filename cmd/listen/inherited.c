/* SPDX-License-Identifier: ISC */
/*
 * inherited.c - takes sockets over and hands them on, as sd_listen_fds(3) has
 * it.
 */
#include "inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../descriptors.h"
#include "../handlers/program.h"

/* Where a service manager's sockets begin. */
#define FIRST_FD (STDERR_FILENO + 1)

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

/* Descriptors 0 to 2 remain what they are for. */
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

/* Returns NULL, or why it is of no use. */
static const char *
take(int fd, struct inherited *i)
{
	int listening = 0, protocol = 0;
	socklen_t len = sizeof(int);

	if (fcntl(fd, F_GETFD) == -1)
		return strerror(errno);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == -1 ||
	    !listening || protocol != IPPROTO_TCP)
		return "not a listening TCP socket";
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
		(void)snprintf(i->what, sizeof(i->what), "listen --fd %d", fd);
	}
	while (!why && i->count < n)
		why = take(fd++, i);
	if (!why)
		return 0;
	if (by_option)
		return usage_error(run, "--fd %d: %s", fd - 1, why);
	return fail(run, STATUS_LISTEN, "%s: %s", i->what, why);
}

static int
count_sockets(tcp_listener l)
{
	int n = 0;

	while (tcp_listener_fileno(l, n) != -1)
		n++;
	return n;
}

/* They are moved out of each other's way first.  Returns 0, or -1 and errno. */
static int
place_sockets(tcp_listener l, int n)
{
	int fds[TCPUNIT_MAX_SOCKETS];

	for (int i = 0; i < n; i++) {
		fds[i] =
		    fcntl(tcp_listener_fileno(l, i), F_DUPFD, FIRST_FD + n);
		if (fds[i] == -1)
			return -1;
	}
	for (int i = 0; i < n; i++) {
		if (dup2(fds[i], FIRST_FD + i) == -1 ||
		    fcntl(fds[i], F_SETFL,
			fcntl(fds[i], F_GETFL) & ~O_NONBLOCK) == -1)
			return -1;
	}
	return close_range((unsigned)(FIRST_FD + n), ~0U, CLOSE_RANGE_CLOEXEC);
}

static int
set_number(const char *name, int n)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", n);
	return setenv(name, text, 1);
}

/* Returns 0, or -1 with ENOMEM. */
static int
describe_sockets(tcp_listener l, int n)
{
	static const char name[] = "tcpu:";
	char names[TCPUNIT_MAX_SOCKETS * (sizeof(name) - 1) + 1];
	char local[TCPUNIT_ADDRLEN] = "";
	size_t len = sizeof(name) - 1;

	for (int i = 0; i < n; i++)
		memcpy(names + (size_t)i * len, name, len);
	names[(size_t)n * len - 1] = '\0';         /* a colon */
	(void)tcp_listener_addresses(l, 0, local); /* it is open */
	if (set_number("LISTEN_FDS", n) == -1 ||
	    set_number("LISTEN_PID", (int)getpid()) == -1 ||
	    setenv("LISTEN_FDNAMES", names, 1) == -1 ||
	    setenv("TCPLOCALIP", local, 1) == -1)
		return -1;
	return set_number("TCPLOCALPORT", tcp_listener_port(l));
}

int
hold(
    const struct run *run, tcp_listener l, const char *path, char *const *words)
{
	int n = count_sockets(l);

	if (describe_sockets(l, n) == -1 || place_sockets(l, n) == -1)
		return fail(
		    run, STATUS_FAILED, "%s: %s", words[0], strerror(errno));
	outbox_flush(run->outbox);
	restore_signals(run->ending);
	(void)execvp(path, words);
	return fail(
	    run, program_failure(errno), "%s: %s", words[0], strerror(errno));
}
