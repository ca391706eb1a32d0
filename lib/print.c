/* SPDX-License-Identifier: ISC */
/*
 * Writing strings, lines, bytes and formats, as in Scheme's extras unit.  Each
 * goes out in one piece.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port.h"

static int no_text(void);

ssize_t
tcp_write_string(tcp_port port, const char *s)
{
	struct iovec iov = {.iov_base = (void *)s};

	if (tu_enter("write-string") == NULL)
		return -1;
	if (s == NULL)
		return no_text();
	iov.iov_len = strlen(s);
	return tu_write(port, &iov, 1);
}

ssize_t
tcp_write_line(tcp_port port, const char *s)
{
	struct iovec iov[2] = {
	    {.iov_base = (void *)s},
	    {.iov_base = (char[]){'\n'}, .iov_len = 1},
	};

	if (tu_enter("write-line") == NULL)
		return -1;
	if (s == NULL)
		return no_text();
	iov[0].iov_len = strlen(s);
	return tu_write(port, iov, 2);
}

ssize_t
tcp_write_byte(tcp_port port, int byte)
{
	unsigned char c = (unsigned char)byte;
	struct iovec iov = {.iov_base = &c, .iov_len = 1};

	if (tu_enter("write-byte") == NULL)
		return -1;
	return tu_write(port, &iov, 1);
}

ssize_t
tcp_printf(tcp_port port, const char *format, ...)
{
	struct tu_runtime *rt = tu_enter("printf");
	struct tu_cleanup cleanup;
	struct iovec iov;
	ssize_t written;
	va_list ap;
	char *text;
	int n;

	if (rt == NULL)
		return -1;
	if (format == NULL)
		return no_text();
	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n == -1)
		return tu_raise(TCPUNIT_ERROR_SYSTEM, errno, NULL);
	iov = (struct iovec){.iov_base = text, .iov_len = (size_t)n};
	tu_cleanup_push(&rt->scheduler, &cleanup, free, text);
	written = tu_write(port, &iov, 1);
	tu_cleanup_pop(&rt->scheduler);
	free(text);
	return written;
}

static int
no_text(void)
{
	return tu_refuse(EINVAL, "no text");
}
