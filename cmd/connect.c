/* SPDX-License-Identifier: ISC */
/*
 * connect.c - tcpu connect: makes a connection and runs a session on it.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "attempts.h"
#include "clock.h"
#include "command.h"
#include "descriptors.h"
#include "handlers/handlers.h"
#include "listing.h"
#include "named_files.h"
#include "proxy/sender.h"
#include "run.h"
#include "session/session.h"
#include "session/wire.h"
#include "text.h"
#include "tls/tls.h"

struct connect_options {
	struct common_options common;
	struct session_options session;
	struct handler_options handler;
	struct attempt_options attempts;
	struct tls_options tls;
	enum print print;
	int ready_fd;   /* -1 none */
	int send_proxy; /* the version; 0 not given */
};

/* One run of the command. */
struct connecting {
	const struct run *run;
	const struct connect_options *options;
	struct target target;
	char what[384]; /* "connect localhost:4242", for messages */
	tcp_port connection[2];
	struct tcp_tls_facts facts;
	int output; /* the file of --output, or -1 */
};

static int prepare_connect(
    const struct run *run, void *options, const struct operands *operands);
static int run_connect(const struct run *run, const void *options,
    const struct operands *operands);
static void release_connect(const void *options);
static int forget_until_exit(const struct connecting *c);
static int secure(struct connecting *c, int64_t begin);
static int announce(const struct connecting *c);
static int use_connection(const struct connecting *c, char *const *command);
static int run_command(const struct connecting *c, char *const *command);

static const struct choice print_choices[] = {{"addresses", PRINT_ADDRESS},
    {"sh", PRINT_SH}, {"hostport", PRINT_HOSTPORT}, {"address", PRINT_ADDRESS},
    {0}};

static const struct choice version_choices[] = {{"1", 1}, {"2", 2}, {0}};

static const struct option proxy_table[] = {
    {"send-proxy", 0, "[=CHOICE]", NULL,
	offsetof(struct connect_options, send_proxy),
	"send a PROXY header before the data; in version 1 or 2",
	version_choices},
    {0},
};

static const struct option ready_table[] = {
    {"print", 0, "[=CHOICE]", NULL, offsetof(struct connect_options, print),
	"print both ends on stderr once connected; as words or "
	"as assignments for the shell's eval",
	print_choices},
    {"ready-fd", 0, "N", read_natural,
	offsetof(struct connect_options, ready_fd),
	"print both ends to descriptor N, and close it"},
    {0},
};

static const struct option command_table[] = {
    {"ucspi", 0, NULL, set_true,
	offsetof(struct connect_options, handler.ucspi),
	"give COMMAND the connection on descriptors 6, 7"},
    {0},
};

static const struct option_set connect_options[] = {
    {"How to connect", attempt_option_table,
	offsetof(struct connect_options, attempts)},
    {"How to connect", proxy_table, 0},
    {"TLS", tls_option_table, offsetof(struct connect_options, tls)},
    {"TLS", tls_client_table, offsetof(struct connect_options, tls)},
    {"Readiness", ready_table, 0},
    {"Sessions", session_option_table,
	offsetof(struct connect_options, session)},
    {"Bad networks", lane_option_table,
	offsetof(struct connect_options, session.lanes)},
    {"Commands", handler_option_table,
	offsetof(struct connect_options, handler)},
    {"Commands", command_table, 0},
    {"Options of several commands", until_exit_table,
	offsetof(struct connect_options, attempts)},
    {"Options of every command", common_option_table, 0},
    {0},
};

static const char *const commonest[] = {"connect-timeout", "retry", "probe",
    "end", "abandon", "progress", "pipes", "timeout", NULL};

static const struct connect_options connect_defaults = {
    .common = COMMON_DEFAULTS,
    .session = SESSION_DEFAULTS,
    .attempts = ATTEMPT_DEFAULTS,
    .ready_fd = -1,
};

const struct command connect_command = {
    .name = "connect",
    .operands = "HOST PORT | unix:PATH [-- COMMAND...]",
    .summary = "connect to a listener and exchange data with it",
    .options = connect_options,
    .commonest = commonest,
    .examples =
	"  echo 'Good Bye!' | tcpu connect --retry=5 localhost 4242\n"
	"  tcpu connect --progress localhost 9000 <file && echo arrived\n"
	"  tcpu connect -z -w 500ms localhost 5432 || echo \"status $?\"\n",
    .runs_command = true,
    .defaults = &connect_defaults,
    .size = sizeof(connect_defaults),
    .run = run_connect,
    .prepare = prepare_connect,
    .release = release_connect,
};

static int
check_probe(
    const struct run *run, const struct connect_options *o, bool command)
{
	if (!o->attempts.probe)
		return STATUS_GO_ON;
	if (command)
		return usage_error(
		    run, "--probe and a COMMAND exclude each other");
	if (o->send_proxy)
		return usage_error(
		    run, "--probe and --send-proxy exclude each other");
	if (has_manner(&o->session) || has_wire(&o->session) ||
	    o->session.drain)
		return usage_error(
		    run, "--probe has no use for options about the session");
	return STATUS_GO_ON;
}

static int
check_files(const struct run *run, const struct connect_options *o)
{
	const struct named_file list[] = {
	    {"--output", o->session.output, true},
	    {"--tls-ca", o->tls.ca, false},
	    {"--tls-cert", o->tls.certificate, false},
	    {"--tls-key", o->tls.key, false},
	    {0},
	};

	return check_named_files(run, list);
}

static int
check_options(const struct run *run, const struct connect_options *o,
    bool command, bool is_unix)
{
	bool session = !o->attempts.probe && !command;

	if (check_probe(run, o, command) != 0 ||
	    check_attempt_options(run, &o->attempts, is_unix) != 0 ||
	    check_session_options(run, &o->session, session) != 0 ||
	    (is_unix && check_unix_session(run, &o->session) != 0) ||
	    check_tls_options(run, &o->tls, is_unix, o->handler.ucspi) != 0 ||
	    check_files(run, o) != 0)
		return STATUS_USAGE;
	return check_ready_fd(
	    run, o->ready_fd, session && !o->session.output ? "data" : NULL);
}

static int
prepare_connect(
    const struct run *run, void *options, const struct operands *operands)
{
	struct connect_options *o = options;
	int status;

	if (operands->count == 0)
		return usage_error(run, "missing operand: 'HOST'");
	status = check_options(
	    run, o, operands->command, is_unix_word(operands->words[0]));
	if (status != STATUS_GO_ON)
		return status;
	o->session.tls = o->tls.on;
	o->handler.pipes |= o->tls.on && operands->command;
	status =
	    handler_prepare(run, &o->handler, &o->session, operands->command);
	return status ? status : open_tls(run, &o->tls, false);
}

static int
run_connect(
    const struct run *run, const void *options, const struct operands *operands)
{
	struct connecting c = {.run = run, .options = options};
	const struct connect_options *o = options;
	const int64_t begin = now();
	bool session;
	int status;

	status = find_target(run, operands, true, 1, &c.target);
	if (status == STATUS_GO_ON)
		status = open_output(run, o->session.output, &c.output);
	if (status != STATUS_GO_ON)
		return status;
	format_text(c.what, sizeof(c.what), "connect %s", c.target.text);
	session =
	    !o->attempts.probe && (!operands->command || o->handler.pipes);
	status = make_connection(
	    run, &o->attempts, &c.target, session, c.connection);
	if (status == STATUS_GO_ON && o->send_proxy)
		status = send_proxy_header(
		    run, c.what, o->send_proxy, c.connection[1]);
	if (status == STATUS_GO_ON && o->tls.on)
		status = secure(&c, begin);
	if (status == STATUS_GO_ON)
		status = announce(&c);
	if (status == STATUS_GO_ON)
		status = forget_until_exit(&c);
	return status ? status : use_connection(&c, operands->command);
}

static void
release_connect(const void *options)
{
	const struct connect_options *o = options;

	close_tls(&o->tls);
}

/* The run may have ended when nothing had to wait any more. */
static int
forget_until_exit(const struct connecting *c)
{
	struct ending *ending = c->run->ending;

	forget_process(ending);
	return ending->over ? ending_failure(c->run, c->what) : STATUS_GO_ON;
}

/* The limits of the attempts include the handshake. */
static int
secure(struct connecting *c, int64_t begin)
{
	const int limit = attempts_limit(&c->options->attempts);
	const struct tcp_error *e;
	char time[TIME_TEXT_SIZE];
	int64_t left = limit == -1 ? -1 : begin + limit - now();
	int status;

	if (limit != -1 && left < 0)
		left = 0;
	if (start_tls(&c->options->tls, c->target.host, c->connection,
		(int)left, &c->facts) == 0) {
		say_tls(c->run, c->what, &c->facts);
		return STATUS_GO_ON;
	}
	e = tcp_last_error();
	if (e->kind == TCPUNIT_ERROR_TIMEOUT)
		status = fail(c->run, STATUS_TIMEOUT, "%s: timed out after %s",
		    c->what, format_time(limit, time));
	else
		status = library_failure(c->run, c->what, tls_status(e));
	/* The peer is told why, not reset. */
	wire_disarm(tcp_port_fileno(c->connection[0]));
	(void)tcp_close_ports(c->connection[0], c->connection[1]);
	return status;
}

/* As addresses prints them. */
static void
list_connection(const struct connecting *c, struct text *text)
{
	const struct listing_options format = {.format = c->options->print};
	struct listing listing = {.run = c->run, .options = &format};
	struct ends ends;

	read_ends(c->connection[0], &ends);
	list_ends(&listing, &ends);
	*text = listing.text;
}

static void
say_success(const struct connecting *c)
{
	struct text peer = {0};
	struct ends ends;

	read_ends(c->connection[0], &ends);
	add_end(&peer, &ends.remote);
	if (!peer.failed)
		say_more(c->run, "%s: connected to %s", c->what, peer.bytes);
	text_free(&peer);
}

static int
announce(const struct connecting *c)
{
	const int to = c->options->ready_fd;
	struct text text;
	int status = 0;

	say_success(c);
	if (to == -1 && c->options->print == PRINT_NONE)
		return STATUS_GO_ON;
	list_connection(c, &text);
	if (text.failed)
		status = fail(c->run, STATUS_FAILED, "%s", strerror(ENOMEM));
	else if (to != -1)
		status = tell_ready_fd(c->run, to, text.bytes);
	else /* a failure of stderr cannot be reported */
		say_text(c->run, text.bytes, text.size);
	text_free(&text);
	return status;
}

static int
use_connection(const struct connecting *c, char *const *command)
{
	struct standard_ports standard = {.shared = false};
	int status;

	if (c->options->attempts.probe) {
		(void)tcp_close_ports(
		    c->connection[0], c->connection[1]); /* no data */
		return STATUS_DONE;
	}
	c->run->ending->drain = c->options->session.drain;
	if (command)
		return run_command(c, command);
	become_stdout(c->output);
	status =
	    open_standard_ports(c->run, c->options->session.output, &standard);
	if (status != STATUS_GO_ON)
		return status;
	return run_session(c->run, &c->options->session, &standard,
	    c->target.text, c->connection)
	    .status;
}

static int
run_command(const struct connecting *c, char *const *command)
{
	bool said = false;
	struct handlers handlers = {.run = c->run,
	    .what = c->what,
	    .options = &c->options->handler,
	    .session = &c->options->session,
	    .command = command,
	    .said = &said};
	struct ends ends;
	int status = handlers_begin(&handlers);

	if (status != STATUS_GO_ON)
		return status;
	read_ends(c->connection[0], &ends);
	(void)handlers_start(&handlers, c->connection, &ends,
	    c->options->tls.on ? &c->facts : NULL, c->target.text);
	return handlers_end(&handlers, 0);
}
