/* SPDX-License-Identifier: ISC */
#include "session.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "../clock.h"
#include "../kernel/unix_socket.h"
#include "../text.h"
#include "delivery.h"
#include "directions.h"
#include "silence.h"

/* The limits of receive_rest(), in bytes and ms, of the end of TLS, and of
 * reset_output(). */
#define REST_SIZE (1024 * 1024)
#define REST_TIME 1000

/* ms between two looks at what is not acknowledged. */
#define UNSENT_PAUSE 5

/* How long a direction may take to end once the run is over, in ms. */
#define PATIENCE 100

static enum session_end end_of(const struct session_options *options,
    const struct standard_ports *standard);
static void close_connection(struct session *s);
static void reset_output(const struct session *s);
static bool holds_end(const struct session *s);
static bool drops_input(const struct session *s);
static bool resets(const struct session *s);
static int run_threads(struct session *s);
static int join_threads(struct session *s, const tcp_thread *threads, int n);
static void *watch_idleness(void *session);
static int conclude(struct session *s);
static void say_loss(struct session *s);
static int interrupted(struct session *s);
static int fail_with_counts(
    struct session *s, enum status status, const char *why);
static void receive_rest(struct session *s);

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
	begin_lanes(&s);
	/* An earlier session may have been ended in the middle of a write. */
	(void)tcp_resume_output(standard->output);
	wire_set(fd, &options->wire);
	wire_arm(fd);
	if (options->progress && !run->options->quiet)
		begin_progress(&s.progress, run, name, connection,
		    standard->process == -1 && !converts_input(options));
	if (run_threads(&s) == -1 || conclude(&s) == -1)
		s.outcome = (struct outcome){interrupted(&s), true};
	end_progress(&s.progress);
	if (s.outcome.status == STATUS_DONE && !resets(&s)) {
		if (drops_input(&s)) /* of which TLS may have a part */
			(void)tcp_set_timeout(s.out, REST_TIME);
		wire_disarm(fd);
		close_connection(&s);
	} else {
		(void)tcp_reset(s.in); /* the session has failed already */
	}
	if (s.outcome.status != STATUS_DONE)
		reset_output(&s);
	return s.outcome;
}

/* Nothing is buffered, but the end of TLS may be missing: for lack of memory,
 * or because the connection was lost after everything had arrived.  A peer that
 * has left after its own end of file, or does not take the end in time, lacks
 * nothing; nor does one whose data --cut drops. */
static void
close_connection(struct session *s)
{
	const struct tcp_error *e;

	count_bytes(s);
	if (tcp_close_ports(s->in, s->out) == 0 || !s->options->tls)
		return;
	e = tcp_last_error();
	if (e->kind == TCPUNIT_ERROR_SYSTEM)
		s->outcome.status =
		    fail(s->run, STATUS_FAILED, "%s: %s", s->name, reason(e));
	if (e->kind != TCPUNIT_ERROR_NET || s->left || drops_input(s))
		return;
	note_failure(s, e);
	say_loss(s);
}

/*
 * If a socket is both stdin and stdout, tcpu is a relay, or a part of one: its
 * client must not take half of the peer's data for all.  A reset would destroy
 * what the client's system does not have yet.
 */
static void
reset_output(const struct session *s)
{
	const int64_t end = now() + REST_TIME;

	if (!s->standard->socket || s->standard->shared ||
	    is_unix_stream(STDOUT_FILENO))
		return; /* a Unix socket has no reset */
	while (wire_has_unsent(STDOUT_FILENO) && now() < end &&
	    tcp_thread_sleep(UNSENT_PAUSE) == 0)
		;
	wire_arm(STDOUT_FILENO);
}

static enum session_end
end_of(const struct session_options *options,
    const struct standard_ports *standard)
{
	if (options->end.when != END_DEFAULT)
		return options->end.when;
	if (resets_always(options))
		return END_INPUT;
	return standard->terminal ? END_PEER : END_BOTH;
}

/*
 * Whether to hold the FIN until the peer has sent its own.  A listener in the
 * background of a script has /dev/null as its stdin.  If it sent its FIN at
 * once, clients that leave at an end of file would not send all of their data.
 */
static bool
holds_end(const struct session *s)
{
	const struct standard_ports *standard = s->standard;

	return standard->patient && !standard->terminal &&
	    (s->end == END_BOTH || s->end == END_PEER) &&
	    !s->options->abandon && !resets_always(s->options) &&
	    tcp_char_ready(standard->input) == 1 &&
	    tcp_peek_byte(standard->input) == TCPUNIT_EOF;
}

static bool
resets(const struct session *s)
{
	return resets_always(s->options) ||
	    (s->options->reset && s->outcome.cut);
}

static bool
have_started(const tcp_thread *threads, int n)
{
	while (n > 0 && tcp_thread_p(threads[n - 1]))
		n--;
	return n == 0;
}

/* Returns 0 once both directions have ended; -1 if a call failed. */
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
		note_failure(s, tcp_last_error());
		end_receiver(s);
		end_sender(s);
	}
	return join_threads(s, threads, n);
}

/* Waits for the first two threads, which are the directions, and terminates the
 * others.  Once the run is over it terminates all, but still joins them: they
 * use ports that the caller is going to close. */
static int
join_threads(struct session *s, const tcp_thread *threads, int n)
{
	int result = 0;

	for (int i = 0; i < n; i++) {
		if (i >= 2)
			end_thread(threads[i]);
		else if (result == -1)
			(i == 0 ? end_receiver : end_sender)(s);
		if (!tcp_thread_p(threads[i]) ||
		    tcp_thread_join(
			threads[i], NULL, result == -1 ? PATIENCE : -1) == 0)
			continue;
		if (result == 0)
			i--; /* once more */
		result = -1;
	}
	return result;
}

/* Whether the input has bytes, and not just an end of file. */
static bool
has_input(tcp_port input)
{
	return tcp_char_ready(input) == 1 && tcp_peek_byte(input) >= 0;
}

/* With TLS 1.3 a server refuses the certificate of a client only after the
 * client's handshake. */
static enum status
lost_status(const struct session *s)
{
	return s->lost == EKEYREJECTED && received_bytes(s) == 0
	    ? STATUS_CONNECT
	    : STATUS_LOST;
}

/* Whether --cut has ended the session because of what was received: then what
 * was to be sent is dropped. */
static bool
drops_input(const struct session *s)
{
	return s->outcome.cut &&
	    !(s->options->lanes.out.cuts && s->out_lane.left == 0);
}

/* Whether the peer may still be sending when the session ends in order.  With
 * TLS that takes its acknowledgements, for which --cut does not wait. */
static bool
leaves_unread(const struct session *s)
{
	if (resets(s) || (s->options->tls && drops_input(s)))
		return false;
	return s->end == END_INPUT || s->outcome.cut ||
	    s->standard->process != -1;
}

/* Finds the outcome once both directions have ended.  Returns 0 or -1. */
static int
conclude(struct session *s)
{
	if (s->outcome.status != STATUS_DONE)
		return 0;
	if (!drops_input(s) && await_delivery(s) == -1)
		return -1;
	if (s->left && !s->lost &&
	    (s->out_lane.held > 0 || has_input(s->standard->input)))
		s->outcome.status = fail_with_counts(s, STATUS_LOST,
		    "the peer has left before all input was sent");
	else if (!s->lost && leaves_unread(s))
		receive_rest(s);
	if (s->lost)
		say_loss(s);
	return 0;
}

static void
say_loss(struct session *s)
{
	s->outcome.status = fail_with_counts(
	    s, lost_status(s), *s->why ? s->why : strerror(s->lost));
}

/*
 * Sends the FIN, unless it has been sent, and drops the peer's data until the
 * peer has sent its own FIN.  Closing the socket while bytes are unread, or
 * still to come, would send a reset, which destroys data on their way to the
 * peer.
 */
static void
receive_rest(struct session *s)
{
	char buf[8192];
	const int64_t end = now() + REST_TIME;
	size_t total = 0;
	int64_t left;
	ssize_t n = 1;

	if (!s->finished && finish_sending(s) == -1)
		note_failure(s, tcp_last_error());
	while (n > 0 && total < REST_SIZE && (left = end - now()) > 0) {
		(void)tcp_set_timeout(s->in, (int)left); /* it is open */
		n = tcp_read(s->in, buf, sizeof(buf));
		total += n > 0 ? (size_t)n : 0;
	}
	/* The session has succeeded; pass the termination on to the caller. */
	if (n == -1 && tcp_last_error()->kind == TCPUNIT_ERROR_TERMINATED)
		(void)tcp_thread_terminate(tcp_current_thread()); /* it runs */
}

/* The status after a failed call, most often because the run is over. */
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
	format_text(why, sizeof(why), "timed out after %s",
	    format_time(e->timeout, time));
	return fail_with_counts(s, STATUS_TIMEOUT, why);
}

static int
fail_with_counts(struct session *s, enum status status, const char *why)
{
	end_progress(&s->progress);
	return fail(s->run, status,
	    "%s: %s (%" PRIu64 " bytes received, %" PRIu64 " sent)", s->name,
	    why, received_bytes(s), sent_bytes(s));
}

static void *
watch_idleness(void *session)
{
	struct session *s = session;
	const int limit = s->options->idle_timeout;
	char time[TIME_TEXT_SIZE], why[64];

	if (await_silence(s, true, limit) == -1)
		return NULL;
	format_text(why, sizeof(why), "idle for %s", format_time(limit, time));
	stop_session(s, fail_with_counts(s, STATUS_TIMEOUT, why), false);
	return NULL;
}
