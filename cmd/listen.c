/* SPDX-License-Identifier: ISC */
/*
 * listen.c - tcpu listen: accepts connections, and runs a session on each, one
 * after the other, or a COMMAND, many at a time.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handler.h"
#include "ready.h"
#include "session.h"
#include "tcpu.h"

/* Room for an address and a port. */
#define NAME_SIZE (TCPUNIT_ADDRLEN + 10)

/* How many handlers run at a time unless told. */
#define MAX_CONNS 100

/* How long to wait where descriptors have run out. */
#define SHORTAGE_PAUSE 100

struct listen_options {
	struct common_options common;
	struct session_options session;
	struct ready_options ready;
	struct handler_options handler;
	bool keep_open;
	int count;     /* 0 no end */
	int max_conns; /* 0 not said */
	int backlog;
	int accept_timeout;
	bool local;
	bool v6only;
	bool reuse_port;
	bool no_accept;
	bool black_hole;
	int until_exit; /* a process, or 0 */
};

/* One run of the command. */
struct listening {
	const struct run *run;
	const struct listen_options *options;
	char *const *command; /* NULL: sessions */
	tcp_listener listener;
	char what[384]; /* "listen 0.0.0.0:80", for messages */
};

static int check_options(
    const struct run *run, const struct listen_options *options, bool command);
static int prepare_listen(
    const struct run *run, void *options, const struct operands *operands);
static int run_listen(const struct run *run, const void *options,
    const struct operands *operands);
static int serve(struct listening *l);
static int watch_until_exit(const struct listening *l);
static int open_listener(struct listening *l, const struct target *target);
static void allow_drain(const struct listening *l);
static int serve_sessions(struct listening *l);
static int serve_handlers(struct listening *l);
static int serve_nobody(struct listening *l);
static int accept_connection(
    struct listening *l, tcp_port connection[2], char name[NAME_SIZE]);
static void name_peer(tcp_port in, char name[NAME_SIZE]);

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
    {"until-exit", 0, "PID", read_count,
	offsetof(struct listen_options, until_exit),
	"end when process PID does"},
    {0},
};

static const struct option_set listen_options[] = {
    {"Listening", listen_option_table, 0},
    {"Readiness", ready_option_table, offsetof(struct listen_options, ready)},
    {"Sessions", session_option_table,
	offsetof(struct listen_options, session)},
    {"COMMAND", handler_option_table, offsetof(struct listen_options, handler)},
    {"Common options", common_option_table, 0},
    {0},
};

static const struct listen_options listen_defaults = {
    .common = COMMON_DEFAULTS,
    .session = SESSION_DEFAULTS,
    .ready = READY_DEFAULTS,
    .backlog = INT_MAX,
    .accept_timeout = -1,
};

const struct command listen_command = {
    .name = "listen",
    .operands = "[HOST] PORT [-- COMMAND...]",
    .summary = "wait for a connection and be its other end",
    .options = listen_options,
    .runs_command = true,
    .defaults = &listen_defaults,
    .size = sizeof(listen_defaults),
    .run = run_listen,
    .prepare = prepare_listen,
};

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
	if (command && (o->no_accept || o->black_hole))
		return usage_error(run,
		    "--no-accept and --black-hole have no use for a COMMAND");
	return check_session_options(run, &o->session);
}

/* No data go through stdin and stdout. */
static bool
serves(const struct listen_options *o, bool command)
{
	return command || o->no_accept || o->black_hole;
}

static int
prepare_listen(
    const struct run *run, void *options, const struct operands *operands)
{
	struct listen_options *o = options;
	char *const *command = operands->command;
	int status = check_options(run, o, command);

	if (status != 0)
		return status;
	status = handler_prepare(run, &o->handler, &o->session, command);
	return status == -1 ? ready_prepare(run, &o->ready, serves(o, command))
			    : status;
}

static int
run_listen(
    const struct run *run, const void *options, const struct operands *operands)
{
	struct listening l = {
	    .run = run, .options = options, .command = operands->command};
	struct ready_files files = {0};
	struct target target;
	int status;

	status = find_target(run, operands, false, 0, &target);
	if (status == 0 && l.options->local && target.host)
		status =
		    usage_error(run, "--local and HOST exclude each other");
	if (status == 0)
		status = watch_until_exit(&l);
	if (status == 0)
		status = open_listener(&l, &target);
	if (status != 0)
		return status;
	status = ready_announce(run, &l.options->ready, l.listener,
	    serves(l.options, l.command), &files);
	if (status == 0)
		status = serve(&l);
	ready_withdraw(&files);
	return status;
}

static int
serve(struct listening *l)
{
	if (l->command)
		return serve_handlers(l);
	return serves(l->options, false) ? serve_nobody(l) : serve_sessions(l);
}

static int
watch_until_exit(const struct listening *l)
{
	int pid = l->options->until_exit;

	if (pid == 0 || watch_process(l->run->ending, pid) == 0)
		return 0;
	return fail(
	    l->run, STATUS_FAILED, "--until-exit %d: %s", pid, strerror(errno));
}

static int
open_listener(struct listening *l, const struct target *target)
{
	const struct listen_options *o = l->options;
	struct tcp_listen_options options = TCPUNIT_LISTEN_DEFAULTS;
	const char *host = "0.0.0.0";

	options.host = target->host;
	options.backlog = o->black_hole ? 0 : o->backlog;
	options.family = o->common.family;
	options.loopback = o->local;
	options.numeric = o->common.numeric;
	options.v6only = o->v6only;
	options.reuse_port = o->reuse_port;
	if (o->local)
		host = "localhost";
	else if (o->common.family == 6 || o->v6only)
		host = "[::]";
	if (target->host)
		(void)snprintf(
		    l->what, sizeof(l->what), "listen %s", target->text);
	else
		(void)snprintf(l->what, sizeof(l->what), "listen %s:%s", host,
		    target->service);
	l->listener = tcp_listen(target->port, &options);
	if (!tcp_listener_p(l->listener))
		return library_failure(l->run, l->what, STATUS_LISTEN);
	(void)tcp_set_accept_timeout(l->listener, o->accept_timeout);
	return 0;
}

/* From here on there is something to finish after a signal. */
static void
allow_drain(const struct listening *l)
{
	l->run->ending->listener = l->listener;
	l->run->ending->drain = l->options->session.drain;
}

static int
serve_sessions(struct listening *l)
{
	const struct listen_options *o = l->options;
	struct standard_ports standard = {.shared = o->keep_open};
	struct outcome outcome;
	tcp_port connection[2];
	char name[NAME_SIZE];
	int status;

	status = open_standard_ports(l->run, &standard);
	allow_drain(l);
	for (int n = 1; status == 0; n++) {
		status = accept_connection(l, connection, name);
		if (status != 0)
			break;
		if (!o->keep_open)
			(void)tcp_close(l->listener); /* nobody waits there */
		outcome = run_session(
		    l->run, &o->session, &standard, name, connection);
		if (!o->keep_open || outcome.fatal)
			return outcome.status;
		if (n == o->count)
			break;
	}
	return status;
}

static int
serve_handlers(struct listening *l)
{
	const struct listen_options *o = l->options;
	struct handlers handlers = {.run = l->run,
	    .what = l->what,
	    .options = &o->handler,
	    .session = &o->session,
	    .command = l->command,
	    .many = o->keep_open};
	const int limit = o->max_conns ? o->max_conns : MAX_CONNS;
	const int count = o->keep_open ? o->count : 1;
	tcp_port connection[2];
	char name[NAME_SIZE];
	int status;

	status = handlers_begin(&handlers);
	if (status != 0)
		return status;
	allow_drain(l);
	for (int n = 0; status == 0 && (count == 0 || n < count); n++) {
		status = handlers_await(&handlers, limit);
		if (status == 0)
			status = accept_connection(l, connection, name);
		if (status == 0)
			handlers_start(&handlers, connection, name);
	}
	(void)tcp_close(l->listener); /* or it is closed already */
	return handlers_end(&handlers, status);
}

/* Without descriptors a connection stays pending until some are free again. */
static int
accept_connection(
    struct listening *l, tcp_port connection[2], char name[NAME_SIZE])
{
	const struct listen_options *o = l->options;
	char time[TIME_TEXT_SIZE];
	bool said = false;

	while (tcp_accept(l->listener, &connection[0], &connection[1]) == -1) {
		if (tcp_last_error()->kind == TCPUNIT_ERROR_TIMEOUT)
			return fail(l->run, STATUS_TIMEOUT,
			    "%s: timed out after %s", l->what,
			    format_time(o->accept_timeout, time));
		if (tcp_last_error()->kind == TCPUNIT_ERROR_CLOSED)
			return STATUS_SIGNAL + l->run->ending->signal;
		if (tcp_last_error()->kind != TCPUNIT_ERROR_SYSTEM ||
		    !o->keep_open)
			return library_failure(l->run, l->what, STATUS_LISTEN);
		if (!said)
			say(l->run, "%s: %s", l->what,
			    reason(tcp_last_error()));
		said = true;
		if (tcp_thread_sleep(SHORTAGE_PAUSE) == -1)
			return library_failure(l->run, l->what, STATUS_LISTEN);
	}
	name_peer(connection[0], name);
	say_more(l->run, "%s: connection from %s", l->what, name);
	return 0;
}

static void
name_peer(tcp_port in, char name[NAME_SIZE])
{
	char local[TCPUNIT_ADDRLEN] = "", remote[TCPUNIT_ADDRLEN] = "";
	int ports[2] = {0, 0};

	(void)tcp_addresses(in, local, remote); /* the port is open */
	(void)tcp_port_numbers(in, &ports[0], &ports[1]);
	(void)snprintf(name, NAME_SIZE,
	    strchr(remote, ':') ? "[%s]:%d" : "%s:%d", remote, ports[1]);
}

/* With a backlog of 0 the queue of each socket is full with one connection,
 * and the kernel drops what else comes. */
static int
fill_queues(struct listening *l)
{
	struct tcp_connect_options options = TCPUNIT_CONNECT_DEFAULTS;
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN];
	int port = tcp_listener_port(l->listener);
	tcp_port in, out;

	options.numeric = true;
	for (int i = 0; tcp_listener_fileno(l->listener, i) != -1; i++) {
		(void)tcp_listener_addresses(l->listener, i, local, remote);
		if (tcp_connect(local, port, &options, &in, &out) == -1 ||
		    tcp_wait_fd(tcp_listener_fileno(l->listener, i),
			TCPUNIT_READABLE, -1) == -1)
			return -1;
	}
	return 0;
}

/* The connections stay pending, or are never made. */
static int
serve_nobody(struct listening *l)
{
	if (!l->options->black_hole || fill_queues(l) == 0)
		(void)tcp_thread_sleep(-1); /* the run is over */
	return library_failure(l->run, l->what, STATUS_FAILED);
}
