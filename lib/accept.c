/* SPDX-License-Identifier: ISC */
/*
 * Accepting: green threads wait for the connections of a listener.  libevent's
 * evconnlistener is not used: it accepts every pending connection at once, and
 * asking whether one is pending would then change that.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#include "error.h"
#include "listener.h"
#include "port.h"

enum {
	SHORTAGE_MS = 50, /* the longest wait for a descriptor */
	LONELY = 16, /* connections until it looks again for a second one */
};

static void leave(void *);
static int wait_connection(struct tu_listener *, union tcp_address *);
static int look_first(struct tu_listener *, union tcp_address *);
static enum tu_wake wait_for_next(struct tu_listener *, int64_t *);
static enum tu_wake wait_out_shortage(struct tu_scheduler *, int64_t *);
static void hold(struct tu_listener *, int, const union tcp_address *);
static int try_accept(struct tu_listener *, union tcp_address *);
static int accept_one(struct tu_scheduler *, int, union tcp_address *);
static bool would_wait(int);
static enum tu_wake park(struct tu_listener *);

int
tcp_accept(tcp_listener listener, tcp_port *in, tcp_port *out)
{
	struct tu_runtime *rt = tu_enter("accept");
	struct tu_listener *l = tu_listener_find(listener);
	struct tu_cleanup cleanup;
	union tcp_address peer;
	int fd, result = -1;

	if (l == NULL)
		return -1;
	if (in == NULL || out == NULL)
		return tu_refuse(EINVAL, "nowhere to put the ports");
	tu_limit(&rt->scheduler, l->timeout);
	l->users++;
	tu_cleanup_push(&rt->scheduler, &cleanup, leave, l);
	fd = wait_connection(l, &peer);
	tu_cleanup_pop(&rt->scheduler);
	if (fd != -1)
		result = tu_ports_open(rt, fd, &peer, NULL, in, out);
	if (fd != -1 && result == -1)
		hold(l, fd, &peer);
	leave(l);
	return result;
}

int
tcp_accept_ready(tcp_listener listener)
{
	struct tu_runtime *rt = tu_enter("accept-ready");
	struct tu_listener *l = tu_listener_find(listener);
	struct pollfd p;
	int i;

	if (l == NULL)
		return -1;
	if (l->held != -1)
		return 1;
	for (i = 0; i < l->n; i++) {
		p = (struct pollfd){.fd = l->sockets[i].fd, .events = POLLIN};
		tu_charge(&rt->scheduler, 0);
		if (poll(&p, 1, 0) == 1)
			return 1;
	}
	return 0;
}

int
tcp_set_accept_timeout(tcp_listener listener, int timeout)
{
	struct tu_listener *l;

	tu_begin("set-accept-timeout");
	l = tu_listener_find(listener);
	if (l == NULL || tu_check_time(timeout) == -1)
		return -1;
	l->timeout = timeout;
	return 0;
}

static void
leave(void *listener)
{
	struct tu_listener *l = listener;

	l->users--;
	if (l->closed && l->users == 0)
		free(l);
}

/* Waits for a connection.  Returns its socket; or -1, with an error raised,
 * also if the listener was closed. */
static int
wait_connection(struct tu_listener *l, union tcp_address *peer)
{
	int (*look)(struct tu_listener *, union tcp_address *) = look_first;
	int64_t until = TU_NEVER;
	enum tu_wake woken;
	int fd;

	for (;;) {
		woken = tu_go_on(&l->runtime->scheduler);
		if (woken == TU_READY && !l->closed) {
			fd = look(l, peer);
			if (fd != -1)
				return fd;
			woken = wait_for_next(l, &until);
		}
		look = try_accept;
		if (l->closed && woken != TU_TERMINATED)
			woken = TU_CLOSED;
		if (woken == TU_FAILED)
			return tu_raise(tu_error_kind(errno), errno, NULL);
		if (woken != TU_READY)
			return tu_raise_wake(woken, NULL);
	}
}

/*
 * Tries to accept before any wait; but after a connection that came alone, it
 * expects the next ones to do so as well, and fails with EAGAIN.  An accept
 * that fails costs as much as one that does not.
 */
static int
look_first(struct tu_listener *l, union tcp_address *peer)
{
	int fd;

	if (l->lonely > 0 && l->held == -1 &&
	    !tu_hurried(&l->runtime->scheduler)) {
		l->lonely--;
		errno = EAGAIN;
		return -1;
	}
	fd = try_accept(l, peer);
	l->lonely = fd == -1 && errno == EAGAIN ? LONELY : 0;
	return fd;
}

/* Decides from errno how to wait after accept failed. */
static enum tu_wake
wait_for_next(struct tu_listener *l, int64_t *until)
{
	switch (errno) {
	case EAGAIN:
		*until = TU_NEVER; /* a shortage, if there was one, is over */
		return park(l);
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return wait_out_shortage(&l->runtime->scheduler, until);
	default:
		return TU_FAILED;
	}
}

/* Waits until a descriptor is closed, but not beyond *UNTIL.  The listener's
 * own event would not do: the connection stays pending, so that it fires at
 * once. */
static enum tu_wake
wait_out_shortage(struct tu_scheduler *s, int64_t *until)
{
	int error = errno;
	enum tu_wake woken = TU_TIMED_OUT;

	if (*until == TU_NEVER)
		*until = tu_after(SHORTAGE_MS);
	if (tu_now() < *until)
		woken = tu_park(s, &s->out_of_fds, *until, TU_INSIDE);
	errno = error;
	if (woken == TU_TIMED_OUT)
		return TU_FAILED;
	return woken == TU_ELAPSED ? TU_READY : woken;
}

/* Keeps an accepted connection for the next call of tcp_accept. */
static void
hold(struct tu_listener *l, int fd, const union tcp_address *peer)
{
	struct tu_thread *t = TAILQ_FIRST(&l->queue);

	l->held = fd;
	l->held_peer = *peer;
	if (t != NULL)
		tu_wake(t, TU_READY);
}

/* The sockets take turns, so that a busy one does not starve the others. */
static int
try_accept(struct tu_listener *l, union tcp_address *peer)
{
	int i, at, fd = l->held;

	l->held = -1;
	if (fd != -1) {
		*peer = l->held_peer;
		return fd;
	}
	for (i = 0; i < l->n; i++) {
		at = (l->next + i) % l->n;
		fd =
		    accept_one(&l->runtime->scheduler, l->sockets[at].fd, peer);
		if (fd == -1 && errno == EAGAIN)
			continue;
		l->next = (at + 1) % l->n;
		return fd;
	}
	return -1;
}

/* Linux reports errors of the new connection as errors of accept; such a
 * connection is skipped. */
static bool
has_to_skip(int error)
{
	switch (error) {
	case EINTR:
	case ECONNABORTED:
	case ENETDOWN:
	case EPROTO:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case ENETUNREACH:
		return true;
	default:
		return false;
	}
}

/* Accepts from one socket. */
static int
accept_one(struct tu_scheduler *s, int listening, union tcp_address *peer)
{
	socklen_t length;
	int fd;

	for (;;) {
		if (would_wait(listening)) {
			errno = EAGAIN;
			return -1;
		}
		length = sizeof(*peer);
		fd = accept4(listening, &peer->sa, &length,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		tu_charge(s, 0);
		if (fd != -1 || !has_to_skip(errno))
			return fd;
	}
}

/* Another process that shares the socket may have cleared O_NONBLOCK, and no
 * flag of accept4 replaces it. */
static bool
would_wait(int listening)
{
	struct pollfd p = {.fd = listening, .events = POLLIN};

	return (fcntl(listening, F_GETFL) & O_NONBLOCK) == 0 &&
	    poll(&p, 1, 0) != 1;
}

static enum tu_wake
park(struct tu_listener *l)
{
	struct tu_scheduler *s = &l->runtime->scheduler;
	int i;

	for (i = 0; i < l->n && !tu_hurried(s); i++)
		if (tu_watch_add(&l->sockets[i].watch) == -1)
			return TU_FAILED;
	return tu_park(s, &l->queue, TU_NEVER, TU_OUTSIDE);
}
