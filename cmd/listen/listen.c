/* SPDX-License-Identifier: ISC */
/*
 * listen.c - tcpu listen: its options, its listener, and telling of it.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../command.h"
#include "../descriptors.h"
#include "../kernel/port_user.h"
#include "serve.h"
#include "../session/wire.h"
#include "../target.h"

/* ms for a connection of ours to our own listener */
#define FILL_TIME 1000

static int check_options(
    const struct run *run, const struct listen_options *options, bool command);
static int prepare_listen(
    const struct run *run, void *options, const struct operands *operands);
static int run_listen(const struct run *run, const void *options,
    const struct operands *operands);
static int watch_until_exit(const struct listening *l);
static int adopt_listener(struct listening *l);
static int make_listener(struct listening *l, const struct operands *operands);
static int open_listener(struct listening *l, const struct target *target);
static int fill_queues(const struct listening *l);
static int listen_failure(
    const struct listening *l, const struct target *target);
static void find_port_user(const struct listening *l,
    const struct target *target, char user[PORT_USER_SIZE]);
static void arm(tcp_listener listener);

static const struct option listen_option_table[] = {
    {"keep-open", 'k', NULL, set_true,
	offsetof(struct listen_options, keep_open),
	"go on accepting after the first connection"},
    {"count", 0, "N", read_count, offsetof(struct listen_options, count),
	"with --keep-open, exit after N connections"},
    {"max-conns", 'm', "N", read_count,
	offsetof(struct listen_options, max_conns),
	"run at most N handlers at a time (100)"},
    {"accept-timeout", 0, "TIME", read_time,
	offsetof(struct listen_options, accept_timeout),
	"exit when nobody came for TIME"},
    {"backlog", 'b', "N", read_natural,
	offsetof(struct listen_options, backlog),
	"how many connections may wait to be accepted"},
    {"local", 'L', NULL, set_true, offsetof(struct listen_options, local),
	"loopback only, IPv4 and IPv6"},
    {"v6only", 0, NULL, set_true, offsetof(struct listen_options, v6only),
	"take no IPv4 on an IPv6 address"},
    {"reuse-port", 0, NULL, set_true,
	offsetof(struct listen_options, reuse_port),
	"share the port with others that ask for it"},
    {"no-accept", 0, NULL, set_true, offsetof(struct listen_options, no_accept),
	"never accept: connections stay pending"},
    {"black-hole", 0, NULL, set_true,
	offsetof(struct listen_options, black_hole),
	"never answer: connecting hangs"},
    {"fd", 0, "N", read_natural, offsetof(struct listen_options, fd),
	"take over descriptor N, which listens already"},
    {"hold", 0, NULL, set_true, offsetof(struct listen_options, hold),
	"become COMMAND, which has the listening sockets from descriptor 3 "
	"on; if it takes one only, listen on 127.0.0.1"},
    {"until-exit", 0, "PID", read_count,
	offsetof(struct listen_options, until_exit),
	"end when process PID does"},
    {0},
};

static const struct option_set listen_options[] = {
    {"Listening", listen_option_table, 0},
    {"Access", access_option_table, offsetof(struct listen_options, access)},
    {"Readiness", ready_option_table, offsetof(struct listen_options, ready)},
    {"Sessions", session_option_table,
	offsetof(struct listen_options, session)},
    {"COMMAND", handler_option_table, offsetof(struct listen_options, handler)},
    {"Common options", common_option_table, 0},
    {0},
};

static const char *const commonest[] = {"keep-open", "count", "accept-timeout",
    "local", "until-exit", "print-port", "print", "background", "pipes",
    "abandon", "timeout", NULL};

static const struct listen_options listen_defaults = {
    .common = COMMON_DEFAULTS,
    .session = SESSION_DEFAULTS,
    .ready = READY_DEFAULTS,
    .fd = -1,
    .backlog = INT_MAX,
    .accept_timeout = -1,
};

const struct command listen_command = {
    .name = "listen",
    .operands = "[HOST] PORT [-- COMMAND...]",
    .summary = "wait for a connection and be its other end",
    .options = listen_options,
    .commonest = commonest,
    .examples =
	"  tcpu listen --end=peer 9000 >copy && echo complete\n"
	"  port=$(tcpu listen -k -1 --until-exit $$ --local 0 -- cat &)\n"
	"  eval \"$(tcpu listen --background --until-exit $$ --print=sh -k "
	"-L 0 -- cat)\"\n",
    .runs_command = true,
    .port_alone = true,
    .defaults = &listen_defaults,
    .size = sizeof(listen_defaults),
    .run = run_listen,
    .prepare = prepare_listen,
};

static bool
is_said(const struct wire_options *o)
{
	const struct wire_options *unsaid = &listen_defaults.session.wire;

	return o->keepalive != unsaid->keepalive ||
	    o->user_timeout != unsaid->user_timeout ||
	    o->nodelay != unsaid->nodelay;
}

/* Where nothing is accepted there is no connection for an option to be about.
 */
static int
check_idle(const struct run *run, const struct listen_options *o, bool command)
{
	const char *name = o->no_accept ? "--no-accept" : "--black-hole";

	if (command)
		return usage_error(run,
		    "--no-accept and --black-hole have no use for a COMMAND");
	if (o->keep_open || o->max_conns || o->accept_timeout != -1 ||
	    o->access.count || has_manner(&o->session) ||
	    is_said(&o->session.wire))
		return usage_error(
		    run, "%s has no use for options about connections", name);
	return 0;
}

static int
check_options(
    const struct run *run, const struct listen_options *o, bool command)
{
	if (o->count && !o->keep_open)
		return usage_error(run, "--count needs --keep-open");
	if (o->max_conns && !command)
		return usage_error(run, "--max-conns needs a COMMAND");
	if (o->v6only && run->options->family == 4)
		return usage_error(
		    run, "--ipv4 and --v6only exclude each other");
	if (o->no_accept && o->black_hole)
		return usage_error(
		    run, "--no-accept and --black-hole exclude each other");
	if (o->black_hole && o->reuse_port)
		return usage_error(
		    run, "--black-hole and --reuse-port exclude each other");
	if (o->no_accept || o->black_hole)
		return check_idle(run, o, command);
	return check_session_options(run, &o->session, !serves(o, command));
}

/* What COMMAND will do by itself. */
static int
check_hold(const struct run *run, const struct listen_options *o, bool command)
{
	if (!o->hold)
		return 0;
	if (!command)
		return usage_error(run, "--hold needs a COMMAND");
	if (o->keep_open || o->max_conns || o->accept_timeout != -1 ||
	    o->access.count || o->handler.pipes || o->session.drain ||
	    is_said(&o->session.wire))
		return usage_error(run, "--hold leaves connections to COMMAND");
	if (o->until_exit || run->options->timeout != -1)
		return usage_error(run, "--hold leaves its end to COMMAND");
	return 0;
}

/* Takes a socket over that listens already, where there is one. */
static int
prepare_adoption(const struct run *run, struct listen_options *o,
    const struct operands *operands)
{
	if (o->fd == -1 && (operands->count > 0 || !has_listen_fds()))
		return 0;
	if (operands->count > 0)
		return usage_error(run, "--fd and PORT exclude each other");
	if (o->local || o->v6only || o->reuse_port || o->black_hole ||
	    o->backlog != INT_MAX || run->options->family)
		return usage_error(run,
		    "options about addresses and the backlog are not for a "
		    "socket that listens already");
	if (o->ready.background)
		return usage_error(run,
		    "--background keeps no descriptor, so none that listens");
	return find_inherited(run, o->fd, &o->inherited);
}

static int
prepare_listen(
    const struct run *run, void *options, const struct operands *operands)
{
	struct listen_options *o = options;
	char *const *command = operands->command;
	int status = check_options(run, o, command);

	if (status == 0)
		status = check_hold(run, o, command);
	if (status == 0)
		status = prepare_adoption(run, o, operands);
	if (status != 0)
		return status;
	status = handler_prepare(run, &o->handler, &o->session, command);
	if (status != -1)
		return status;
	return ready_prepare(
	    run, &o->ready, serves(o, command), spares_stdout(o, command));
}

static int
run_listen(
    const struct run *run, const void *options, const struct operands *operands)
{
	struct listening l = {.run = run,
	    .options = options,
	    .command = operands->command,
	    .output = -1};
	struct ready_files files = {0};
	int status;

	status = watch_until_exit(&l);
	if (status == 0)
		status = l.options->inherited.count
		    ? adopt_listener(&l)
		    : make_listener(&l, operands);
	if (status != 0)
		return status;
	say_more(run, "%s: listening", l.what);
	status = ready_announce(run, &l.options->ready, l.listener,
	    spares_stdout(l.options, l.command), &files);
	if (status == 0)
		status = serve(&l);
	ready_withdraw(&files);
	return status;
}

static int
watch_until_exit(const struct listening *l)
{
	int pid = l->options->until_exit;

	if (pid == 0 || watch_process(l->run->ending, pid, STATUS_ENDED) == 0)
		return 0;
	return fail(
	    l->run, STATUS_FAILED, "--until-exit %d: %s", pid, strerror(errno));
}

static int
adopt_listener(struct listening *l)
{
	const struct inherited *i = &l->options->inherited;
	int status =
	    open_output(l->run, l->options->session.output, &l->output);

	if (status != 0)
		return status;
	(void)snprintf(l->what, sizeof(l->what), "%s", i->what);
	l->listener = tcp_listener_from_fds(i->fds, i->count);
	if (!tcp_listener_p(l->listener))
		return library_failure(l->run, l->what, STATUS_LISTEN);
	return 0;
}

static int
make_listener(struct listening *l, const struct operands *operands)
{
	struct target target;
	int status = find_target(l->run, operands, false, 0, &target);

	if (status != 0)
		return status;
	if (l->options->local && target.host)
		return usage_error(
		    l->run, "--local and HOST exclude each other");
	status = open_output(l->run, l->options->session.output, &l->output);
	return status ? status : open_listener(l, &target);
}

/* For messages: the target as it was written, with the port as it is known. */
static void
set_name(struct listening *l, const struct target *target, int port)
{
	const struct listen_options *o = l->options;
	const char *host = "0.0.0.0";
	char number[16];

	if (o->local)
		host = "localhost";
	else if (target->host)
		host = target->host;
	else if (o->common.family == 6 || o->v6only)
		host = "[::]";
	(void)snprintf(number, sizeof(number), "%d", port);
	(void)snprintf(l->what, sizeof(l->what),
	    strchr(host, ':') && host[0] != '[' ? "listen [%s]:%s"
						: "listen %s:%s",
	    host, port ? number : target->service);
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
	set_name(l, target, 0);
	l->listener = tcp_listen(target->port, &options);
	if (!tcp_listener_p(l->listener) ||
	    (o->black_hole && fill_queues(l) == -1))
		return listen_failure(l, target);
	if (target->port == 0)
		set_name(l, target, tcp_listener_port(l->listener));
	if (!l->command || o->handler.pipes)
		arm(l->listener);
	return 0;
}

/* With a backlog of 0 the queue of each socket is full with one connection,
 * and the kernel drops what else comes: ours too, if somebody was faster. */
static int
fill_queues(const struct listening *l)
{
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	char local[TCPUNIT_ADDRLEN];
	int port = tcp_listener_port(l->listener);
	tcp_port in, out;

	options.numeric = true;
	options.timeout = FILL_TIME;
	for (int i = 0; tcp_listener_fileno(l->listener, i) != -1; i++) {
		(void)tcp_listener_addresses(l->listener, i, local);
		if (tcp_connect(local, port, &options, &in, &out) == -1 &&
		    tcp_last_error()->kind != TCPUNIT_ERROR_TIMEOUT)
			return -1;
		if (tcp_wait_fd(tcp_listener_fileno(l->listener, i),
			TCPUNIT_READABLE, FILL_TIME) == -1)
			return -1;
	}
	return 0;
}

static int
listen_failure(const struct listening *l, const struct target *target)
{
	int status = library_failure(l->run, l->what, STATUS_LISTEN);
	char user[PORT_USER_SIZE];

	if (status != STATUS_IN_USE || !l->run->options->verbose)
		return status;
	find_port_user(l, target, user);
	say_more(l->run, "%s: %s%sport 0 is a free one, which --print prints",
	    l->what, user, user[0] ? "; " : "");
	return status;
}

/* The addresses of a name are left aside: looking them up takes time. */
static void
find_port_user(const struct listening *l, const struct target *target,
    char user[PORT_USER_SIZE])
{
	union socket_address addresses[2] = {0};
	size_t n = 0;

	if (l->options->local) {
		n += read_address("127.0.0.1", &addresses[n]);
		n += read_address("::1", &addresses[n]);
	} else if (target->host) {
		n += read_address(target->host, &addresses[n]);
	}
	describe_port_user(addresses, n, target->port, user);
}

/* What is accepted from an armed socket is armed from the start. */
static void
arm(tcp_listener listener)
{
	for (int i = 0, fd; (fd = tcp_listener_fileno(listener, i)) != -1; i++)
		wire_arm(fd);
}
