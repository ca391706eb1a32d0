/* SPDX-License-Identifier: ISC */
#include "attempts.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "text.h"

/* The pauses between attempts, in milliseconds. */
#define FIRST_RETRY 20
#define LAST_RETRY 500

/* How long one attempt may take, in ms, if others follow.  If a host does not
 * answer, the kernel asks it again after 1, 3, 7, 15 s: too seldom to find a
 * host that is just coming up. */
#define ATTEMPT_TIME 2000

/* A connection that has lasted so many ms was not turned away. */
#define LASTING_TIME 200

struct attempts {
	const struct run *run;
	const struct attempt_options *options;
	const struct target *target;
	char what[384]; /* "connect localhost:4242", for messages */
	struct target source;
	struct tcp_connect_options connect;
	int limit; /* ms for all of them; -1 none */
	int64_t deadline;
	tcp_port *connection;
	bool failed;      /* an earlier attempt failed, which was reported */
	struct text last; /* why a later one failed, not yet reported */
};

enum outcome { MADE, FAILED, TURNED_AWAY };

static void set_source(struct attempts *a);
static int watch_until_exit(const struct attempts *a);
static int repeat(struct attempts *a);
static enum outcome try_once(struct attempts *a);
static int time_left(const struct attempts *a);
static enum outcome watch_connection(const struct attempts *a);
static bool may_pass(const struct attempts *a);
static void note_failure(struct attempts *a, enum outcome outcome);
static void say_lines(const struct attempts *a, const char *lines);
static void say_last(struct attempts *a);
static int attempts_failure(struct attempts *a);
static int timed_out(struct attempts *a);

const struct option attempt_option_table[] = {
    {"connect-timeout", 'w', "TIME", read_time,
	offsetof(struct attempt_options, connect_timeout),
	"give up if not connected after TIME"},
    {"retry", 0, "[=TIME]", read_wait, offsetof(struct attempt_options, retry),
	"try again for TIME; without TIME, while refused"},
    {"probe", 'z', NULL, set_true, offsetof(struct attempt_options, probe),
	"only test whether a connection can be made"},
    {"source", 's', "HOST[:PORT]", read_text,
	offsetof(struct attempt_options, source),
	"connect from this local address or :PORT"},
    {0},
};

const struct option until_exit_table[] = {
    {"until-exit", 0, "PID", read_count,
	offsetof(struct attempt_options, until_exit),
	"with --retry: give up when process PID ends"},
    {0},
};

/* The nearer of two limits; -1 is no limit. */
static int
nearer(int a, int b)
{
	return a == -1 || (b != -1 && b < a) ? b : a;
}

int
check_attempt_options(
    const struct run *run, const struct attempt_options *o, bool is_unix)
{
	struct target source;
	char error[OPTION_ERROR_SIZE];

	if (o->source && read_source(o->source, &source, error) != 0)
		return usage_error(run, "--source: %s", error);
	if (o->source && source.is_unix != is_unix)
		return usage_error(run,
		    "--source: '%s' and the target must both be Unix sockets, "
		    "or neither",
		    o->source);
	if (o->until_exit && !o->retry.asked)
		return usage_error(run, "--until-exit needs --retry");
	return STATUS_GO_ON;
}

int
attempts_limit(const struct attempt_options *options)
{
	return nearer(options->connect_timeout, options->retry.limit);
}

int
make_connection(const struct run *run, const struct attempt_options *options,
    const struct target *target, bool session, tcp_port connection[2])
{
	struct attempts a = {.run = run,
	    .options = options,
	    .target = target,
	    .connect = {TCPUNIT_CONNECT_DEFAULTS},
	    .limit = attempts_limit(options),
	    .connection = connection};
	int status;

	format_text(a.what, sizeof(a.what), "connect %s", target->text);
	a.deadline = now() + a.limit;
	a.connect.family = run->options->family;
	a.connect.numeric = run->options->numeric;
	a.connect.nolinger = session; /* armed, like every session */
	set_source(&a);
	status = watch_until_exit(&a);
	if (status == STATUS_GO_ON)
		status = repeat(&a);
	if (status == STATUS_GO_ON)
		say_last(&a);
	text_free(&a.last);
	return status;
}

static void
set_source(struct attempts *a)
{
	char error[OPTION_ERROR_SIZE];

	if (!a->options->source)
		return;
	(void)read_source(a->options->source, &a->source, error); /* checked */
	a->connect.local_host = a->source.host;
	a->connect.local_port = a->source.port;
}

static int
watch_until_exit(const struct attempts *a)
{
	int pid = a->options->until_exit;
	char what[32];

	if (pid == 0 || watch_process(a->run->ending, pid, STATUS_NO) == 0)
		return STATUS_GO_ON;
	if (errno == ESRCH)
		return fail(a->run, STATUS_NO, "%s: process %d has ended",
		    a->what, pid);
	format_text(what, sizeof(what), "--until-exit %d", pid);
	return pidfd_failure(a->run, what, errno);
}

static int
repeat(struct attempts *a)
{
	enum outcome outcome;
	int left;

	for (int pause = FIRST_RETRY;; pause = nearer(2 * pause, LAST_RETRY)) {
		outcome = try_once(a);
		if (outcome == MADE)
			return 0;
		left = time_left(a);
		if (outcome == FAILED && !may_pass(a))
			return attempts_failure(a);
		note_failure(a, outcome);
		if (left == 0)
			return timed_out(a);
		if (tcp_thread_sleep(nearer(pause, left)) == -1)
			return attempts_failure(a);
	}
}

static int
time_left(const struct attempts *a)
{
	int64_t left = a->deadline - now();

	if (a->limit == -1)
		return -1;
	return left > 0 ? (int)left : 0;
}

static enum outcome
try_once(struct attempts *a)
{
	const struct wait_option *retry = &a->options->retry;

	a->connect.timeout =
	    nearer(time_left(a), retry->limit == -1 ? -1 : ATTEMPT_TIME);
	if (tcp_connect(a->target->host, a->target->port, &a->connect,
		&a->connection[0], &a->connection[1]) == -1)
		return FAILED;
	return a->options->probe && retry->asked ? watch_connection(a) : MADE;
}

/* Watches whether the connection lasts: a proxy may accept it before its server
 * is up, and then close it. */
static enum outcome
watch_connection(const struct attempts *a)
{
	enum outcome outcome = MADE;
	int byte;

	(void)tcp_set_timeout(a->connection[0], LASTING_TIME); /* it is open */
	byte = tcp_peek_byte(a->connection[0]);
	if (byte == -1 && tcp_last_error()->kind != TCPUNIT_ERROR_TIMEOUT)
		outcome = FAILED;
	if (byte == TCPUNIT_EOF)
		outcome = TURNED_AWAY;
	if (outcome == MADE)
		return MADE;
	(void)tcp_close_ports(
	    a->connection[0], a->connection[1]); /* nothing was sent */
	return outcome;
}

/* ---- With --verbose: the first failure and the last ---- */

static void
note_failure(struct attempts *a, enum outcome outcome)
{
	const struct tcp_error *e = tcp_last_error();
	const char *why = *e->details ? e->details : reason(e);

	if (outcome == TURNED_AWAY)
		why = "the connection ended at once";
	else if (e->kind == TCPUNIT_ERROR_TIMEOUT && time_left(a) == 0)
		return; /* attempts_failure reports this */
	text_free(&a->last);
	if (a->failed)
		text_add(&a->last, "%s", why);
	else
		say_lines(a, why);
	a->failed = true;
}

static void
say_last(struct attempts *a)
{
	if (a->last.bytes)
		say_lines(a, a->last.bytes);
	text_free(&a->last);
}

/* Prints a line for each address. */
static void
say_lines(const struct attempts *a, const char *lines)
{
	size_t len;

	for (; *lines; lines += len + (lines[len] == '\n')) {
		len = strcspn(lines, "\n");
		say_more(a->run, "%s: %.*s", a->what, (int)len, lines);
	}
}

/* ---- Failures ---- */

/* The address or port of --source does not exist, or is taken. */
static bool
is_about_source(const struct tcp_error *e)
{
	return strcmp(e->where, "bind") == 0;
}

/* Failures that pass when a network, or its address here, comes up. */
static bool
is_unreachable(int code)
{
	return code == ENETUNREACH || code == EHOSTUNREACH ||
	    code == ENETDOWN || code == EHOSTDOWN || code == ETIMEDOUT ||
	    code == EADDRNOTAVAIL;
}

static bool
may_pass(const struct attempts *a)
{
	const struct wait_option *retry = &a->options->retry;
	const struct tcp_error *e = tcp_last_error();
	bool timed = retry->limit != -1;

	if (!retry->asked || is_about_source(e))
		return false;
	if (e->kind == TCPUNIT_ERROR_TIMEOUT ||
	    e->kind == TCPUNIT_ERROR_RESOLVE)
		return timed;
	if (e->kind != TCPUNIT_ERROR_NET)
		return false;
	if (e->code == ECONNRESET || e->code == EPIPE)
		return a->options->probe;
	return e->code == ECONNREFUSED || e->code == ENOENT ||
	    (timed && is_unreachable(e->code));
}

static int
attempts_failure(struct attempts *a)
{
	const struct tcp_error *e = tcp_last_error();
	enum status otherwise = STATUS_CONNECT;
	char source[320];
	int status;

	if (e->kind == TCPUNIT_ERROR_TERMINATED)
		say_last(a);
	say_lines(a, e->details);
	if (e->kind == TCPUNIT_ERROR_TIMEOUT)
		return timed_out(a);
	if (is_about_source(e)) {
		format_text(
		    source, sizeof(source), "--source %s", a->options->source);
		return library_failure(a->run, source, STATUS_CONNECT);
	}
	/* These errors come only after the handshake. */
	if (e->code == ECONNRESET || e->code == EPIPE)
		otherwise = STATUS_LOST;
	status = library_failure(a->run, a->what, otherwise);
	if (status == STATUS_REFUSED)
		say_more(a->run,
		    "%s: nobody listens there; --retry waits until somebody "
		    "does",
		    a->what);
	return status;
}

static int
timed_out(struct attempts *a)
{
	char time[TIME_TEXT_SIZE];

	say_last(a);
	return fail(a->run, STATUS_TIMEOUT, "%s: timed out after %s", a->what,
	    format_time(a->limit, time));
}
