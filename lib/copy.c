/* SPDX-License-Identifier: ISC */
/*
 * Copying from port to port, through a buffer.
 */
#include <errno.h>
#include <stdlib.h>

#include "port.h"

static int64_t copy(struct tu_port *, struct tu_port *, int64_t);
static int copy_piece(
    struct tu_port *, struct tu_port *, char *, size_t, int64_t *);

int64_t
tcp_copy_port(tcp_port in, tcp_port out, int64_t limit)
{
	struct tu_port *from, *to;
	int64_t total;

	if (limit < -1)
		return tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, "copy-port",
		    "copy-port: limit %lld", (long long)limit);
	from = tu_port_enter(TU_INPUT, in, "copy-port");
	if (from == NULL)
		return -1;
	to = tu_port_enter(TU_OUTPUT, out, "copy-port");
	if (to == NULL) {
		tu_port_leave(from);
		return -1;
	}
	total = copy(from, to, limit);
	tu_port_leave(from);
	tu_port_leave(to);
	return total;
}

static int64_t
copy(struct tu_port *from, struct tu_port *to, int64_t limit)
{
	char *buffer = aligned_alloc(4096, 128 * 1024);
	int64_t total = 0;
	size_t want = TU_COPY_BUFFER;
	int copied = 1;

	if (buffer == NULL)
		return tu_port_raise(from, "copy-port");
	if (tu_output_flush(to, tu_deadline(to->timeout), "copy-port") == -1)
		copied = -1;
	while (copied == 1 && total != limit) {
		if (limit != -1 && limit - total < TU_COPY_BUFFER)
			want = (size_t)(limit - total);
		copied = copy_piece(from, to, buffer, want, &total);
	}
	free(buffer);
	if (copied != -1)
		return total;
	tu_error_attach(tcp_last_error()->port, (size_t)total);
	return -1;
}

/* 1, or 0 at the end of file, or -1.  TOTAL grows by what was written. */
static int
copy_piece(struct tu_port *from, struct tu_port *to, char *buffer, size_t want,
    int64_t *total)
{
	struct iovec iov = {.iov_base = buffer};
	size_t sent = 0, left;
	ssize_t n;
	int result;

	n = tu_input_read(
	    from, buffer, want, tu_deadline(from->timeout), "copy-port");
	if (n <= 0)
		return (int)n;
	iov.iov_len = (size_t)n;
	result = tu_output_write(
	    to, &iov, 1, tu_deadline(to->timeout), "copy-port", &sent);
	from->position += sent;
	*total += (int64_t)sent;
	left = (size_t)n - sent;
	if (result == 0)
		return 1;
	if (!from->closed &&
	    tu_ahead_prepend(&from->ahead, buffer + sent, left) == -1)
		return tu_port_raise(from, "copy-port");
	return -1;
}
