/* SPDX-License-Identifier: ISC */
#include "listen_options.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../kernel/unix_socket.h"
#include "../named_files.h"
#include "../target.h"

static option_reader read_mode;

static const struct option place_table[] = {
    {"local", 'L', NULL, set_true, offsetof(struct listen_options, local),
	"loopback only, IPv4 and IPv6"},
    {"v6only", 0, NULL, set_true, offsetof(struct listen_options, v6only),
	"accept no IPv4 clients on an IPv6 address"},
    {"reuse-port", 0, NULL, set_true,
	offsetof(struct listen_options, reuse_port),
	"share the port with others that use SO_REUSEPORT"},
    {"backlog", 'b', "N", read_natural,
	offsetof(struct listen_options, backlog),
	"how many connections may wait to be accepted"},
    {"mode", 0, "OCTAL", read_mode, offsetof(struct listen_options, mode),
	"mode of a Unix socket's file; 0666 without the umask"},
    {0},
};

static const struct option clients_table[] = {
    {"keep-open", 'k', NULL, set_true,
	offsetof(struct listen_options, keep_open),
	"go on accepting after the first connection"},
    {"count", 0, "N", read_count, offsetof(struct listen_options, count),
	"with --keep-open, exit after N connections; with --reserve, "
	"print N ports"},
    {"max-conns", 'm', "N", read_count,
	offsetof(struct listen_options, max_conns),
	"with -k, run at most N commands at a time (100)"},
    {"accept-timeout", 0, "TIME", read_time,
	offsetof(struct listen_options, accept_timeout),
	"exit if no client connects for TIME"},
    {0},
};

static const struct option failure_table[] = {
    {"no-accept", 0, NULL, set_true, offsetof(struct listen_options, no_accept),
	"never accept: connections stay pending"},
    {"black-hole", 0, NULL, set_true,
	offsetof(struct listen_options, black_hole),
	"never answer: connecting hangs"},
    {"refuse", 0, NULL, set_true, offsetof(struct listen_options, refuse),
	"hold the port, and refuse connections to it"},
    {0},
};

static const struct option ports_table[] = {
    {"reserve", 0, NULL, set_true, offsetof(struct listen_options, reserve),
	"print a port that stays free for a minute; exit"},
    {"hold", 0, NULL, set_true, offsetof(struct listen_options, hold),
	"become COMMAND, which gets the sockets; they are descriptors 3 "
	"and up; for one socket only, listen on 127.0.0.1"},
    {0},
};

static const struct option shared_table[] = {
    {"fd", 0, "N", read_natural, offsetof(struct listen_options, fd),
	"take over descriptor N, which already listens"},
    {"until-exit", 0, "PID", read_count,
	offsetof(struct listen_options, until_exit),
	"exit when process PID ends"},
    {0},
};

const struct option_set listen_option_sets[] = {
    {"Where to listen", place_table, 0},
    {"Which clients to serve", clients_table, 0},
    {"Which clients to serve", access_option_table,
	offsetof(struct listen_options, access)},
    {"Which clients to serve", proxies_option_table,
	offsetof(struct listen_options, proxies)},
    {"TLS", tls_option_table, offsetof(struct listen_options, tls)},
    {"TLS", tls_server_table, offsetof(struct listen_options, tls)},
    {"Readiness", ready_option_table, offsetof(struct listen_options, ready)},
    {"Servers that fail", failure_table, 0},
    {"Ports for other servers", ports_table, 0},
    {"Sessions", session_option_table,
	offsetof(struct listen_options, session)},
    {"Bad networks", lane_option_table,
	offsetof(struct listen_options, session.lanes)},
    {"Commands", handler_option_table,
	offsetof(struct listen_options, handler)},
    {"Options of several commands", shared_table, 0},
    {"Options of every command", common_option_table, 0},
    {0},
};

const struct listen_options listen_defaults = {
    .common = COMMON_DEFAULTS,
    .session = SESSION_DEFAULTS,
    .ready = READY_DEFAULTS,
    .fd = -1,
    .backlog = INT_MAX,
    .accept_timeout = -1,
};

/* With 0, only root could connect. */
static const char *
read_mode(const char *text, void *value)
{
	size_t digits = strspn(text, "01234567");
	long n = strtol(text, NULL, 8);

	if (digits == 0 || text[digits] || n < 1 || n > 0777)
		return "not a mode from 1 to 777";
	*(int *)value = (int)n;
	return NULL;
}

bool
serves(const struct listen_options *o, bool command)
{
	return command || o->no_accept || o->black_hole || o->refuse ||
	    o->reserve;
}

bool
spares_stdout(const struct listen_options *o, bool command)
{
	return serves(o, command) || o->session.output;
}

bool
takes_over(const struct listen_options *o, const struct operands *operands)
{
	return o->fd != -1 || (operands->count == 0 && has_listen_fds());
}

bool
listens_on_unix(const struct listen_options *o, const struct operands *operands)
{
	if (takes_over(o, operands))
		return is_unix_stream(o->inherited.fds[0]);
	return operands->count > 0 && is_unix_word(operands->words[0]);
}

int
check_socket_options(
    const struct run *run, const struct listen_options *o, bool is_unix)
{
	if (!is_unix)
		return o->mode ? usage_error(run, "--mode is for Unix sockets")
			       : STATUS_GO_ON;
	if (o->local || o->v6only || o->reuse_port || o->refuse || o->reserve)
		return usage_error(run,
		    "--local, --v6only, --reuse-port, --refuse and --reserve "
		    "are for TCP");
	if (o->access.count && !o->proxies.given)
		return usage_error(run,
		    "--allow and --deny are for TCP; a Unix socket has a "
		    "--mode");
	if (o->proxies.named)
		return usage_error(
		    run, "--accept-proxy of a Unix socket takes no network");
	return check_unix_session(run, &o->session);
}

#define IDLE_OPTIONS 4

/* An option with which tcpu accepts no connection; a null name ends a list. */
struct idle_option {
	const char *name;
	bool given;
};

static void
list_idle_options(
    const struct listen_options *o, struct idle_option list[IDLE_OPTIONS + 1])
{
	list[0] = (struct idle_option){"--no-accept", o->no_accept};
	list[1] = (struct idle_option){"--black-hole", o->black_hole};
	list[2] = (struct idle_option){"--refuse", o->refuse};
	list[3] = (struct idle_option){"--reserve", o->reserve};
	list[4] = (struct idle_option){0};
}

/* Options about how connections are accepted. */
static bool
has_accept_options(const struct listen_options *o)
{
	return o->keep_open || o->max_conns || o->accept_timeout != -1 ||
	    o->access.count || o->proxies.given || o->tls.on;
}

static bool
has_ready_options(const struct ready_options *o)
{
	return o->print || o->fd != -1 || o->port_file || o->pid_file ||
	    o->background;
}

/* Whether there are options about connections, or about a queue for them that
 * is not there, or is full from the start. */
static bool
concerns_connections(const struct listen_options *o)
{
	return has_accept_options(o) || has_manner(&o->session) ||
	    has_wire(&o->session) || o->session.drain ||
	    (!o->no_accept && o->backlog != INT_MAX);
}

/* Options about connections make no sense if tcpu accepts none, and those of a
 * listening socket if there is none. */
static int
check_idle(const struct run *run, const struct listen_options *o, bool command)
{
	struct idle_option list[IDLE_OPTIONS + 1], *idle = list;

	list_idle_options(o, list);
	while (!idle->given)
		idle++;
	if (command)
		return usage_error(
		    run, "%s has no use for a COMMAND", idle->name);
	if (concerns_connections(o))
		return usage_error(run,
		    "%s has no use for options about connections", idle->name);
	if (o->reserve && (o->until_exit || has_ready_options(&o->ready)))
		return usage_error(run,
		    "--reserve prints a port and ends: it has no use for "
		    "options about a listener");
	return check_session_options(run, &o->session, false);
}

static int
check_exclusions(const struct run *run, const struct listen_options *o)
{
	const char *first = NULL;
	struct idle_option list[IDLE_OPTIONS + 1];

	list_idle_options(o, list);
	for (const struct idle_option *i = list; i->name; i++) {
		if (i->given && first)
			return usage_error(run, "%s and %s exclude each other",
			    first, i->name);
		if (i->given)
			first = i->name;
	}
	if (o->reuse_port && (o->black_hole || o->refuse || o->reserve))
		return usage_error(
		    run, "%s and --reuse-port exclude each other", first);
	return STATUS_GO_ON;
}

static int
check_place(const struct run *run, const struct listen_options *o,
    const struct operands *operands)
{
	if (o->v6only && run->options->family == 4)
		return usage_error(
		    run, "--ipv4 and --v6only exclude each other");
	if (o->v6only && o->local)
		return usage_error(
		    run, "--local and --v6only exclude each other");
	if (o->mode && operands->count > 0 &&
	    strncmp(operands->words[0], "unix:@", 6) == 0)
		return usage_error(run, "--mode: an abstract name has no file");
	return STATUS_GO_ON;
}

static int
check_options(
    const struct run *run, const struct listen_options *o, bool command)
{
	if (o->count && !o->keep_open && !o->reserve)
		return usage_error(
		    run, "--count needs --keep-open or --reserve");
	if (o->max_conns && (!o->keep_open || !command))
		return usage_error(
		    run, "--max-conns needs --keep-open and a COMMAND");
	if (serves(o, false))
		return check_idle(run, o, command);
	return check_session_options(run, &o->session, !serves(o, command));
}

/* With --hold, COMMAND accepts the connections and decides when to end. */
static int
check_hold(const struct run *run, const struct listen_options *o, bool command)
{
	if (!o->hold)
		return STATUS_GO_ON;
	if (!command)
		return usage_error(run, "--hold needs a COMMAND");
	if (has_accept_options(o) || o->handler.pipes || o->session.drain ||
	    has_manner(&o->session) || has_wire(&o->session))
		return usage_error(
		    run, "with --hold, COMMAND accepts the connections");
	if (o->until_exit || run->options->timeout != -1)
		return usage_error(
		    run, "with --hold, COMMAND decides when to end");
	return STATUS_GO_ON;
}

/* A socket that listens already has its address and its backlog. */
static int
check_adoption(const struct run *run, const struct listen_options *o,
    const struct operands *operands)
{
	if (operands->count > 0)
		return usage_error(run, "--fd and PORT exclude each other");
	if (o->local || o->v6only || o->reuse_port || o->black_hole ||
	    o->refuse || o->reserve || o->backlog != INT_MAX || o->mode ||
	    run->options->family)
		return usage_error(run,
		    "options about addresses and the backlog do not "
		    "apply to a socket that already listens");
	if (o->ready.background)
		return usage_error(
		    run, "--background would close the socket that listens");
	return STATUS_GO_ON;
}

static int
check_files(const struct run *run, const struct listen_options *o)
{
	const struct named_file list[] = {
	    {"--port-file", o->ready.port_file, true},
	    {"--pid-file", o->ready.pid_file, true},
	    {"--tls-save-ca", o->tls.save_ca, true},
	    {"--output", o->session.output, true},
	    {"--tls-ca", o->tls.ca, false},
	    {"--tls-cert", o->tls.certificate, false},
	    {"--tls-key", o->tls.key, false},
	    {0},
	};

	return check_named_files(run, list);
}

int
check_listen_options(const struct run *run, const struct listen_options *o,
    const struct operands *operands)
{
	int status = check_exclusions(run, o);

	if (status == STATUS_GO_ON)
		status = check_place(run, o, operands);
	if (status == STATUS_GO_ON)
		status = check_hold(run, o, operands->command);
	if (status == STATUS_GO_ON)
		status = check_options(run, o, operands->command);
	if (status == STATUS_GO_ON && takes_over(o, operands))
		status = check_adoption(run, o, operands);
	return status ? status : check_files(run, o);
}
