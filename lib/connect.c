/* SPDX-License-Identifier: ISC */
/*
 * Connecting: the look-up, then the addresses of both families in turn, a new
 * attempt every 250 ms (RFC 8305) until one has succeeded, all under one time
 * limit.  Attempts are made with connect(2) itself, as a bufferevent's connect
 * loses the reason of one that fails at once.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "options.h"
#include "port.h"
#include "resolve.h"

enum {
	STAGGER = 250 * 1000, /* microseconds */
	WHAT_SIZE = 3 * TU_HOST_SIZE + 32
};

TU_OPTIONS_END(struct tcp_connect_options, padding);

struct attempt {
	int fd; /* -1: failed, or not begun */
	struct tu_watch watch;
};

/* One call of tcp_connect. */
struct connecting {
	struct tu_runtime *rt;
	const struct tcp_connect_options *options;
	char host[TU_HOST_SIZE];
	char service[TU_HOST_SIZE]; /* a name, or empty: the port is */
	int port;
	char what[2 * TU_HOST_SIZE + 16]; /* "connect localhost:4242" */
	union tcp_address locals[2];      /* IPv4, IPv6; AF_UNSPEC: none */
	union tcp_address peer;           /* of the winner */
	union tcp_address addresses[TU_MAX_ADDRESSES];
	struct attempt attempts[TU_MAX_ADDRESSES];
	int n, begun, pending;
	int64_t next; /* when another attempt may begin; 0: now */
	struct tu_queue queue;
	int error;         /* the last attempt's that reached a host */
	const char *where; /* likewise */
	bool lost;         /* it was connected, and reset at once */
	char *details;     /* all of theirs */
};

static void give_up(void *);
static int check_options(int, const struct tcp_connect_options *);
static int read_target(struct connecting *, const char *, int);
static int read_host_port(struct connecting *, const char *);
static int find_local(struct connecting *);
static int find_addresses(struct connecting *);
static void interleave(union tcp_address *, int);
static int run(struct connecting *);
static bool may_begin(const struct connecting *);
static int begin_attempt(struct connecting *);
static int open_socket(const struct connecting *, int);
static int set_options(const struct connecting *, int);
static int bind_local(const struct connecting *, int, int);
static bool is_local_fault(const struct connecting *, int);
static void what_local(const struct connecting *, char *, size_t);
static int raise_last(struct connecting *);
static enum tu_wake wait_attempts(struct connecting *);
static int finish_attempts(struct connecting *);
static void await_attempt(struct connecting *, int);
static int check_attempt(struct connecting *, int);
static int look(int);
static bool is_unreachable(int);
static void note_failure(struct connecting *, int, int);
static void close_all_but(struct connecting *, int);

int
tcp_connect(const char *host, int port,
    const struct tcp_connect_options *options, tcp_port *in, tcp_port *out)
{
	struct tcp_connect_options o = {TCPUNIT_CONNECT_DEFAULTS};
	struct tu_runtime *rt = tu_enter();
	struct tu_cleanup cleanup;
	struct connecting *c;
	int fd = -1, result = -1;

	if (rt == NULL ||
	    tu_options_take(&o, sizeof(o), options, "connect") == -1 ||
	    check_options(port, &o) == -1)
		return -1;
	if (host == NULL || in == NULL || out == NULL)
		return tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, "connect",
		    "connect: no %s", host ? "room for the ports" : "host");
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return tu_raise(
		    TCPUNIT_ERROR_SYSTEM, ENOMEM, "connect", "connect");
	c->rt = rt;
	c->options = &o;
	tu_limit(&rt->scheduler, o.timeout);
	TAILQ_INIT(&c->queue);
	tu_cleanup_push(&rt->scheduler, &cleanup, give_up, c);
	if (read_target(c, host, port) == 0 && find_local(c) == 0 &&
	    find_addresses(c) == 0)
		fd = run(c);
	tu_cleanup_pop(&rt->scheduler);
	if (fd != -1)
		result = tu_ports_open(rt, fd, &c->peer, "connect", in, out);
	if (fd != -1 && result == -1)
		(void)close(fd); /* nothing was sent */
	free(c->details);
	free(c);
	return result;
}

/* The thread that connects never runs again. */
static void
give_up(void *connecting)
{
	struct connecting *c = connecting;

	close_all_but(c, -1);
	free(c->details);
	free(c);
}

static int
check_options(int port, const struct tcp_connect_options *options)
{
	const char *wrong = NULL;

	if (port < 0 || port > 65535)
		return tu_raise(TCPUNIT_ERROR_ARGUMENT, ERANGE, "connect",
		    "connect: port %d is not in 1 to 65535", port);
	if (options->timeout < -1)
		wrong = "negative time limit";
	else if (options->family != 0 && options->family != 4 &&
	    options->family != 6)
		wrong = "no such family";
	else if (options->local_port < 0 || options->local_port > 65535)
		wrong = "local port is not in 0 to 65535";
	if (wrong == NULL)
		return 0;
	return tu_raise(
	    TCPUNIT_ERROR_ARGUMENT, EINVAL, "connect", "connect: %s", wrong);
}

static int
read_target(struct connecting *c, const char *host, int port)
{
	const size_t n = strlen("connect ");

	c->port = port;
	if (port == 0) {
		(void)snprintf(c->what, sizeof(c->what), "connect %s",
		    host); /* may be cut */
		return read_host_port(c, host);
	}
	(void)strcpy(c->what, "connect ");
	(void)tcp_host_port(
	    host, port, c->what + n, sizeof(c->what) - n); /* likewise */
	if (strlen(host) >= sizeof(c->host))
		return tu_raise(TCPUNIT_ERROR_RESOLVE, EAI_NONAME, "connect",
		    "%s", c->what);
	strcpy(c->host, host);
	return 0;
}

static int
read_host_port(struct connecting *c, const char *text)
{
	const char *port;
	int split = tu_address_split(text, c->host, &port);

	if (port == NULL)
		return tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, "connect",
		    "%s: no port specified", c->what);
	c->port = tu_address_read_port(port);
	if (c->port == -1)
		return tu_raise(TCPUNIT_ERROR_ARGUMENT, ERANGE, "connect",
		    "%s: the port is no decimal number from 1 to 65535",
		    c->what);
	if (split == -1)
		return tu_raise(TCPUNIT_ERROR_RESOLVE, EAI_NONAME, "connect",
		    "%s", c->what);
	if (c->port == 0 &&
	    (strlen(port) >= sizeof(c->service) || strcmp(port, "*") == 0))
		return tu_raise(TCPUNIT_ERROR_RESOLVE, EAI_SERVICE, "connect",
		    "%s", c->what);
	if (c->port == 0)
		strcpy(c->service, port);
	return 0;
}

/* The first address of each family. */
static int
find_local(struct connecting *c)
{
	union tcp_address found[TU_MAX_ADDRESSES], *local;
	struct tu_query query = {.host = c->options->local_host,
	    .family = c->options->family,
	    .numeric = c->options->numeric};
	char what[WHAT_SIZE];
	int n;

	if (query.host == NULL)
		return 0;
	what_local(c, what, sizeof(what));
	n = tu_resolve(c->rt, &query, "bind", what, found);
	while (n > 0) {
		local = &c->locals[found[--n].sa.sa_family == AF_INET6];
		*local = found[n];
	}
	return n;
}

/* "connect localhost:4242 from 127.0.0.2:5000" */
static void
what_local(const struct connecting *c, char *what, size_t size)
{
	const char *host = c->options->local_host;
	int port = c->options->local_port;
	char local[TU_HOST_SIZE + 8];

	if (port == 0)
		(void)snprintf(local, sizeof(local), "%s", host);
	else
		(void)tcp_host_port(
		    host ? host : "", port, local, sizeof(local));
	(void)snprintf(what, size, "%s from %s", c->what,
	    local); /* all three may be cut */
}

static int
find_addresses(struct connecting *c)
{
	struct tu_query query = {.host = c->host,
	    .service = c->port == 0 ? c->service : NULL,
	    .port = c->port,
	    .family = c->options->family,
	    .numeric = c->options->numeric};
	bool four = c->locals[0].sa.sa_family != AF_UNSPEC;
	bool six = c->locals[1].sa.sa_family != AF_UNSPEC;

	if (four != six)
		query.family = four ? 4 : 6;
	c->n = tu_resolve(c->rt, &query, "connect", c->what, c->addresses);
	if (c->n == -1)
		return -1;
	interleave(c->addresses, c->n);
	return 0;
}

/* The families take turns; within one the resolver's order stands. */
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

/* The connected socket, or -1 raised. */
static int
run(struct connecting *c)
{
	enum tu_wake woken = TU_READY;
	int fd = -1;

	while (fd == -1 && woken == TU_READY && !c->lost) {
		if (may_begin(c)) {
			woken = tu_go_on(&c->rt->scheduler);
			if (woken == TU_READY)
				fd = begin_attempt(c);
		} else if (c->pending > 0) {
			woken = wait_attempts(c);
			if (woken == TU_READY)
				fd = finish_attempts(c);
		} else {
			break;
		}
	}
	close_all_but(c, fd);
	if (fd != -1)
		return fd;
	if (woken == TU_READY)
		(void)raise_last(c); /* as done below */
	else
		tu_raise_wake(woken, "connect", c->what);
	tu_error_detail(c->details);
	c->details = NULL;
	return -1;
}

static int
raise_last(struct connecting *c)
{
	char what[WHAT_SIZE];

	(void)snprintf(what, sizeof(what), "%s", c->what);
	if (strcmp(c->where, "bind") == 0)
		what_local(c, what, sizeof(what));
	return tu_raise(
	    tu_error_kind(c->error), c->error, c->where, "%s", what);
}

static bool
may_begin(const struct connecting *c)
{
	return c->begun < c->n && (c->pending == 0 || tu_now() >= c->next);
}

/* The socket if it is connected at once, as on loopback, though connect(2) does
 * not say so; else -1. */
static int
begin_attempt(struct connecting *c)
{
	int i = c->begun++;
	struct attempt *a = &c->attempts[i];
	const union tcp_address *address = &c->addresses[i];

	c->next = tu_now() + STAGGER;
	a->fd = open_socket(c, address->sa.sa_family);
	if (a->fd == -1) {
		note_failure(c, i, errno);
		return -1;
	}
	tu_watch_init(&a->watch, &c->rt->scheduler, a->fd, EV_WRITE, &c->queue);
	c->pending++;
	if (bind_local(c, a->fd, address->sa.sa_family) == -1) {
		note_failure(c, i, errno);
		c->where = "bind";
		return -1;
	}
	if (connect(a->fd, &address->sa, tu_address_length(address)) == 0 ||
	    errno == EINPROGRESS || errno == EINTR)
		return check_attempt(c, i);
	note_failure(c, i, errno);
	return -1;
}

static void
await_attempt(struct connecting *c, int i)
{
	if (!tu_hurried(&c->rt->scheduler) &&
	    tu_watch_add(&c->attempts[i].watch) == -1)
		note_failure(c, i, errno);
}

static int
open_socket(const struct connecting *c, int family)
{
	int fd, error;

	fd = socket(
	    family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	if (fd == -1)
		return -1;
	if (set_options(c, fd) == 0)
		return fd;
	error = errno;
	(void)close(fd); /* not connected */
	errno = error;
	return -1;
}

static int
set_options(const struct connecting *c, int fd)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	const int on = 1;

	if (c->options->nolinger &&
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) == -1)
		return -1;
	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* A port of the system's choice is chosen at connect(2), which knows the
 * destination: bind(2) would take one from all destinations. */
static int
bind_local(const struct connecting *c, int fd, int family)
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
	if (port == 0) /* without it there are fewer connections */
		(void)setsockopt(
		    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(fd, &a.sa, tu_address_length(&a));
}

/* Some are noticed by connect(2) only, which knows both ends. */
static bool
is_local_fault(const struct connecting *c, int error)
{
	return (c->options->local_host != NULL ||
		   c->options->local_port != 0) &&
	    (error == EADDRINUSE || error == EADDRNOTAVAIL);
}

/* TU_READY also where it is time for the next attempt. */
static enum tu_wake
wait_attempts(struct connecting *c)
{
	enum tu_wake woken;

	woken = tu_park(&c->rt->scheduler, &c->queue,
	    c->begun < c->n ? c->next : TU_NEVER, TU_OUTSIDE);
	return woken == TU_ELAPSED ? TU_READY : woken;
}

/* Where it is the last look, events may be left to come. */
static int
finish_attempts(struct connecting *c)
{
	bool all = tu_hurried(&c->rt->scheduler);
	struct attempt *a;
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

/* Connected, or not yet, or failed and noted.  A socket that tries a free port
 * of its own range may meet itself there: nobody listens. */
static int
check_attempt(struct connecting *c, int i)
{
	union tcp_address self = tu_address_any(AF_UNSPEC);
	socklen_t length = sizeof(c->peer), self_length = sizeof(self);
	int fd = c->attempts[i].fd, error = look(fd);

	tu_charge(&c->rt->scheduler, 0);
	if (getpeername(fd, &c->peer.sa, &length) == -1) {
		if (error == EAGAIN) {
			await_attempt(c, i);
			return -1;
		}
		c->peer = c->addresses[i]; /* it is reset */
	}
	if (error == EAGAIN)
		error = 0;
	if (error == 0 && getsockname(fd, &self.sa, &self_length) == 0 &&
	    tu_address_equal(&self, &c->peer))
		error = ECONNREFUSED;
	if (error == 0)
		return fd;
	note_failure(c, i, error);
	return -1;
}

/* Not SO_ERROR: a reset must not hide the bytes that came before. */
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

/* Many hosts have an address of a family that this machine has no route for:
 * an answer from the other one says more. */
static bool
is_unreachable(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH ||
	    error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

static void
note_failure(struct connecting *c, int i, int error)
{
	char address[TCPUNIT_ADDRLEN + 8], *details;
	struct attempt *a = &c->attempts[i];

	if (a->fd != -1) {
		tu_watch_clear(&a->watch);
		tu_waits_forget(&c->rt->scheduler, a->fd, TU_BOTH);
		(void)close(a->fd); /* not connected */
		a->fd = -1;
		c->pending--;
	}
	c->next = 0;
	if (c->error == 0 || is_unreachable(c->error) ||
	    !is_unreachable(error)) {
		c->error = error;
		c->where = is_local_fault(c, error) ? "bind" : "connect";
	}
	/* A reset before the handshake is done is ECONNREFUSED. */
	c->lost = error == ECONNRESET || error == EPIPE;
	tu_address_with_port(&c->addresses[i], address);
	if (asprintf(&details, "%s%s: %s\n", c->details ? c->details : "",
		address, tu_error_reason(TCPUNIT_ERROR_NET, error)) == -1)
		return;
	free(c->details);
	c->details = details;
}

static void
close_all_but(struct connecting *c, int winner)
{
	int i;

	for (i = 0; i < c->begun; i++) {
		if (c->attempts[i].fd == -1)
			continue;
		tu_watch_clear(&c->attempts[i].watch);
		if (c->attempts[i].fd == winner)
			continue;
		tu_waits_forget(&c->rt->scheduler, c->attempts[i].fd, TU_BOTH);
		(void)close(c->attempts[i].fd); /* not wanted */
	}
}
