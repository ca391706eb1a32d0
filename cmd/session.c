/* SPDX-License-Identifier: ISC */
/*
 * session.c - the two directions of a session.  Each ends by itself; what makes
 * the other pointless terminates it.  While a session runs its socket is armed
 * (wire.h), so that only an end that is known to be good looks good to the
 * peer.
 */
#include "session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "presence.h"
#include "progress.h"
#include "stream.h"

/* What is drained at most before a connection is closed. */
#define DRAIN_SIZE (1024 * 1024)
#define DRAIN_TIME 1000

/* How long a direction may take to end once the run is over, in ms. */
#define PATIENCE 100

/* ms between two looks at whether the peer has left. */
#define PRESENCE_PAUSE 200

/* How long a held end of file waits for a peer that sends nothing, in ms. */
#define HOLD_TIME 5000

struct session {
	const struct run *run;
	const struct session_options *options;
	const struct standard_ports *standard;
	const char *name;
	tcp_port in; /* the connection's */
	tcp_port out;
	tcp_thread sender;
	tcp_thread receiver;
	enum session_end end;
	struct outflow outflow; /* of the process, where there is one */
	struct outcome outcome;
	struct progress progress;
	bool holds;    /* the FIN waits for the peer's */
	bool lingers;  /* the input is at its end, and the sender waits */
	bool received; /* the peer's end of file */
	bool sent;     /* nothing more will be */
	bool watches;  /* the receiver waits for the peer to leave */
	bool left;     /* the peer has, after its end of file */
	bool finished; /* a FIN went out */
	int lost;      /* the errno that the connection was lost with */
};

static enum session_end end_of(const struct session_options *options,
    const struct standard_ports *standard);
static bool holds_end(const struct session *s);
static int run_threads(struct session *s);
static int join_threads(const tcp_thread *threads, int n);
static void *run_sender(void *session);
static void send_input(struct session *s);
static int send_all(struct session *s);
static void *watch_command(void *session);
static void finish(struct session *s);
static int linger(struct session *s, int limit);
static bool has_ended(int process);
static void *run_receiver(void *session);
static bool receive(struct session *s);
static void watch_peer(struct session *s);
static int await_silence(struct session *s, bool both, int limit);
static void *watch_idleness(void *session);
static bool is_unwanted(const struct session *s);
static void stop(struct session *s, int status, bool fatal);
static int stdin_failure(const struct run *run, int code);
static void note_failure(struct session *s);
static int settle(struct session *s);
static int conclude(struct session *s);
static int interrupted(struct session *s);
static int fail_with_counts(
    struct session *s, enum status status, const char *why);
static void drain(struct session *s);

static bool
is_one_socket(void)
{
	struct stat in, out;

	return fstat(STDIN_FILENO, &in) == 0 &&
	    fstat(STDOUT_FILENO, &out) == 0 && S_ISSOCK(in.st_mode) &&
	    in.st_ino == out.st_ino && in.st_dev == out.st_dev;
}

int
open_standard_ports(
    const struct run *run, const char *output, struct standard_ports *ports)
{
	ports->name = output ? output : "stdout";
	ports->input = tcp_open_input_fd(STDIN_FILENO);
	if (!tcp_input_port_p(ports->input))
		return library_failure(run, "stdin", STATUS_FILE);
	ports->output = tcp_open_output_fd(STDOUT_FILENO);
	if (!tcp_output_port_p(ports->output))
		return library_failure(run, ports->name, STATUS_FILE);
	/* One that has been hung up says EIO, and reads as an end of file. */
	ports->terminal = isatty(STDIN_FILENO) || errno == EIO;
	ports->socket = is_one_socket();
	ports->process = -1;
	ports->reader = (struct reader){run, ports->name, ports->output};
	if (watch_reader(&ports->reader) == -1)
		return library_failure(run, ports->name, STATUS_FAILED);
	return 0;
}

static crlf_converter *
sent_as(const struct session_options *o)
{
	return o->crlf == CRLF_SEND || o->crlf == CRLF_BOTH ? crlf_send : NULL;
}

static crlf_converter *
received_as(const struct session_options *o)
{
	return o->crlf == CRLF_RECEIVE || o->crlf == CRLF_BOTH ? crlf_receive
							       : NULL;
}

struct outcome
run_session(const struct run *run, const struct session_options *options,
    const struct standard_ports *standard, const char *name,
    const tcp_port connection[2])
{
	struct session s = {.run = run,
	    .options = options,
	    .standard = standard,
	    .name = name,
	    .in = connection[0],
	    .out = connection[1],
	    .end = end_of(options, standard)};
	int fd = tcp_port_fileno(s.in);

	s.holds = holds_end(&s);
	s.outflow = (struct outflow){
	    standard->input, tcp_port_fileno(standard->input), -1};
	wire_set(fd, &options->wire);
	wire_arm(fd);
	if (options->progress && !run->options->quiet)
		begin_progress(&s.progress, run, name, connection,
		    standard->process == -1 && sent_as(options) == NULL);
	if (run_threads(&s) == -1 || conclude(&s) == -1)
		s.outcome = (struct outcome){interrupted(&s), true};
	end_progress(&s.progress);
	if (s.outcome.status == STATUS_DONE && !options->reset) {
		wire_disarm(fd);
		(void)tcp_close_output_port(s.out); /* nothing is buffered */
		(void)tcp_close_input_port(s.in);
	} else {
		(void)tcp_reset(s.in); /* on the way out already */
	}
	return s.outcome;
}

static enum session_end
end_of(const struct session_options *options,
    const struct standard_ports *standard)
{
	if (options->end.when != END_DEFAULT)
		return options->end.when;
	if (options->reset)
		return END_INPUT;
	return standard->terminal ? END_PEER : END_BOTH;
}

/*
 * A listener in the background of a script has /dev/null as its stdin.  Clients
 * that leave at an end of file would cut short what they send, were the FIN
 * sent at once.
 */
static bool
holds_end(const struct session *s)
{
	const struct standard_ports *standard = s->standard;

	return standard->patient && !standard->terminal &&
	    (s->end == END_BOTH || s->end == END_PEER) &&
	    !s->options->abandon && !s->options->reset &&
	    tcp_char_ready(standard->input) == 1 &&
	    tcp_peek_byte(standard->input) == TCPUNIT_EOF;
}

static bool
have_started(const tcp_thread *threads, int n)
{
	while (n > 0 && tcp_thread_p(threads[n - 1]))
		n--;
	return n == 0;
}

/* Returns once both directions have ended; -1 where a call failed. */
static int
run_threads(struct session *s)
{
	tcp_thread threads[5];
	int n = 0;

	threads[n++] = s->receiver = tcp_thread_start(run_receiver, s);
	threads[n++] = s->sender = tcp_thread_start(run_sender, s);
	if (s->options->idle_timeout != -1)
		threads[n++] = tcp_thread_start(watch_idleness, s);
	if (s->standard->process != -1)
		threads[n++] = tcp_thread_start(watch_command, s);
	if (s->progress.open)
		threads[n++] = tcp_thread_start(show_progress, &s->progress);
	if (!have_started(threads, n)) {
		note_failure(s);
		(void)tcp_thread_terminate(s->receiver); /* or it is not */
		(void)tcp_thread_terminate(s->sender);   /* or it is not */
	}
	return join_threads(threads, n);
}

/* The first two end by themselves, unless the run is over: they are joined even
 * then, as they use what the caller gives back. */
static int
join_threads(const tcp_thread *threads, int n)
{
	int result = 0;

	for (int i = 0; i < n; i++) {
		if (i >= 2 || result == -1)
			(void)tcp_thread_terminate(
			    threads[i]); /* or it ended */
		if (!tcp_thread_p(threads[i]) ||
		    tcp_thread_join(
			threads[i], result == -1 ? PATIENCE : -1, NULL) == 0)
			continue;
		if (result == 0)
			i--; /* once more */
		result = -1;
	}
	return result;
}

static void *
run_sender(void *session)
{
	struct session *s = session;

	send_input(s);
	s->sent = true;
	if (s->watches)
		(void)tcp_thread_terminate(s->receiver); /* it has not ended */
	return NULL;
}

static void
send_input(struct session *s)
{
	if (send_all(s) == -1) {
		note_failure(s);
		return; /* what has arrived may still be received */
	}
	if (s->standard->terminal && !isatty(STDIN_FILENO)) {
		stop(s, stdin_failure(s->run, EIO), true);
		return; /* a hang-up, which reads as an end of file */
	}
	if (s->holds && linger(s, s->end == END_PEER ? -1 : HOLD_TIME) == -1)
		return;
	finish(s);
	if (s->end == END_QUIET && linger(s, s->options->end.quiet) == -1)
		return;
	if (s->end == END_INPUT || s->end == END_QUIET ||
	    has_ended(s->standard->process)) {
		(void)settle(s); /* conclude asks again */
		(void)tcp_thread_terminate(s->receiver); /* or it ended */
	}
}

static int
send_all(struct session *s)
{
	tcp_port input = s->standard->input;
	crlf_converter *convert = sent_as(s->options);

	return s->standard->process == -1
	    ? stream(input, s->out, convert)
	    : stream_outflow(&s->outflow, s->out, convert);
}

/* The session ends with the process, whoever else still has its pipes. */
static void *
watch_command(void *session)
{
	struct session *s = session;

	if (has_ended(s->standard->process))
		end_outflow(&s->outflow);
	return NULL;
}

/* No more is sent. */
static void
finish(struct session *s)
{
	if (s->options->abandon || s->options->reset)
		(void)tcp_abandon_port(s->out); /* it is open */
	else if (!s->finished)
		s->finished = wire_finish(tcp_port_fileno(s->out));
}

/* Waits until the peer is done or has sent nothing for LIMIT ms.  Returns 0; or
 * -1 if the receiver or the end of the session cut that short. */
static int
linger(struct session *s, int limit)
{
	int result;

	if (s->received)
		return 0;
	s->lingers = true;
	result = await_silence(s, false, limit);
	s->lingers = false;
	return result;
}

/* Waits for the end of the process; false where there is none. */
static bool
has_ended(int process)
{
	return process != -1 &&
	    tcp_wait_fd(process, TCPUNIT_READABLE, -1) != -1;
}

static void *
run_receiver(void *session)
{
	struct session *s = session;

	if (receive(s))
		watch_peer(s);
	else
		(void)tcp_thread_terminate(s->sender); /* or it ended */
	return NULL;
}

/* Returns whether the sender may go on. */
static bool
receive(struct session *s)
{
	tcp_port output = s->standard->output;
	int n = stream(s->in, output, received_as(s->options));

	if (n == -1 && is_unwanted(s))
		n = discard(s->in);
	s->received = n == 0;
	if (n == 0 && s->standard->socket && !s->standard->shared)
		(void)shutdown(STDOUT_FILENO, SHUT_WR); /* stdin keeps it */
	if (n == -1 ||
	    (!s->standard->shared && tcp_close_output_port(output) == -1)) {
		note_failure(s);
		return false;
	}
	if (s->lingers)
		finish(s);
	return !s->lingers && s->end != END_PEER;
}

/*
 * An input that stays open and silent, as that of a job of cron does, would
 * hold a session whose peer is gone.  Not so the pipe of a COMMAND, with which
 * the session ends.
 */
static void
watch_peer(struct session *s)
{
	enum presence presence = PEER_THERE;
	struct connection_ends ends;

	if (s->standard->process != -1)
		return;
	s->watches = true;
	begin_presence(
	    &ends, tcp_port_fileno(s->in), s->options->wire.keepalive);
	while (!s->sent && presence == PEER_THERE) {
		presence = ask_presence(&ends);
		if (presence == PEER_THERE &&
		    tcp_thread_sleep(PRESENCE_PAUSE) == -1)
			break;
	}
	s->watches = false;
	s->left = presence == PEER_LEFT;
	if (presence == PEER_RESET && s->lost == 0)
		s->lost = ECONNRESET;
	if (presence != PEER_THERE)
		(void)tcp_thread_terminate(s->sender); /* or it ended */
}

/* A process may read as little as it likes; what else comes is for nobody. */
static bool
is_unwanted(const struct session *s)
{
	return s->standard->process != -1 &&
	    tcp_last_error()->kind != TCPUNIT_ERROR_TERMINATED &&
	    tcp_last_error()->port.bits == s->standard->output.bits;
}

/* Ends both directions. */
static void
stop(struct session *s, int status, bool fatal)
{
	s->outcome = (struct outcome){status, fatal};
	(void)tcp_thread_terminate(s->sender);   /* or it ended */
	(void)tcp_thread_terminate(s->receiver); /* or it ended */
}

static int
stdin_failure(const struct run *run, int code)
{
	return fail(run, STATUS_FILE, "stdin: %s", strerror(code));
}

/* What the failed call of a direction means. */
static void
note_failure(struct session *s)
{
	const struct tcp_error *e = tcp_last_error();
	const struct run *run = s->run;

	if (e->kind == TCPUNIT_ERROR_TERMINATED)
		return;
	end_progress(&s->progress);
	if (e->port.bits == s->standard->output.bits)
		stop(s, stdout_failure(run, s->standard->name, e->code), true);
	else if (e->port.bits == s->standard->input.bits)
		stop(s, stdin_failure(run, e->code), true);
	else if (e->kind != TCPUNIT_ERROR_NET)
		stop(s, fail(run, STATUS_FAILED, "%s: %s", s->name, reason(e)),
		    true);
	else if (e->code != EPIPE)
		s->lost = e->code;
	else if (s->lost == 0) /* what a writer sees of a reset */
		s->lost = ECONNRESET;
}

/* Returns 0, though the connection may be found lost; or -1. */
static int
settle(struct session *s)
{
	int code = s->lost;

	if (code == 0)
		code =
		    wire_settle(tcp_port_fileno(s->in), s->finished, s->left);
	if (code > 0)
		s->lost = code;
	return code == -1 ? -1 : 0;
}

/* Whether bytes are there, not only an end of file. */
static bool
has_input(tcp_port input)
{
	return tcp_char_ready(input) == 1 && tcp_peek_byte(input) >= 0;
}

/* Looks at the whole once both directions have ended.  Returns 0 or -1. */
static int
conclude(struct session *s)
{
	if (s->outcome.status != STATUS_DONE)
		return 0;
	if (settle(s) == -1)
		return -1;
	if (s->lost)
		s->outcome.status =
		    fail_with_counts(s, STATUS_LOST, strerror(s->lost));
	else if (s->left && has_input(s->standard->input))
		s->outcome.status = fail_with_counts(s, STATUS_LOST,
		    "the peer has left, and more input is there");
	else if (!s->options->reset &&
	    (s->end == END_INPUT || s->standard->process != -1))
		drain(s);
	return 0;
}

/*
 * Sends the FIN, if that has not been done, and takes what the peer sends until
 * it has seen it: closing while bytes are unread, or still to come, would be a
 * reset, which destroys what is on its way to the peer.
 */
static void
drain(struct session *s)
{
	char buf[8192];
	const int64_t end = now() + DRAIN_TIME;
	size_t total = 0;
	int64_t left;
	ssize_t n = 1;

	if (!s->finished)
		s->finished = wire_finish(tcp_port_fileno(s->out));
	while (n > 0 && total < DRAIN_SIZE && (left = end - now()) > 0) {
		(void)tcp_set_timeout(s->in, (int)left); /* it is open */
		n = tcp_read(s->in, buf, sizeof(buf));
		total += n > 0 ? (size_t)n : 0;
	}
}

/* A call of the session's own failed, most often as the run is over. */
static int
interrupted(struct session *s)
{
	const struct ending *e = s->run->ending;
	char time[TIME_TEXT_SIZE], why[64];

	if (!e->over)
		return fail_with_counts(
		    s, STATUS_FAILED, reason(tcp_last_error()));
	if (e->status == STATUS_ENDED)
		return fail_with_counts(s, STATUS_LOST, "ended");
	if (e->status == STATUS_FAILED)
		return fail_with_counts(s, STATUS_FAILED, strerror(e->code));
	if (e->status != STATUS_TIMEOUT)
		return e->status;
	(void)snprintf(why, sizeof(why), "timed out after %s",
	    format_time(e->timeout, time));
	return fail_with_counts(s, STATUS_TIMEOUT, why);
}

static int
fail_with_counts(struct session *s, enum status status, const char *why)
{
	end_progress(&s->progress);
	return fail(s->run, status,
	    "%s: %s (%" PRIu64 " bytes received, %" PRIu64 " sent)", s->name,
	    why, tcp_port_position(s->in), tcp_port_position(s->out));
}

static uint64_t
moved_bytes(const struct session *s, bool both)
{
	return tcp_port_position(s->in) +
	    (both ? tcp_port_position(s->out) : 0);
}

/* Returns 0 once the peer, or with BOTH neither end, has sent a byte for LIMIT
 * ms; or -1. */
static int
await_silence(struct session *s, bool both, int limit)
{
	const int most = limit / 10 < 200 ? limit / 10 + 1 : 200;
	int64_t since = now();
	uint64_t moved, before = moved_bytes(s, both);

	if (limit == -1)
		return tcp_thread_sleep(-1);
	while (now() - since < limit) {
		if (tcp_thread_sleep(most) == -1)
			return -1;
		moved = moved_bytes(s, both);
		if (moved != before)
			since = now();
		before = moved;
	}
	return 0;
}

static void *
watch_idleness(void *session)
{
	struct session *s = session;
	const int limit = s->options->idle_timeout;
	char time[TIME_TEXT_SIZE], why[64];

	if (await_silence(s, true, limit) == -1)
		return NULL;
	(void)snprintf(
	    why, sizeof(why), "idle for %s", format_time(limit, time));
	stop(s, fail_with_counts(s, STATUS_TIMEOUT, why), false);
	return NULL;
}
