/* SPDX-License-Identifier: ISC */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* How long a background job waits before it asks its terminal again. */
#define BACKGROUND_PAUSE 200

/* How many bytes are converted at a time, and read from a pipe. */
#define PIECE 8192
#define LARGE_PIECE 65536

/* The size of a pipe that carries much data. */
#define PIPE_SIZE (1024 * 1024)

size_t
crlf_send(struct crlf *c, const char *from, size_t n, char *to)
{
	size_t len = 0;

	for (size_t i = 0; from && i < n; i++) {
		if (from[i] == '\n' && !c->cr)
			to[len++] = '\r';
		to[len++] = from[i];
		c->cr = from[i] == '\r';
	}
	return len;
}

size_t
crlf_receive(struct crlf *c, const char *from, size_t n, char *to)
{
	size_t len = 0;

	for (size_t i = 0; from && i < n; i++) {
		if (c->cr && from[i] != '\n')
			to[len++] = '\r';
		c->cr = from[i] == '\r';
		if (!c->cr)
			to[len++] = from[i];
	}
	if (!from && c->cr)
		to[len++] = '\r';
	return len;
}

/* Converts and writes N bytes, at most PIECE; if N is not positive, writes the
 * bytes that the converter has held back.  Returns 0 or -1. */
static int
write_lines(tcp_port to, crlf_converter *convert, struct crlf *c,
    const char *got, ssize_t n)
{
	char converted[2 * PIECE + 1];
	size_t len = convert(c, n > 0 ? got : NULL, (size_t)n, converted);

	return len > 0 && tcp_write(to, converted, len) == -1 ? -1 : 0;
}

static int
copy_lines(tcp_port from, tcp_port to, crlf_converter *convert, struct crlf *c)
{
	char got[PIECE];
	ssize_t n;

	do {
		n = tcp_read(from, got, sizeof(got));
		if (write_lines(to, convert, c, got, n) == -1)
			return -1;
	} while (n > 0);
	return (int)n;
}

/* Whether a read failed with EIO only because tcpu is a background job of its
 * terminal, and may succeed when tcpu comes to the foreground.  Any other EIO
 * of a terminal is final. */
static bool
in_background(void)
{
	return tcgetsid(STDIN_FILENO) == getsid(0) &&
	    tcgetpgrp(STDIN_FILENO) != getpgrp();
}

/* Whether to try again after a failure: only a background job that could not
 * read does so, and after a pause. */
static bool
tries_again(tcp_port from)
{
	return tcp_last_error()->code == EIO &&
	    tcp_last_error()->port.bits == from.bits && in_background() &&
	    tcp_thread_sleep(BACKGROUND_PAUSE) == 0;
}

int
stream(tcp_port from, tcp_port to, crlf_converter *convert)
{
	struct crlf c = {false};
	int64_t n;

	do
		n = convert ? copy_lines(from, to, convert, &c)
			    : tcp_copy_port(from, to, -1);
	while (n == -1 && tries_again(from));
	return n == -1 ? -1 : 0;
}

ssize_t
read_patiently(tcp_port from, char *buf, size_t cap)
{
	ssize_t n;

	do
		n = tcp_read(from, buf, cap);
	while (n == -1 && tries_again(from));
	return n;
}

/* Reads without tcp_read, which may let other green threads run after it has
 * taken bytes.  So every byte is always in the pipe or in the caller's buffer.
 */
ssize_t
read_outflow(struct outflow *o, char *buf, size_t cap)
{
	ssize_t n;

	while (o->left != 0) {
		if (o->left > 0 && (size_t)o->left < cap)
			cap = (size_t)o->left;
		n = read(o->fd, buf, cap);
		if (n >= 0 && o->left > 0)
			o->left -= (int)n;
		if (n >= 0)
			return n;
		if (errno != EAGAIN && errno != EINTR)
			return tcp_read(o->port, buf, cap); /* to raise it */
		if (tcp_wait_fd(o->fd, TCPUNIT_READABLE, -1) == -1 &&
		    o->left != 0)
			return -1;
	}
	return 0;
}

int
stream_outflow(struct outflow *o, tcp_port to, crlf_converter *convert)
{
	struct crlf c = {false};
	char got[LARGE_PIECE];
	bool enlarged = false;
	ssize_t n;

	do {
		n = read_outflow(o, got, convert ? PIECE : sizeof(got));
		if (n == -1)
			return -1;
		if (n == LARGE_PIECE && !enlarged)
			enlarged = fcntl(o->fd, F_SETPIPE_SZ, PIPE_SIZE) != -1;
		if (convert ? write_lines(to, convert, &c, got, n) == -1
			    : n > 0 && tcp_write(to, got, (size_t)n) == -1)
			return -1;
	} while (n > 0);
	return 0;
}

void
end_outflow(struct outflow *o)
{
	int n = 0;

	(void)ioctl(o->fd, FIONREAD, &n); /* cannot fail for a pipe */
	o->left = n;
	if (n == 0)
		(void)tcp_close_input_port(o->port); /* ends the wait */
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
