/* SPDX-License-Identifier: ISC */
/*
 * Waiting until the peer's system has acknowledged all output.  No event
 * reports acknowledgements, so the socket is polled at growing intervals;
 * mostly the first look is enough.
 */
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include <errno.h>
#include <poll.h>

#include "port.h"

enum { LONGEST_PAUSE = 50 };

static int await(struct tu_port *);
static int look(struct tu_port *, size_t *);
static int look_local(const struct tu_port *, size_t *);
static int lost(struct tu_port *, size_t);

int
tcp_await_acknowledgement(tcp_port port)
{
	struct tu_port *p;
	int result;

	if (tu_enter("await-acknowledgement") == NULL ||
	    tu_port_of_tcp(port) == NULL)
		return -1;
	p = tu_output_enter(port);
	if (p == NULL)
		return -1;
	result = tu_output_flush(p);
	if (result == 0)
		result = await(p);
	tu_port_leave(p);
	return result;
}

static int
await(struct tu_port *p)
{
	struct tu_scheduler *s = &p->runtime->scheduler;
	enum tu_wake woken;
	size_t queued;
	int state;

	for (int pause = 1;; pause = pause < 32 ? 2 * pause : LONGEST_PAUSE) {
		state = tu_connection_is_unix(p->connection)
		    ? look_local(p, &queued)
		    : look(p, &queued);
		if (state == TCP_CLOSE)
			return lost(p, queued);
		if (queued == 0)
			return 0;
		woken = tu_park(s, NULL, tu_after(pause), TU_INSIDE);
		if ((woken != TU_ELAPSED && woken != TU_READY) || p->closed)
			return tu_port_end(p, woken);
	}
}

/* Stores the number of bytes that are not acknowledged and returns the state of
 * the connection.  The kernel keeps that number after the connection has ended,
 * and counts a FIN as one byte.  Only the state tells of a FIN that was sent
 * without the library. */
static int
look(struct tu_port *p, size_t *queued)
{
	const int fd = p->connection->descriptor.fd;
	struct tcp_info info = {.tcpi_state = TCP_CLOSE};
	socklen_t length = sizeof(info);
	int n = 0;

	(void)getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length); /* TCP's */
	(void)ioctl(fd, SIOCOUTQ, &n); /* likewise */
	if (n > 0 &&
	    (p->finished || info.tcpi_state == TCP_FIN_WAIT1 ||
		info.tcpi_state == TCP_CLOSING ||
		info.tcpi_state == TCP_LAST_ACK))
		n--;
	*queued = (size_t)n;
	return info.tcpi_state;
}

/* Output of a Unix socket goes to the peer's queue at once. */
static int
look_local(const struct tu_port *p, size_t *queued)
{
	struct pollfd reset = {.fd = p->connection->descriptor.fd};

	*queued = 0;
	if (p->connection->error != 0 ||
	    (poll(&reset, 1, 0) == 1 && (reset.revents & POLLERR) != 0))
		return TCP_CLOSE;
	return TCP_ESTABLISHED;
}

/* A read or a write on the connection may have taken the reason already. */
static int
lost(struct tu_port *p, size_t queued)
{
	uint64_t missing = tu_lane_missing(p->connection, queued);
	int code = p->connection->error;
	socklen_t length = sizeof(code);

	if (code == 0)
		(void)getsockopt(p->connection->descriptor.fd, SOL_SOCKET,
		    SO_ERROR, &code, &length); /* it is a socket */
	errno = code;
	if (code != 0) /* else it may have ended in order: reads go on */
		tu_connection_note(p->connection);
	errno = code ? code : ECONNRESET;
	(void)tu_port_raise(p); /* as is done below */
	tu_error_attach((tcp_port){p->handle},
	    p->position > missing ? (size_t)(p->position - missing) : 0);
	return -1;
}
