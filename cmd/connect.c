/* SPDX-License-Identifier: ISC */
/*
 * connect.c - tcpu connect: makes a connection, again and again if asked to,
 * and runs a session on it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "descriptors.h"
#include "handlers.h"
#include "listing.h"
#include "session.h"
#include "tcpu.h"

/* The pauses between attempts, in milliseconds. */
#define FIRST_PAUSE 20
#define LAST_PAUSE 500

enum connect_print { PRINT_NOTHING, PRINT_ADDRESSES, PRINT_SH };

struct connect_options {
	struct common_options common;
	struct session_options session;
	struct handler_options handler;
	int connect_timeout; /* ms; -1 none */
	int retry;           /* 0 not at all; -1 without end */
	bool probe;
	const char *source;
	enum connect_print print;
	int ready_fd; /* -1 none */
};

/* One run of the command. */
struct connecting {
	const struct run *run;
	const struct connect_options *options;
	struct target target;
	struct target source;
	char what[384]; /* "connect localhost:4242", for messages */
	tcp_port connection[2];
};

static int prepare_connect(
    const struct run *run, void *options, const struct operands *operands);
static int run_connect(const struct run *run, const void *options,
    const struct operands *operands);
static int find_source(struct connecting *c);
static int make_connection(struct connecting *c, bool session);
static void say_details(const struct connecting *c);
static bool is_refused(void);
static int connect_failure(const struct connecting *c, int limit);
static int timed_out(const struct connecting *c, int limit);
static int announce(const struct connecting *c);
static int use_connection(const struct connecting *c, char *const *command);
static int run_command(const struct connecting *c, char *const *command);

static const struct option connect_option_table[] = {
    {"connect-timeout", 'w', "TIME", read_time,
	offsetof(struct connect_options, connect_timeout),
	"give up what is not connected after TIME"},
    {"retry", 0, "[=TIME]", read_time, offsetof(struct connect_options, retry),
	"try again while nobody listens, for TIME"},
    {"probe", 'z', NULL, set_true, offsetof(struct connect_options, probe),
	"connect, close, and tell by the status"},
    {"source", 's', "ADDR[:PORT]", read_text,
	offsetof(struct connect_options, source),
	"connect from this address of ours"},
    {"print", 0, "addresses|sh", NULL, offsetof(struct connect_options, print),
	"print both ends on stderr once connected, as words or "
	"as assignments for the shell's eval"},
    {"ready-fd", 0, "N", read_natural,
	offsetof(struct connect_options, ready_fd),
	"print them to descriptor N instead, and close it"},
    {"ucspi", 0, NULL, set_true,
	offsetof(struct connect_options, handler.ucspi),
	"give COMMAND the connection as descriptors 6 and 7"},
    {0},
};

static const struct option_set connect_options[] = {
    {"Connecting", connect_option_table, 0},
    {"The session", session_option_table,
	offsetof(struct connect_options, session)},
    {"COMMAND", handler_option_table,
	offsetof(struct connect_options, handler)},
    {"Common options", common_option_table, 0},
    {0},
};

static const char *const commonest[] = {"connect-timeout", "retry", "probe",
    "end", "idle-timeout", "progress", "timeout", NULL};

static const struct connect_options connect_defaults = {
    .common = COMMON_DEFAULTS,
    .session = SESSION_DEFAULTS,
    .connect_timeout = -1,
    .ready_fd = -1,
};

const struct command connect_command = {
    .name = "connect",
    .operands = "HOST PORT | HOST:PORT [-- COMMAND...]",
    .summary = "connect to a listener and be its other end",
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
};

static int
prepare_connect(
    const struct run *run, void *options, const struct operands *operands)
{
	struct connect_options *o = options;
	int status;

	if (operands->count == 0)
		return usage_error(run, "missing operand: 'HOST'");
	if (o->probe && operands->command)
		return usage_error(
		    run, "--probe and a COMMAND exclude each other");
	if (check_session_options(run, &o->session) != 0)
		return STATUS_USAGE;
	status = check_ready_fd(run, o->ready_fd);
	return status
	    ? status
	    : handler_prepare(run, &o->handler, &o->session, operands->command);
}

static int
run_connect(
    const struct run *run, const void *options, const struct operands *operands)
{
	struct connecting c = {.run = run, .options = options};
	int status;

	status = find_target(run, operands, true, 1, &c.target);
	if (status == 0)
		status = find_source(&c);
	if (status != 0)
		return status;
	(void)snprintf(c.what, sizeof(c.what), "connect %s", c.target.text);
	status = make_connection(&c,
	    !c.options->probe &&
		(!operands->command || c.options->handler.pipes));
	if (status == 0)
		status = announce(&c);
	return status ? status : use_connection(&c, operands->command);
}

static int
find_source(struct connecting *c)
{
	char error[OPTION_ERROR_SIZE];

	if (!c->options->source ||
	    read_source(c->options->source, &c->source, error) == 0)
		return 0;
	return usage_error(c->run, "--source: %s", error);
}

/* The nearer one of two limits, of which -1 is none. */
static int
nearer(int a, int b)
{
	return a == -1 || (b != -1 && b < a) ? b : a;
}

static int
make_connection(struct connecting *c, bool session)
{
	const struct connect_options *o = c->options;
	struct tcp_connect_options options = TCPUNIT_CONNECT_DEFAULTS;
	int64_t deadline = now() + o->retry;
	int left = -1;

	options.family = o->common.family;
	options.numeric = o->common.numeric;
	options.local_host = c->source.host;
	options.local_port = c->source.port;
	options.nolinger = session; /* armed, as sessions are */
	for (int pause = FIRST_PAUSE;; pause = nearer(2 * pause, LAST_PAUSE)) {
		if (o->retry > 0)
			left = deadline > now() ? (int)(deadline - now()) : 0;
		options.timeout = nearer(o->connect_timeout, left);
		if (tcp_connect(c->target.host, c->target.port, &options,
			&c->connection[0], &c->connection[1]) == 0)
			return 0;
		say_details(c);
		if (o->retry == 0 || !is_refused())
			return connect_failure(c, options.timeout);
		if (left == 0)
			return timed_out(c, o->retry);
		if (tcp_thread_sleep(nearer(pause, left)) == -1)
			return connect_failure(c, -1);
	}
}

/* With --verbose, what became of each address. */
static void
say_details(const struct connecting *c)
{
	const char *line = tcp_last_error()->details;
	size_t len;

	for (; *line; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		say_more(c->run, "%s: %.*s", c->what, (int)len, line);
	}
}

/* Nobody listens yet, or the one who does is not up to it yet. */
static bool
is_refused(void)
{
	const struct tcp_error *e = tcp_last_error();

	return e->kind == TCPUNIT_ERROR_NET &&
	    (e->code == ECONNREFUSED || e->code == ECONNRESET);
}

static int
connect_failure(const struct connecting *c, int limit)
{
	const struct connect_options *o = c->options;
	int status;

	if (tcp_last_error()->kind == TCPUNIT_ERROR_TIMEOUT)
		return timed_out(c,
		    limit == o->connect_timeout ? o->connect_timeout
						: o->retry);
	status = library_failure(c->run, c->what, STATUS_CONNECT);
	if (status == STATUS_REFUSED)
		say_more(c->run,
		    "%s: nobody listens there; --retry waits until somebody "
		    "does",
		    c->what);
	return status;
}

static int
timed_out(const struct connecting *c, int limit)
{
	char time[TIME_TEXT_SIZE];

	return fail(c->run, STATUS_TIMEOUT, "%s: timed out after %s", c->what,
	    format_time(limit, time));
}

/* As addresses prints them. */
static void
list_connection(const struct connecting *c, struct text *text)
{
	const struct listing_options format = {
	    .format =
		c->options->print == PRINT_SH ? LISTING_SH : LISTING_PLAIN};
	struct listing listing = {.run = c->run, .options = &format};
	struct ends ends = {0};

	/* The connection is open. */
	(void)tcp_addresses(c->connection[0], ends.local.ip, ends.remote.ip);
	(void)tcp_port_numbers(
	    c->connection[0], &ends.local.port, &ends.remote.port);
	list_ends(&listing, &ends);
	*text = listing.text;
}

static int
announce(const struct connecting *c)
{
	const int to = c->options->ready_fd;
	struct text text;
	int status = 0;

	if (to == -1 && c->options->print == PRINT_NOTHING)
		return 0;
	list_connection(c, &text);
	if (text.failed)
		status = fail(c->run, STATUS_FAILED, "%s", strerror(ENOMEM));
	else if (to != -1)
		status = tell_ready_fd(c->run, to, text.bytes);
	else /* and there is nobody to tell */
		say_text(c->run, text.bytes, text.size);
	text_free(&text);
	return status;
}

static int
use_connection(const struct connecting *c, char *const *command)
{
	struct standard_ports standard = {.shared = false};
	int status;

	if (c->options->probe) {
		(void)tcp_close_output_port(c->connection[1]); /* no data */
		(void)tcp_close_input_port(c->connection[0]);
		return STATUS_DONE;
	}
	c->run->ending->drain = c->options->session.drain;
	if (command)
		return run_command(c, command);
	status = open_standard_ports(c->run, &standard);
	if (status != 0)
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
	int status = handlers_begin(&handlers);

	if (status != 0)
		return status;
	handlers_start(&handlers, c->connection, c->target.text);
	return handlers_end(&handlers, 0);
}
