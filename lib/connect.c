/* SPDX-License-Identifier: ISC */
/*
 * Connecting: reading the target, the look-ups, and raising the error if all
 * attempts failed, all under one time limit.
 */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "attempts.h"
#include "error.h"
#include "fd.h"
#include "options.h"
#include "port.h"
#include "resolve.h"
#include "text.h"
#include "unix_address.h"
#include "unix_connect.h"

enum { WHAT_SIZE = 3 * TU_HOST_SIZE + 32 };

TU_OPTIONS_END(struct tcp_connect_options, padding);

/* One call of tcp_connect. */
struct connecting {
	struct tu_attempts attempts;
	char host[TU_HOST_SIZE];
	char service[TU_HOST_SIZE]; /* a name; empty: use the port */
	int port;
	char what[2 * TU_HOST_SIZE + 16]; /* "localhost:4242" */
};

static int make_connection(struct tu_runtime *, const char *, int,
    const struct tcp_connect_options *, union tcp_address *);
static void give_up(void *);
static int check_options(const char *, int, const struct tcp_connect_options *);
static int read_target(struct connecting *, const char *, int);
static int read_host_port(struct connecting *, const char *);
static int find_local(struct connecting *);
static int find_addresses(struct connecting *);
static void what_local(const struct connecting *, char *, size_t);
static int run(struct connecting *);
static void raise_last(const struct connecting *);

int
tcp_connect(const char *host, int port,
    const struct tcp_connect_options *options, tcp_port *in, tcp_port *out)
{
	struct tcp_connect_options o = {TCPUNIT_CONNECT_DEFAULTS};
	struct tu_runtime *rt = tu_enter("connect");
	struct tu_socket_file *file = NULL;
	union tcp_address peer = tu_address_any(AF_UNIX);
	int fd;

	if (rt == NULL || tu_options_take(&o, sizeof(o), options) == -1 ||
	    check_options(host, port, &o) == -1)
		return -1;
	if (host == NULL || in == NULL || out == NULL)
		return tu_refuse(
		    EINVAL, "no %s", host ? "room for the ports" : "host");
	tu_limit(&rt->scheduler, o.timeout);
	fd = tu_unix_p(host) ? tu_unix_connect(rt, host, &o, &file)
			     : make_connection(rt, host, port, &o, &peer);
	if (fd == -1)
		return -1;
	if (tu_ports_open(rt, fd, &peer, file, in, out) == 0)
		return 0;
	tu_socket_file_remove(file);
	tu_fd_close(fd);
	return -1;
}

/* Returns the connected socket; or -1, with an error raised. */
static int
make_connection(struct tu_runtime *rt, const char *host, int port,
    const struct tcp_connect_options *options, union tcp_address *peer)
{
	struct connecting *c = calloc(1, sizeof(*c));
	struct tu_cleanup cleanup;
	int fd = -1;

	if (c == NULL)
		return tu_raise(TCPUNIT_ERROR_SYSTEM, ENOMEM, NULL);
	c->attempts.rt = rt;
	c->attempts.options = options;
	tu_cleanup_push(&rt->scheduler, &cleanup, give_up, c);
	if (read_target(c, host, port) == 0 && find_local(c) == 0 &&
	    find_addresses(c) == 0)
		fd = run(c);
	tu_cleanup_pop(&rt->scheduler);
	*peer = c->attempts.peer;
	free(c->attempts.details);
	free(c);
	return fd;
}

/* The connecting thread is freed without running again. */
static void
give_up(void *connecting)
{
	struct connecting *c = connecting;

	tu_attempts_close(&c->attempts, -1);
	free(c->attempts.details);
	free(c);
}

static int
check_options(
    const char *host, int port, const struct tcp_connect_options *options)
{
	const char *wrong;

	if (port < 0 || port > 65535)
		return tu_refuse(ERANGE, "port %d is not in 1 to 65535", port);
	if (options->timeout < -1)
		wrong = "negative time limit";
	else if (options->family != 0 && options->family != 4 &&
	    options->family != 6)
		wrong = "no such family";
	else if (options->local_port < 0 || options->local_port > 65535)
		wrong = "local port is not in 0 to 65535";
	else
		wrong = tu_unix_connect_fault(host, port, options);
	return wrong == NULL ? 0 : tu_refuse(EINVAL, "%s", wrong);
}

static int
read_target(struct connecting *c, const char *host, int port)
{
	c->port = port;
	if (port == 0) {
		tu_format(c->what, sizeof(c->what), "%s", host);
		return read_host_port(c, host);
	}
	(void)tcp_host_port(
	    host, port, c->what, sizeof(c->what)); /* likewise */
	if (strlen(host) >= sizeof(c->host))
		return tu_raise(TCPUNIT_ERROR_RESOLVE, EAI_NONAME, c->what);
	strcpy(c->host, host);
	return 0;
}

static int
read_host_port(struct connecting *c, const char *text)
{
	const char *port;
	int len = tcp_split_host_port(text, c->host, sizeof(c->host), &port);

	if (len == -1)
		return tu_raise(TCPUNIT_ERROR_RESOLVE, EAI_NONAME, c->what);
	if (port == NULL || port[0] == '\0')
		return tu_refuse_object(EINVAL, c->what, "no port specified");
	c->port = tu_address_read_port(port);
	if (c->port == -1)
		return tu_refuse_object(ERANGE, c->what,
		    "the port is not a number from 1 to 65535");
	if (len >= (int)sizeof(c->host))
		return tu_raise(TCPUNIT_ERROR_RESOLVE, EAI_NONAME, c->what);
	if (c->port == 0 &&
	    (strlen(port) >= sizeof(c->service) || strcmp(port, "*") == 0))
		return tu_raise(TCPUNIT_ERROR_RESOLVE, EAI_SERVICE, c->what);
	if (c->port == 0)
		strcpy(c->service, port);
	return 0;
}

/* Finds the first local address of each family. */
static int
find_local(struct connecting *c)
{
	union tcp_address found[TU_MAX_ADDRESSES], *local;
	struct tu_query query = {.host = c->attempts.options->local_host,
	    .family = c->attempts.options->family,
	    .numeric = c->attempts.options->numeric};
	char what[WHAT_SIZE];
	int n;

	if (query.host == NULL)
		return 0;
	what_local(c, what, sizeof(what));
	n = tu_resolve(c->attempts.rt, &query, what, found);
	if (n == -1)
		tu_error_name("bind");
	while (n > 0) {
		local =
		    &c->attempts.locals[found[--n].sa.sa_family == AF_INET6];
		*local = found[n];
	}
	return n;
}

/* Writes "localhost:4242 from 127.0.0.2:5000" to WHAT. */
static void
what_local(const struct connecting *c, char *what, size_t size)
{
	const char *host = c->attempts.options->local_host;
	int port = c->attempts.options->local_port;
	char local[TU_HOST_SIZE + 8];

	if (port == 0)
		tu_format(local, sizeof(local), "%s", host);
	else
		(void)tcp_host_port(
		    host ? host : "", port, local, sizeof(local));
	tu_format(what, size, "%s from %s", c->what, local);
}

static int
find_addresses(struct connecting *c)
{
	struct tu_query query = {.host = c->host,
	    .service = c->port == 0 ? c->service : NULL,
	    .port = c->port,
	    .family = c->attempts.options->family,
	    .numeric = c->attempts.options->numeric};
	bool four = c->attempts.locals[0].sa.sa_family != AF_UNSPEC;
	bool six = c->attempts.locals[1].sa.sa_family != AF_UNSPEC;

	if (four != six)
		query.family = four ? 4 : 6;
	c->attempts.n =
	    tu_resolve(c->attempts.rt, &query, c->what, c->attempts.addresses);
	return c->attempts.n == -1 ? -1 : 0;
}

/* Returns the connected socket; or -1, with an error raised. */
static int
run(struct connecting *c)
{
	int fd = tu_attempts_run(&c->attempts);

	if (fd != -1)
		return fd;
	if (c->attempts.woken != TU_READY)
		tu_raise_wake(c->attempts.woken, c->what);
	else
		raise_last(c);
	tu_error_detail(c->attempts.details);
	c->attempts.details = NULL;
	return -1;
}

static void
raise_last(const struct connecting *c)
{
	const struct tu_attempts *a = &c->attempts;
	char what[WHAT_SIZE];

	if (a->local)
		what_local(c, what, sizeof(what));
	tu_raise(tu_error_kind(a->error), a->error, a->local ? what : c->what);
	if (a->local)
		tu_error_name("bind");
}
