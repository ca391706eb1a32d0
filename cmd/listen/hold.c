/* SPDX-License-Identifier: ISC */
#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../close_range.h"
#include "../handlers/program.h"
#include "../kernel/unix_socket.h"
#include "../text.h"
#include "inherited.h"

static int
count_sockets(tcp_listener l)
{
	int n = 0;

	while (tcp_listener_fileno(l, n) != -1)
		n++;
	return n;
}

/* Moves the sockets to 3 and up, by way of free ones.  0, or -1 and errno. */
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
	close_on_exec(FIRST_FD + n);
	return 0;
}

static int
set_number(const char *name, int n)
{
	char text[16];

	format_text(text, sizeof(text), "%d", n);
	return setenv(name, text, 1);
}

/* Returns 0, or -1 with ENOMEM. */
static int
describe_sockets(tcp_listener l, int n)
{
	static const char name[] = "tcpu:";
	char names[TCPUNIT_MAX_SOCKETS * (sizeof(name) - 1) + 1];
	const int fd = tcp_listener_fileno(l, 0);
	char local[TCPUNIT_ADDRLEN] = "", path[UNIX_PATH_SIZE];
	size_t len = sizeof(name) - 1;

	for (int i = 0; i < n; i++)
		memcpy(names + (size_t)i * len, name, len);
	names[(size_t)n * len - 1] = '\0';         /* the last colon */
	(void)tcp_listener_addresses(l, 0, local); /* it is open */
	if (set_number("LISTEN_FDS", n) == -1 ||
	    set_number("LISTEN_PID", (int)getpid()) == -1 ||
	    setenv("LISTEN_FDNAMES", names, 1) == -1)
		return -1;
	if (is_unix_stream(fd)) {
		(void)unsetenv("TCPLOCALIP"); /* or it was not set */
		(void)unsetenv("TCPLOCALPORT");
		(void)read_unix_path(fd, getsockname, path); /* a socket */
		return setenv("UNIXLOCALPATH", path, 1);
	}
	(void)unsetenv("UNIXLOCALPATH"); /* likewise */
	if (setenv("TCPLOCALIP", local, 1) == -1)
		return -1;
	return set_number("TCPLOCALPORT", tcp_listener_port(l));
}

int
hold(
    const struct run *run, tcp_listener l, const char *path, char *const *words)
{
	char **script = script_words(path, words);
	int n = count_sockets(l);
	enum status status = STATUS_FAILED;

	if (script && describe_sockets(l, n) == 0 && place_sockets(l, n) == 0) {
		outbox_flush(run->outbox);
		restore_signals(run->ending);
		execute(path, words, script);
		status = program_failure(errno);
	}
	(void)fail(run, status, "%s: %s", words[0], strerror(errno));
	free(script);
	return status;
}
