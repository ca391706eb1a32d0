/* SPDX-License-Identifier: ISC */
#include "listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "fd.h"
#include "options.h"
#include "passive.h"
#include "resolve.h"
#include "unix_address.h"

TU_OPTIONS_END(struct tcp_listen_options, mode);

static int open_sockets(struct tu_runtime *, int,
    const struct tcp_listen_options *, const char *, int *);
static int check_options(int, const struct tcp_listen_options *);
static int loopback(int, union tcp_address *);
static int open_unix(struct tu_runtime *, const struct tcp_listen_options *,
    const char *, int *, struct tu_socket_file **);
static const char *unix_fault(int, const struct tcp_listen_options *);
static tcp_listener listener_new(
    struct tu_runtime *, const int *, int, struct tu_socket_file *);
static const char *fault_of(const struct tu_runtime *, const int *, int);
static bool listens(const void *, int);
static void close_listener(struct tu_listener *);
static void drop(void *);
static int find_socket(tcp_listener, int, const char *);

tcp_listener
tcp_listen(int port, const struct tcp_listen_options *options)
{
	struct tcp_listen_options o = {TCPUNIT_LISTEN_DEFAULTS};
	struct tu_runtime *rt = tu_enter("listen");
	int fds[TU_MAX_ADDRESSES], i, n;
	char what[TU_HOST_SIZE + 16];
	const char *host = "0.0.0.0";
	struct tu_socket_file *file = NULL;
	tcp_listener l;

	if (rt == NULL || tu_options_take(&o, sizeof(o), options) == -1 ||
	    check_options(port, &o) == -1)
		return (tcp_listener){0};
	if (o.host != NULL)
		host = o.host;
	else if (o.loopback)
		host = "localhost";
	(void)tcp_host_port(host, port, what, sizeof(what)); /* may be cut */
	n = tu_unix_p(host) ? open_unix(rt, &o, what, fds, &file)
			    : open_sockets(rt, port, &o, what, fds);
	if (n == -1)
		return (tcp_listener){0};
	l = listener_new(rt, fds, n, file);
	if (l.bits == 0)
		tu_socket_file_remove(file);
	for (i = 0; i < n && l.bits == 0; i++)
		tu_fd_close(fds[i]);
	return l;
}

tcp_listener
tcp_listener_from_fds(const int *fds, int n)
{
	struct tu_runtime *rt = tu_begin("listener-from-fds");
	const char *fault;
	int i;

	if (rt == NULL)
		return (tcp_listener){0};
	if (fds == NULL || n < 1 || n > TCPUNIT_MAX_SOCKETS) {
		tu_refuse(EINVAL, "%d sockets", n);
		return (tcp_listener){0};
	}
	for (i = 0; i < n; i++) {
		fault = fault_of(rt, fds, i);
		if (fault == NULL)
			continue;
		tu_refuse(EINVAL, "descriptor %d is %s", fds[i], fault);
		return (tcp_listener){0};
	}
	for (i = 0; i < n; i++)
		(void)tu_passive_adopt(fds[i]); /* cannot fail for a socket */
	return listener_new(rt, fds, n, NULL);
}

/* Why the last of N + 1 descriptors cannot be taken; NULL if it can.  If two
 * listeners had it, the second close could hit one opened meanwhile. */
static const char *
fault_of(const struct tu_runtime *rt, const int *fds, int n)
{
	for (int i = 0; i < n; i++)
		if (fds[i] == fds[n])
			return "named twice";
	if (tu_handles_any(&rt->handles, TU_LISTENER, listens, fds[n]))
		return "part of a listener already";
	return tu_passive_fault(fds[n]);
}

static bool
listens(const void *listener, int fd)
{
	const struct tu_listener *l = listener;

	for (int i = 0; i < l->n; i++)
		if (l->sockets[i].fd == fd)
			return true;
	return false;
}

bool
tcp_listener_p(tcp_listener l)
{
	return tu_handle_kind(l.bits) == TU_LISTENER;
}

int
tcp_close(tcp_listener listener)
{
	struct tu_listener *l;

	tu_begin("close");
	l = tu_listener_find(listener);
	if (l == NULL)
		return -1;
	close_listener(l);
	return 0;
}

static void
close_listener(struct tu_listener *l)
{
	int i;

	tu_socket_file_remove(l->file); /* before its socket is closed */
	for (i = 0; i < l->n; i++) {
		tu_watch_clear(&l->sockets[i].watch);
		tu_waits_forget(
		    &l->runtime->scheduler, l->sockets[i].fd, TU_BOTH);
		tu_fd_close(l->sockets[i].fd);
	}
	tu_fd_close(l->held);
	tu_handle_release(&l->runtime->handles, l->handle);
	l->closed = true;
	tu_wake_all(&l->queue, TU_CLOSED);
	if (l->users == 0)
		free(l);
}

int
tcp_listener_port(tcp_listener listener)
{
	union tcp_address a;
	int fd = find_socket(listener, 0, "listener-port");

	if (fd == -1)
		return -1;
	a = tu_address_local(fd);
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
	union tcp_address a;
	int fd = find_socket(listener, i, "listener-addresses");

	if (fd == -1 || tu_check_memory(local, 1) == -1)
		return -1;
	a = tu_address_local(fd);
	if (a.sa.sa_family == AF_UNIX)
		tu_unix_end(fd, getsockname, local);
	else
		tu_address_text(&a, local);
	return 0;
}

/* Opens listening sockets as the options say.  Returns the number of
 * descriptors stored in FDS. */
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
		n = tu_resolve(rt, &query, what, addresses);
	else if (options->loopback)
		n = loopback(options->family, addresses);
	if (n == -1)
		return -1;
	for (i = 0; i < n; i++)
		tu_address_set_port(&addresses[i], port);
	n = n > 0 ? tu_passive_open(addresses, n, options, fds)
		  : tu_passive_open_wildcard(port, options, fds);
	if (n == -1)
		return tu_raise(tu_error_kind(errno), errno, what);
	return n;
}

static int
open_unix(struct tu_runtime *rt, const struct tcp_listen_options *options,
    const char *what, int *fd, struct tu_socket_file **file)
{
	struct tu_unix_address a;
	enum tu_wake woken;

	(void)tu_unix_read(options->host, &a); /* it was checked */
	woken = tu_passive_open_unix(&rt->scheduler, &a, options, fd, file);
	if (woken == TU_READY)
		return 1;
	if (woken == TU_FAILED)
		return tu_raise(tu_error_kind(errno), errno, what);
	return tu_raise_wake(woken, what);
}

static int
check_options(int port, const struct tcp_listen_options *options)
{
	const char *wrong = NULL;

	if (port < 0 || port > 65535)
		return tu_refuse(ERANGE, "port %d is not in 0 to 65535", port);
	if (options->backlog < 0)
		wrong = "negative backlog";
	else if (options->family != 0 && options->family != 4 &&
	    options->family != 6)
		wrong = "no such family";
	else if (options->loopback && options->host != NULL)
		wrong = "loopback and a host";
	else if (options->mode < 0 || options->mode > 0777)
		wrong = "no such mode";
	else
		wrong = unix_fault(port, options);
	return wrong == NULL ? 0 : tu_refuse(EINVAL, "%s", wrong);
}

/* The fault of options for a Unix socket or, as to the mode, for another. */
static const char *
unix_fault(int port, const struct tcp_listen_options *options)
{
	struct tu_unix_address a;

	if (options->host == NULL || !tu_unix_p(options->host))
		return options->mode ? "a mode, and no Unix socket" : NULL;
	if (port != 0)
		return "a Unix socket has no port";
	if (options->family != 0 || options->v6only || options->reuse_port)
		return "options of TCP for a Unix socket";
	return tu_unix_read(options->host, &a);
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
listener_new(
    struct tu_runtime *rt, const int *fds, int n, struct tu_socket_file *file)
{
	struct tu_listener *l;
	int i;

	l = calloc(1, sizeof(*l) + (size_t)n * sizeof(l->sockets[0]));
	if (l != NULL)
		l->handle = tu_handle_make(&rt->handles, TU_LISTENER, l, drop);
	if (l == NULL || l->handle == 0) {
		free(l);
		tu_raise(TCPUNIT_ERROR_SYSTEM, ENOMEM, NULL);
		return (tcp_listener){0};
	}
	l->runtime = rt;
	l->timeout = -1;
	l->n = n;
	l->held = -1;
	l->file = file;
	TAILQ_INIT(&l->queue);
	for (i = 0; i < n; i++) {
		l->sockets[i].fd = fds[i];
		tu_watch_init(&l->sockets[i].watch, &rt->scheduler, fds[i],
		    EV_READ, &l->queue);
	}
	return (tcp_listener){l->handle};
}

/* Called at the end of the runtime, when no call that waits will return. */
static void
drop(void *object)
{
	close_listener(object);
}

struct tu_listener *
tu_listener_find(tcp_listener l)
{
	return tu_lookup(TU_LISTENER, l.bits);
}

static int
find_socket(tcp_listener listener, int i, const char *name)
{
	struct tu_listener *l;

	tu_begin(name);
	l = tu_listener_find(listener);
	if (l == NULL)
		return -1;
	if (i >= 0 && i < l->n)
		return l->sockets[i].fd;
	return tu_refuse(ERANGE, "the listener has %d sockets", l->n);
}
