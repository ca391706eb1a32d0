/* SPDX-License-Identifier: ISC */
/*
 * listen.c - tcpu listen: its options, its listener, and telling of it.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "serve.h"

static int check_options(
    const struct run *run, const struct listen_options *options, bool command);
static int prepare_listen(
    const struct run *run, void *options, const struct operands *operands);
static int run_listen(const struct run *run, const void *options,
    const struct operands *operands);
static int watch_until_exit(const struct listening *l);
static int open_listener(struct listening *l, const struct target *target);

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
    {"Access", access_option_table, offsetof(struct listen_options, access)},
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
