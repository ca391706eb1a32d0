/* SPDX-License-Identifier: ISC */
#include "attempts.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "fd.h"

enum { STAGGER = 250 * 1000 }; /* microseconds */

static void interleave(union tcp_address *, int);
static bool may_begin(const struct tu_attempts *);
static int begin_attempt(struct tu_attempts *);
static int open_socket(const struct tu_attempts *, int);
static int set_options(const struct tu_attempts *, int);
static int bind_local(const struct tu_attempts *, int, int);
static bool is_local_fault(const struct tu_attempts *, int);
static enum tu_wake wait_attempts(struct tu_attempts *);
static void watch_attempts(struct tu_attempts *);
static int finish_attempts(struct tu_attempts *);
static int check_attempt(struct tu_attempts *, int);
static int look(int);
static bool is_unreachable(int);
static void note_failure(struct tu_attempts *, int, int, bool);

int
tu_attempts_run(struct tu_attempts *c)
{
	int fd = -1;

	interleave(c->addresses, c->n);
	TAILQ_INIT(&c->queue);
	c->woken = TU_READY;
	while (fd == -1 && c->woken == TU_READY && !c->lost) {
		if (may_begin(c)) {
			c->woken = tu_go_on(&c->rt->scheduler);
			if (c->woken == TU_READY)
				fd = begin_attempt(c);
		} else if (c->pending > 0) {
			c->woken = wait_attempts(c);
			if (c->woken == TU_READY)
				fd = finish_attempts(c);
		} else {
			break;
		}
	}
	tu_attempts_close(c, fd);
	return fd;
}

void
tu_attempts_close(struct tu_attempts *c, int winner)
{
	int i;

	for (i = 0; i < c->begun; i++) {
		if (c->attempts[i].fd == -1)
			continue;
		tu_watch_clear(&c->attempts[i].watch);
		if (c->attempts[i].fd == winner)
			continue;
		tu_waits_forget(&c->rt->scheduler, c->attempts[i].fd, TU_BOTH);
		tu_fd_close(c->attempts[i].fd);
	}
}

/* Orders the addresses: the families take turns, and within a family the
 * resolver's order stays. */
static void
interleave(union tcp_address *addresses, int n)
{
	union tcp_address next;
	int i, j;

	for (i = 1; i < n; i++) {
		for (j = i; j < n &&
		     addresses[j].sa.sa_family == addresses[i - 1].sa.sa_family;
		     j++)
			;
		if (j == n)
			return;
		next = addresses[j];
		memmove(&addresses[i + 1], &addresses[i],
		    (size_t)(j - i) * sizeof(next));
		addresses[i] = next;
	}
}

static bool
may_begin(const struct tu_attempts *c)
{
	return c->begun < c->n && (c->pending == 0 || tu_now() >= c->next);
}

/* Begins the next attempt.  Returns the socket if it is connected already, as
 * on loopback, where connect(2) returns EINPROGRESS all the same; else -1. */
static int
begin_attempt(struct tu_attempts *c)
{
	int i = c->begun++;
	struct tu_attempt *a = &c->attempts[i];
	const union tcp_address *address = &c->addresses[i];

	c->next = tu_now() + STAGGER;
	a->fd = open_socket(c, address->sa.sa_family);
	if (a->fd == -1) {
		note_failure(c, i, errno, false);
		return -1;
	}
	tu_watch_init(&a->watch, &c->rt->scheduler, a->fd, EV_WRITE, &c->queue);
	c->pending++;
	if (bind_local(c, a->fd, address->sa.sa_family) == -1) {
		note_failure(c, i, errno, true);
		return -1;
	}
	if (connect(a->fd, &address->sa, tu_address_length(address)) == 0 ||
	    errno == EINPROGRESS || errno == EINTR)
		return check_attempt(c, i);
	note_failure(c, i, errno, is_local_fault(c, errno));
	return -1;
}

static int
open_socket(const struct tu_attempts *c, int family)
{
	int fd;

	fd = socket(
	    family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	if (fd == -1)
		return -1;
	if (set_options(c, fd) == 0)
		return fd;
	tu_fd_close(fd);
	return -1;
}

static int
set_options(const struct tu_attempts *c, int fd)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	const int on = 1;

	if (c->options->nolinger &&
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) == -1)
		return -1;
	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* Binds the local end.  If the system is to choose the port, connect(2) chooses
 * it, as it knows the destination: bind(2) would take a port that is free for
 * all destinations. */
static int
bind_local(const struct tu_attempts *c, int fd, int family)
{
	union tcp_address a = c->locals[family == AF_INET6];
	int port = c->options->local_port;
	const int on = 1;

	if (a.sa.sa_family == AF_UNSPEC && port == 0)
		return 0;
	if (a.sa.sa_family == AF_UNSPEC)
		a = tu_address_any(family);
	tu_address_set_port(&a, port);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1)
		return -1;
	if (port == 0) /* if it fails, only fewer connections are possible */
		(void)setsockopt(
		    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(fd, &a.sa, tu_address_length(&a));
}

/* Whether the local end is at fault.  Some such errors come from connect(2)
 * only, which knows both ends. */
static bool
is_local_fault(const struct tu_attempts *c, int error)
{
	return (c->options->local_host != NULL ||
		   c->options->local_port != 0) &&
	    (error == EADDRINUSE || error == EADDRNOTAVAIL);
}

/* Waits for the attempts.  Returns TU_READY also when the next attempt may
 * begin. */
static enum tu_wake
wait_attempts(struct tu_attempts *c)
{
	enum tu_wake woken;

	watch_attempts(c);
	if (c->pending == 0)
		return TU_READY;
	woken = tu_park(&c->rt->scheduler, &c->queue,
	    c->begun < c->n ? c->next : TU_NEVER, TU_OUTSIDE);
	return woken == TU_ELAPSED ? TU_READY : woken;
}

/* Called before each wait, because an event that came while other threads ran
 * has been removed, and would never come again. */
static void
watch_attempts(struct tu_attempts *c)
{
	int i;

	for (i = 0; i < c->begun && !tu_hurried(&c->rt->scheduler); i++)
		if (c->attempts[i].fd != -1 &&
		    tu_watch_add(&c->attempts[i].watch) == -1)
			note_failure(c, i, errno, false);
}

/* Looks at the attempts whose events have come; at all of them if the time is
 * up, as then some events may not have been delivered. */
static int
finish_attempts(struct tu_attempts *c)
{
	bool all = tu_hurried(&c->rt->scheduler);
	struct tu_attempt *a;
	int i, fd = -1;

	for (i = 0; i < c->begun && fd == -1 && !c->lost; i++) {
		a = &c->attempts[i];
		if (a->fd == -1 || (!a->watch.fired && !all))
			continue;
		a->watch.fired = false;
		fd = check_attempt(c, i);
	}
	return fd;
}

/* Returns the socket if it is connected; else -1, and the attempt goes on,
 * or its failure is noted.  A socket that connects to a free port of its own
 * range may be connected to itself; this counts as refused, as no one
 * listens there. */
static int
check_attempt(struct tu_attempts *c, int i)
{
	union tcp_address self = tu_address_any(AF_UNSPEC);
	socklen_t length = sizeof(c->peer), self_length = sizeof(self);
	int fd = c->attempts[i].fd, error = 0;

	tu_charge(&c->rt->scheduler, 0);
	if (getpeername(fd, &c->peer.sa, &length) == -1) {
		error = look(fd);
		if (error == EAGAIN)
			return -1;
		c->peer = c->addresses[i]; /* the connection was reset */
	}
	if (error == 0 && getsockname(fd, &self.sa, &self_length) == 0 &&
	    tu_address_equal(&self, &c->peer))
		error = ECONNREFUSED;
	if (error == 0)
		return fd;
	note_failure(c, i, error, is_local_fault(c, error));
	return -1;
}

/* The error of a socket, or 0.  SO_ERROR is not used, so that a reset does not
 * hide the bytes that came before it. */
static int
look(int fd)
{
	char byte;
	ssize_t n;

	do
		n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	return n == -1 ? errno : 0;
}

/* Whether the machine has no way to the address.  Many hosts have an address of
 * such a family; a failure of one that can be reached says more. */
static bool
is_unreachable(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH ||
	    error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

/* LOCAL: the local end is at fault. */
static void
note_failure(struct tu_attempts *c, int i, int error, bool local)
{
	char address[TCPUNIT_ADDRLEN + 8], *details;
	struct tu_attempt *a = &c->attempts[i];

	if (a->fd != -1) {
		tu_watch_clear(&a->watch);
		tu_waits_forget(&c->rt->scheduler, a->fd, TU_BOTH);
		tu_fd_close(a->fd);
		a->fd = -1;
		c->pending--;
	}
	c->next = 0;
	if (c->error == 0 || is_unreachable(c->error) ||
	    !is_unreachable(error)) {
		c->error = error;
		c->local = local;
	}
	/* Before the handshake is done, a reset gives ECONNREFUSED. */
	c->lost = error == ECONNRESET || error == EPIPE;
	tu_address_with_port(&c->addresses[i], address);
	if (asprintf(&details, "%s%s: %s\n", c->details ? c->details : "",
		address, tu_error_reason(TCPUNIT_ERROR_NET, error)) == -1)
		return;
	free(c->details);
	c->details = details;
}
