/* SPDX-License-Identifier: ISC */
#include "receiver.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <tcpunit.h>

#include "../clock.h"

static const char *
await_more(int fd, int64_t deadline)
{
	const int64_t left = deadline - now();

	if (tcp_wait_fd(fd, TCPUNIT_READABLE, left > 0 ? (int)left : 0) != -1)
		return NULL;
	return tcp_last_error()->kind == TCPUNIT_ERROR_TIMEOUT
	    ? "no PROXY header within 1s"
	    : tcp_last_error()->reason;
}

/* Why recv(2) has returned N, which is not positive; NULL if nothing has come
 * yet. */
static const char *
reason_for(ssize_t n)
{
	if (n == 0)
		return "the connection ended before its PROXY header";
	return errno == EAGAIN || errno == EINTR ? NULL : strerror(errno);
}

/*
 * Takes more of the header, of which SIZE bytes have been taken.  At first it
 * only looks at the bytes.  If the header is incomplete, all of them belong to
 * it and are taken, so that waiting for more does not return at once.  Returns
 * the number of bytes taken, or what recv(2) does.
 */
static ssize_t
take_more(int fd, uint8_t *bytes, size_t size, struct proxy_header *h,
    enum proxy_verdict *verdict)
{
	ssize_t n = recv(fd, bytes + size, PROXY_HEADER_SIZE - size,
	    MSG_PEEK | MSG_DONTWAIT);

	if (n <= 0)
		return n;
	*verdict = read_proxy_header(bytes, size + (size_t)n, h);
	if (*verdict == PROXY_INVALID)
		return n;
	if (*verdict == PROXY_COMPLETE)
		n = (ssize_t)(h->size - size);
	return recv(fd, bytes + size, (size_t)n, MSG_DONTWAIT);
}

const char *
receive_proxy_header(int fd, struct proxy_header *h)
{
	const int64_t deadline = now() + PROXY_HEADER_TIME;
	enum proxy_verdict verdict = PROXY_INCOMPLETE;
	uint8_t bytes[PROXY_HEADER_SIZE];
	const char *why = NULL;
	size_t size = 0;
	ssize_t n;

	for (;;) {
		n = take_more(fd, bytes, size, h, &verdict);
		if (n > 0 && verdict == PROXY_INVALID)
			return "not a PROXY header";
		if (n > 0)
			size += (size_t)n;
		else
			why = reason_for(n);
		if (why || (verdict == PROXY_COMPLETE && size == h->size))
			return why;
		if (n == -1)
			why = await_more(fd, deadline);
		if (why)
			return why;
	}
}
