/* SPDX-License-Identifier: ISC */
#include "listener.h"

#include <errno.h>
#include <string.h>

#include "../descriptors.h"
#include "../kernel/port_user.h"
#include "../kernel/socket_address.h"
#include "../kernel/unix_socket.h"
#include "../session/wire.h"
#include "../target.h"
#include "../text.h"
#include "refuse.h"
#include "reserve.h"

/* ms for a connection of tcpu to its own listener */
#define FILL_TIME 1000

static void set_name(
    struct listening *l, const struct target *target, int port);
static int open_listener(struct listening *l, const struct target *target);
static int refuse_port(struct listening *l, const struct target *target);
static int reserve_ports(struct listening *l, const struct target *target);
static void note_address(struct listening *l);
static int fill_queues(const struct listening *l, const struct target *target);
static int find_addresses(const struct listening *l,
    const struct target *target, bool numeric, union tcp_address *list);
static int explain(
    const struct listening *l, const struct target *target, int status);
static void arm(tcp_listener listener);

int
adopt_listener(struct listening *l)
{
	const struct inherited *i = &l->options->inherited;
	int status =
	    open_output(l->run, l->options->session.output, &l->output);

	if (status != STATUS_GO_ON)
		return status;
	format_text(l->what, sizeof(l->what), "%s", i->what);
	l->listener = tcp_listener_from_fds(i->fds, i->count);
	if (!tcp_listener_p(l->listener))
		return library_failure(l->run, l->what, STATUS_LISTEN);
	note_address(l);
	return STATUS_GO_ON;
}

static void
note_address(struct listening *l)
{
	/* It is open. */
	(void)tcp_listener_addresses(l->listener, 0, l->at.ip);
	l->at.port = tcp_listener_port(l->listener);
	l->at.is_unix = is_unix_stream(tcp_listener_fileno(l->listener, 0));
}

int
make_listener(struct listening *l, const struct operands *operands)
{
	struct target target;
	int status = find_target(l->run, operands, false, 0, &target);

	if (status != STATUS_GO_ON)
		return status;
	if (l->options->local && target.host)
		return usage_error(
		    l->run, "--local and HOST exclude each other");
	status = open_output(l->run, l->options->session.output, &l->output);
	if (status != STATUS_GO_ON)
		return status;
	set_name(l, &target, 0);
	if (l->options->reserve)
		return reserve_ports(l, &target);
	status = l->options->refuse ? refuse_port(l, &target)
				    : open_listener(l, &target);
	if (status == STATUS_GO_ON && target.port == 0 && !target.is_unix)
		set_name(l, &target, l->at.port);
	return status;
}

/* Sets the name for messages: the target as typed, with the actual port. */
static void
set_name(struct listening *l, const struct target *target, int port)
{
	const struct listen_options *o = l->options;
	const char *host = "0.0.0.0";
	char number[16], name[sizeof(target->text)];

	format_text(l->what, sizeof(l->what), "listen %s", target->text);
	if (target->is_unix)
		return;
	if (o->local)
		host = "localhost";
	else if (target->host)
		host = target->host;
	else if (o->common.family == 6 || o->v6only)
		host = "::";
	format_text(number, sizeof(number), "%d", port);
	join_target(name, sizeof(name), host, port ? number : target->service);
	format_text(l->what, sizeof(l->what), "listen %s", name);
}

static int
open_listener(struct listening *l, const struct target *target)
{
	const struct listen_options *o = l->options;
	struct tcp_listen_options options = {TCPUNIT_LISTEN_DEFAULTS};

	options.host = target->host;
	options.backlog = o->black_hole ? 0 : o->backlog;
	options.family = o->common.family;
	options.loopback = o->local;
	options.numeric = o->common.numeric;
	options.v6only = o->v6only;
	options.reuse_port = o->reuse_port;
	options.mode = o->mode;
	l->listener = tcp_listen(target->port, &options);
	if (!tcp_listener_p(l->listener) ||
	    (o->black_hole && fill_queues(l, target) == -1))
		return explain(
		    l, target, library_failure(l->run, l->what, STATUS_LISTEN));
	note_address(l);
	if (!serves(o, false) && (!l->command || o->handler.pipes))
		arm(l->listener);
	return 0;
}

/* Fills the queue of each socket.  With a backlog of 0 one connection fills it,
 * and the kernel drops all further attempts; it also drops this one if another
 * client was faster. */
static int
fill_queues(const struct listening *l, const struct target *target)
{
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	char local[TCPUNIT_ADDRLEN];
	int port = tcp_listener_port(l->listener);
	tcp_port in, out;

	options.numeric = true;
	options.timeout = FILL_TIME;
	for (int i = 0; tcp_listener_fileno(l->listener, i) != -1; i++) {
		(void)tcp_listener_addresses(l->listener, i, local);
		if (tcp_connect(target->is_unix ? target->host : local, port,
			&options, &in, &out) == -1 &&
		    tcp_last_error()->kind != TCPUNIT_ERROR_TIMEOUT)
			return -1;
		if (tcp_wait_fd(tcp_listener_fileno(l->listener, i),
			TCPUNIT_READABLE, FILL_TIME) == -1)
			return -1;
	}
	return 0;
}

static int
refuse_port(struct listening *l, const struct target *target)
{
	const struct listen_options *o = l->options;
	union tcp_address list[TCPUNIT_MAX_ADDRESSES];
	int n = find_addresses(l, target, o->common.numeric, list);

	if (n == -1)
		return library_failure(l->run, l->what, STATUS_LISTEN);
	if (refuse(list, n, target->port, o->v6only ? 6 : o->common.family,
		&l->at) == 0)
		return STATUS_GO_ON;
	return explain(
	    l, target, system_failure(l->run, l->what, errno, STATUS_LISTEN));
}

/* Nothing here waits, so that the end of the run has to be looked for. */
static int
reserve_one(struct listening *l, const struct target *target)
{
	const struct listen_options *o = l->options;
	int status = open_listener(l, target);

	if (status == STATUS_GO_ON)
		status = reserve(l->run, l->what, l->listener,
		    o->v6only || o->common.family == 6);
	tcp_thread_yield();
	if (status == STATUS_GO_ON && l->run->ending->over) {
		(void)tcp_thread_sleep(-1); /* it is over */
		status = library_failure(l->run, l->what, STATUS_LISTEN);
	}
	return status;
}

/* The ports are printed once all of them are reserved. */
static int
reserve_ports(struct listening *l, const struct target *target)
{
	const int count = l->options->count ? l->options->count : 1;
	struct text ports = {0};
	int status = STATUS_GO_ON;

	if (target->port != 0)
		return usage_error(l->run,
		    "--reserve chooses the port: '%s' has to be 0",
		    target->service);
	for (int i = 0; i < count && status == STATUS_GO_ON; i++) {
		status = reserve_one(l, target);
		text_add(&ports, "%d\n", l->at.port);
	}
	if (status == STATUS_GO_ON && ports.failed)
		status = fail(l->run, STATUS_FAILED, "%s", strerror(ENOMEM));
	if (status == STATUS_GO_ON)
		status = answer(l->run, ports.bytes, ports.size);
	text_free(&ports);
	return status == STATUS_GO_ON ? STATUS_ENDED : status;
}

/* In the order of tcp_listen. */
static int
find_loopback(int family, union tcp_address *list)
{
	int n = 0;

	if (family != 6)
		list[n++].in = (struct sockaddr_in){.sin_family = AF_INET,
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (family != 4)
		list[n++].in6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
		    .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	return n;
}

/* Stores the addresses to listen on and returns their number; 0 if it is all of
 * this machine, or -1 after an error of the library. */
static int
find_addresses(const struct listening *l, const struct target *target,
    bool numeric, union tcp_address *list)
{
	struct tcp_resolve_options options = {TCPUNIT_RESOLVE_DEFAULTS,
	    .family = l->options->common.family, .numeric = numeric};
	int n = 0;

	if (target->host)
		n = tcp_resolve(
		    target->host, NULL, &options, list, TCPUNIT_MAX_ADDRESSES);
	else if (l->options->local)
		n = find_loopback(options.family, list);
	for (int i = 0; i < n; i++)
		unmap_address(&list[i]);
	return n;
}

/* Adds to the message about a port in use who uses it. */
static int
explain(const struct listening *l, const struct target *target, int status)
{
	union tcp_address list[TCPUNIT_MAX_ADDRESSES];
	char user[PORT_USER_SIZE];
	int n;

	if (status != STATUS_IN_USE || !l->run->options->verbose)
		return status;
	if (target->is_unix)
		return status;
	n = find_addresses(l, target, true, list); /* a name would take time */
	describe_port_user(list, n > 0 ? (size_t)n : 0, target->port, user);
	say_more(l->run,
	    "%s: %s%sport 0 chooses a free port, and --print prints it",
	    l->what, user, user[0] ? "; " : "");
	return status;
}

/* Connections inherit this: they are armed before they are accepted. */
static void
arm(tcp_listener listener)
{
	for (int i = 0, fd; (fd = tcp_listener_fileno(listener, i)) != -1; i++)
		wire_arm(fd);
}
