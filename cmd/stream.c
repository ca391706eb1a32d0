/* SPDX-License-Identifier: ISC */
/*
 * stream.c - copies what a session is made of.
 */
#include "stream.h"

#include <errno.h>
#include <stdbool.h>
#include <termios.h>
#include <unistd.h>

/* How long a background job waits before it asks its terminal again. */
#define BACKGROUND_PAUSE 200

static int
copy_lines(tcp_port from, tcp_port to, crlf_converter *convert, struct crlf *c)
{
	char got[8192], converted[2 * sizeof(got) + 1];
	ssize_t n;
	size_t len;

	do {
		n = tcp_read(from, got, sizeof(got));
		len = convert(c, n > 0 ? got : NULL, (size_t)n, converted);
		if (len > 0 && tcp_write(to, converted, len) == -1)
			return -1;
	} while (n > 0);
	return (int)n;
}

/* Our terminal refuses a background job's read; it may come to the front.  The
 * other end of somebody's terminal says EIO too, and for good. */
static bool
in_background(void)
{
	return tcgetsid(STDIN_FILENO) == getsid(0) &&
	    tcgetpgrp(STDIN_FILENO) != getpgrp();
}

int
stream(tcp_port from, tcp_port to, crlf_converter *convert)
{
	struct crlf c = {false};
	int64_t n;

	for (;;) {
		n = convert ? copy_lines(from, to, convert, &c)
			    : tcp_copy_port(from, to, -1);
		if (n != -1)
			return 0;
		if (tcp_last_error()->code != EIO ||
		    tcp_last_error()->port.bits != from.bits ||
		    !in_background() ||
		    tcp_thread_sleep(BACKGROUND_PAUSE) == -1)
			return -1;
	}
}

int
discard(tcp_port from)
{
	char buf[8192];
	ssize_t n;

	do
		n = tcp_read(from, buf, sizeof(buf));
	while (n > 0);
	return (int)n;
}
