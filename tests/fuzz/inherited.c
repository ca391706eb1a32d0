/* SPDX-License-Identifier: ISC */
/*
 * inherited.c - LISTEN_FDS and LISTEN_PID, whose values are separated by a NUL:
 * sockets are taken if both values are plain numbers, and as many as there are.
 * A $ at the beginning of a value stands for this process's id.
 */
#include "../../cmd/listen/inherited.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"

#define FIRST 3
#define SOCKETS 2 /* one more does not listen */

/* Puts the sockets where a service manager would, unless they are there
 * already. */
static void
place_sockets(void)
{
	static bool placed;

	for (int fd = FIRST; !placed && fd <= FIRST + SOCKETS; fd++) {
		int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		REQUIRE(s != -1);
		REQUIRE(fd == FIRST + SOCKETS || listen(s, 1) == 0);
		REQUIRE(dup2(s, fd) == fd);
		if (s != fd)
			(void)close(s);
	}
	placed = true;
}

/* The caller frees the result once it is no longer in the environment. */
static char *
set_variable(const char *name, const char *text)
{
	size_t size = strlen(name) + strlen(text) + 16;
	char *variable = malloc(size);

	REQUIRE(variable);
	if (text[0] == '$')
		(void)snprintf(
		    variable, size, "%s=%d%s", name, (int)getpid(), text + 1);
	else
		(void)snprintf(variable, size, "%s=%s", name, text);
	REQUIRE(putenv(variable) == 0);
	return variable;
}

/* Returns the number in a variable, or -1 if it is not a plain number; a value
 * of more than ten digits means nothing. */
static long
meaning(const char *variable)
{
	const char *text = strchr(variable, '=') + 1;
	const char *digits = text + strspn(text, "0");
	size_t len = strspn(text, "0123456789");

	if (len == 0 || text[len] != '\0' || strlen(digits) > 10)
		return -1;
	return strtol(text, NULL, 10);
}

static void
check_sockets(long n)
{
	const struct common_options options = {.quiet = true, .timeout = -1};
	const struct run run = {NULL, &options, NULL, NULL};
	struct inherited found = {0};
	int status = find_inherited(&run, -1, &found);

	REQUIRE(status == (n <= SOCKETS ? 0 : STATUS_LISTEN));
	REQUIRE(n > SOCKETS || found.count == n);
	for (int i = 0; i < found.count; i++)
		REQUIRE(found.fds[i] == FIRST + i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size), *fds, *pid;
	size_t len = strlen(text);
	long n;

	place_sockets();
	fds = set_variable("LISTEN_FDS", text);
	pid = set_variable("LISTEN_PID", len < size ? text + len + 1 : "$");
	n = meaning(fds);
	REQUIRE(has_listen_fds() ==
	    (meaning(pid) == getpid() && n > 0 && n <= INT32_MAX));
	if (has_listen_fds())
		check_sockets(n);
	REQUIRE(unsetenv("LISTEN_FDS") == 0 && unsetenv("LISTEN_PID") == 0);
	free(fds);
	free(pid);
	free(text);
	return 0;
}
