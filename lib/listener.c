/* SPDX-License-Identifier: ISC */
/*
 * Listeners: listening sockets on one port number, and the threads that wait
 * for their connections.  libevent's evconnlistener is not used: it accepts
 * whatever is pending, and asking would then disturb.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "options.h"
#include "passive.h"
#include "port.h"
#include "resolve.h"

TU_OPTIONS_END(struct tcp_listen_options, padding);

enum { SHORTAGE_MS = 50 }; /* how long descriptors may be missing */

struct tu_listener {
	uint64_t handle;
	struct tu_runtime *runtime;
	struct tu_queue queue; /* threads that accept */
	int timeout;
	int users; /* calls that may be waiting: the last one frees it */
	bool closed;
	int n;
	int next; /* whose turn it is among the sockets */
	int held; /* a connection that had no memory for ports, or -1 */
	union tcp_address held_peer;
	struct listening {
		int fd;
		struct tu_watch watch;
	} sockets[];
};

static int open_sockets(struct tu_runtime *, int,
    const struct tcp_listen_options *, const char *, int *);
static int check_options(int, const struct tcp_listen_options *, const char *);
static int loopback(int, union tcp_address *);
static tcp_listener listener_new(struct tu_runtime *, const int *, int);
static void close_listener(struct tu_listener *);
static void drop(void *);
static void leave(void *);
static struct tu_listener *find(tcp_listener, const char *);
static int find_socket(tcp_listener, int, const char *);
static int wait_connection(struct tu_listener *, union tcp_address *);
static enum tu_wake wait_for_next(struct tu_listener *, int64_t *);
static enum tu_wake wait_out_shortage(struct tu_scheduler *, int64_t *);
static void hold(struct tu_listener *, int, const union tcp_address *);
static int try_accept(struct tu_listener *, union tcp_address *);
static int accept_one(struct tu_scheduler *, int, union tcp_address *);
static bool would_wait(int);
static enum tu_wake park(struct tu_listener *);

tcp_listener
tcp_listen(int port, const struct tcp_listen_options *options)
{
	struct tcp_listen_options o = {TCPUNIT_LISTEN_DEFAULTS};
	struct tu_runtime *rt = tu_enter();
	int fds[TU_MAX_ADDRESSES], i, n;
	char what[TU_HOST_SIZE + 24];
	const char *host = "0.0.0.0";
	tcp_listener l;

	if (rt == NULL ||
	    tu_options_take(&o, sizeof(o), options, "listen") == -1 ||
	    check_options(port, &o, "listen") == -1)
		return (tcp_listener){0};
	if (o.host != NULL)
		host = o.host;
	else if (o.loopback)
		host = "localhost";
	(void)strcpy(what, "listen ");
	(void)tcp_host_port(host, port, what + strlen(what),
	    sizeof(what) - strlen(what)); /* may be cut */
	n = open_sockets(rt, port, &o, what, fds);
	if (n == -1)
		return (tcp_listener){0};
	l = listener_new(rt, fds, n);
	for (i = 0; i < n && l.bits == 0; i++)
		(void)close(fds[i]); /* nobody has connected that was told */
	return l;
}

tcp_listener
tcp_listener_from_fds(const int *fds, int n)
{
	struct tu_runtime *rt = tu_runtime();
	const char *fault;
	int i;

	if (rt == NULL)
		return (tcp_listener){0};
	if (fds == NULL || n < 1 || n > TCPUNIT_MAX_SOCKETS) {
		tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, "listener-from-fds",
		    "listener-from-fds: %d sockets", n);
		return (tcp_listener){0};
	}
	for (i = 0; i < n; i++) {
		fault = tu_passive_fault(fds[i]);
		if (fault == NULL)
			continue;
		tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, "listener-from-fds",
		    "listener-from-fds: descriptor %d is %s", fds[i], fault);
		return (tcp_listener){0};
	}
	for (i = 0; i < n; i++)
		(void)tu_passive_adopt(fds[i]); /* a socket takes these */
	return listener_new(rt, fds, n);
}

bool
tcp_listener_p(tcp_listener l)
{
	return tu_handle_kind(l.bits) == TU_LISTENER;
}

int
tcp_close(tcp_listener listener)
{
	struct tu_listener *l = find(listener, "close");

	if (l == NULL)
		return -1;
	close_listener(l);
	return 0;
}

static void
close_listener(struct tu_listener *l)
{
	int i;

	for (i = 0; i < l->n; i++) {
		tu_watch_clear(&l->sockets[i].watch);
		tu_waits_forget(
		    &l->runtime->scheduler, l->sockets[i].fd, TU_BOTH);
		(void)close(l->sockets[i].fd); /* a socket */
	}
	if (l->held != -1)
		(void)close(l->held); /* likewise */
	tu_handle_release(&l->runtime->handles, l->handle);
	l->closed = true;
	tu_wake_all(&l->queue, TU_CLOSED);
	if (l->users == 0)
		free(l);
}

int
tcp_accept(tcp_listener listener, tcp_port *in, tcp_port *out)
{
	struct tu_runtime *rt = tu_enter();
	struct tu_listener *l = find(listener, "accept");
	struct tu_cleanup cleanup;
	union tcp_address peer;
	int fd, result = -1;

	if (l == NULL)
		return -1;
	if (in == NULL || out == NULL)
		return tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, "accept",
		    "accept: nowhere to put the ports");
	tu_limit(&rt->scheduler, l->timeout);
	l->users++;
	tu_cleanup_push(&rt->scheduler, &cleanup, leave, l);
	fd = wait_connection(l, &peer);
	tu_cleanup_pop(&rt->scheduler);
	if (fd != -1)
		result = tu_ports_open(rt, fd, &peer, "accept", in, out);
	if (fd != -1 && result == -1)
		hold(l, fd, &peer);
	leave(l);
	return result;
}

int
tcp_accept_ready(tcp_listener listener)
{
	struct tu_runtime *rt = tu_enter();
	struct tu_listener *l = find(listener, "accept-ready");
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
tcp_listener_port(tcp_listener listener)
{
	union tcp_address a = tu_address_any(AF_UNSPEC);
	socklen_t length = sizeof(a);
	int fd = find_socket(listener, 0, "listener-port");

	if (fd == -1)
		return -1;
	(void)getsockname(fd, &a.sa, &length); /* it is bound */
	return tu_address_port(&a);
}

int
tcp_listener_fileno(tcp_listener listener, int i)
{
	return find_socket(listener, i, "listener-fileno");
}

int
tcp_listener_addresses(
    tcp_listener listener, int i, char local[TCPUNIT_ADDRLEN])
{
	union tcp_address a = tu_address_any(AF_UNSPEC);
	socklen_t length = sizeof(a);
	int fd = find_socket(listener, i, "listener-addresses");

	if (fd == -1 || tu_check_memory(local, 1, "listener-addresses") == -1)
		return -1;
	(void)getsockname(fd, &a.sa, &length); /* it is bound */
	tu_address_text(&a, local);
	return 0;
}

int
tcp_set_accept_timeout(tcp_listener listener, int timeout)
{
	struct tu_listener *l = find(listener, "set-accept-timeout");

	if (l == NULL || tu_check_time(timeout, "set-accept-timeout") == -1)
		return -1;
	l->timeout = timeout;
	return 0;
}

/* What the options name, listened on; the number of descriptors in FDS. */
static int
open_sockets(struct tu_runtime *rt, int port,
    const struct tcp_listen_options *options, const char *what, int *fds)
{
	struct tu_query query = {.host = options->host,
	    .family = options->family,
	    .numeric = options->numeric};
	union tcp_address addresses[TU_MAX_ADDRESSES];
	int i, n = 0;

	if (options->host != NULL)
		n = tu_resolve(rt, &query, "listen", what, addresses);
	else if (options->loopback)
		n = loopback(options->family, addresses);
	if (n == -1)
		return -1;
	for (i = 0; i < n; i++)
		tu_address_set_port(&addresses[i], port);
	n = n > 0 ? tu_passive_open(addresses, n, options, fds)
		  : tu_passive_open_wildcard(port, options, fds);
	if (n == -1)
		return tu_raise(
		    tu_error_kind(errno), errno, "listen", "%s", what);
	return n;
}

static int
check_options(
    int port, const struct tcp_listen_options *options, const char *where)
{
	const char *wrong = NULL;

	if (port < 0 || port > 65535)
		return tu_raise(TCPUNIT_ERROR_ARGUMENT, ERANGE, where,
		    "%s: port %d is not in 0 to 65535", where, port);
	if (options->backlog < 0)
		wrong = "negative backlog";
	else if (options->family != 0 && options->family != 4 &&
	    options->family != 6)
		wrong = "no such family";
	else if (options->loopback && options->host != NULL)
		wrong = "loopback and a host";
	if (wrong == NULL)
		return 0;
	return tu_raise(
	    TCPUNIT_ERROR_ARGUMENT, EINVAL, where, "%s: %s", where, wrong);
}

static int
loopback(int family, union tcp_address *addresses)
{
	int n = 0;

	if (family != 6) {
		addresses[n] = tu_address_any(AF_INET);
		addresses[n++].in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	if (family != 4) {
		addresses[n] = tu_address_any(AF_INET6);
		addresses[n++].in6.sin6_addr = in6addr_loopback;
	}
	return n;
}

static tcp_listener
listener_new(struct tu_runtime *rt, const int *fds, int n)
{
	struct tu_listener *l;
	int i;

	l = calloc(1, sizeof(*l) + (size_t)n * sizeof(l->sockets[0]));
	if (l != NULL)
		l->handle = tu_handle_make(&rt->handles, TU_LISTENER, l, drop);
	if (l == NULL || l->handle == 0) {
		free(l);
		tu_raise(TCPUNIT_ERROR_SYSTEM, ENOMEM, "listen", "listen");
		return (tcp_listener){0};
	}
	l->runtime = rt;
	l->timeout = -1;
	l->n = n;
	l->held = -1;
	TAILQ_INIT(&l->queue);
	for (i = 0; i < n; i++) {
		l->sockets[i].fd = fds[i];
		tu_watch_init(&l->sockets[i].watch, &rt->scheduler, fds[i],
		    EV_READ, &l->queue);
	}
	return (tcp_listener){l->handle};
}

/* At the end of the runtime: nobody comes back from a wait. */
static void
drop(void *object)
{
	close_listener(object);
}

static void
leave(void *listener)
{
	struct tu_listener *l = listener;

	l->users--;
	if (l->closed && l->users == 0)
		free(l);
}

static struct tu_listener *
find(tcp_listener l, const char *where)
{
	return tu_lookup(TU_LISTENER, l.bits, where);
}

static int
find_socket(tcp_listener listener, int i, const char *where)
{
	struct tu_listener *l = find(listener, where);

	if (l == NULL)
		return -1;
	if (i >= 0 && i < l->n)
		return l->sockets[i].fd;
	return tu_raise(TCPUNIT_ERROR_ARGUMENT, ERANGE, where,
	    "%s: the listener has %d sockets", where, l->n);
}

/* A connected socket; or -1, raised, also where the listener was closed. */
static int
wait_connection(struct tu_listener *l, union tcp_address *peer)
{
	int64_t until = TU_NEVER;
	enum tu_wake woken;
	int fd;

	for (;;) {
		woken = tu_go_on(&l->runtime->scheduler);
		if (woken == TU_READY && !l->closed) {
			fd = try_accept(l, peer);
			if (fd != -1)
				return fd;
			woken = wait_for_next(l, &until);
		}
		if (l->closed && woken != TU_TERMINATED)
			woken = TU_CLOSED;
		if (woken == TU_FAILED)
			return tu_raise(
			    tu_error_kind(errno), errno, "accept", "accept");
		if (woken != TU_READY)
			return tu_raise_wake(woken, "accept", "accept");
	}
}

/* After an accept that failed. */
static enum tu_wake
wait_for_next(struct tu_listener *l, int64_t *until)
{
	switch (errno) {
	case EAGAIN:
		*until = TU_NEVER; /* it is over */
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

/* For a descriptor to be closed, until *UNTIL at most.  The connection stays
 * pending, so that the listener's own event would be no wait. */
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

/* It is pending again, in a way: for whoever accepts next. */
static void
hold(struct tu_listener *l, int fd, const union tcp_address *peer)
{
	struct tu_thread *t = TAILQ_FIRST(&l->queue);

	l->held = fd;
	l->held_peer = *peer;
	if (t != NULL)
		tu_wake(t, TU_READY);
}

/* The sockets take turns, so that none is starved by another. */
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

/* Linux hands errors of the new connection to accept: it is passed over. */
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
		if (fd != -1)
			return fd;
		switch (errno) {
		case EINTR:
		case ECONNABORTED:
		case ENETDOWN:
		case EPROTO:
		case ENOPROTOOPT:
		case EHOSTDOWN:
		case ENONET:
		case EHOSTUNREACH:
		case ENETUNREACH:
			continue;
		default:
			return -1;
		}
	}
}

/* Who shares the socket may have cleared O_NONBLOCK, and accept4 has no flag in
 * its place. */
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
