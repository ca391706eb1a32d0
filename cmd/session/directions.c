/* SPDX-License-Identifier: ISC */
#include "directions.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../text.h"
#include "delivery.h"
#include "presence.h"
#include "silence.h"

/* ms between two checks that the peer is still there. */
#define PRESENCE_PAUSE 200

/* How long a held end of file waits for a peer that sends nothing, in ms. */
#define HOLD_TIME 5000

static void send_input(struct session *s);
static void end_receiving(struct session *s);
static int send_all(struct session *s);
static int receive_all(struct session *s);
static const struct tcp_error *error_of(const struct lane *lane);
static int linger(struct session *s, int limit);
static bool has_ended(int process);
static bool receive(struct session *s);
static bool outlasts_peer(struct session *s);
static void watch_peer(struct session *s);
static bool is_unwanted(const struct session *s, const struct tcp_error *e);
static int stdin_failure(const struct run *run, int code);

bool
converts_input(const struct session_options *o)
{
	return o->crlf == CRLF_SEND || o->crlf == CRLF_BOTH;
}

static crlf_converter *
sent_as(const struct session_options *o)
{
	return converts_input(o) ? crlf_send : NULL;
}

static crlf_converter *
received_as(const struct session_options *o)
{
	return o->crlf == CRLF_RECEIVE || o->crlf == CRLF_BOTH ? crlf_receive
							       : NULL;
}

void
begin_lanes(struct session *s)
{
	const struct lanes_options *o = &s->options->lanes;

	s->in_lane = (struct lane){.options = &o->in,
	    .from = s->in,
	    .to = s->standard->output,
	    .leaving = received_as(s->options)};
	s->out_lane = (struct lane){.options = &o->out,
	    .from = s->standard->input,
	    .to = s->out,
	    .outflow = s->standard->process == -1 ? NULL : &s->outflow,
	    .arriving = sent_as(s->options)};
}

void *
run_sender(void *session)
{
	struct session *s = session;

	send_input(s);
	s->sent = true;
	if (s->watches || s->outcome.cut)
		end_receiver(s);
	return NULL;
}

static void
finish(struct session *s)
{
	if (finish_sending(s) == -1)
		note_failure(s, tcp_last_error());
}

static void
send_input(struct session *s)
{
	const int n = send_all(s);

	if (n == -1)
		note_failure(s, error_of(&s->out_lane));
	else if (n == LANE_CUT)
		s->outcome.cut = true;
	if (n != 0)
		return; /* what has arrived may still be received */
	if (s->standard->terminal && !isatty(STDIN_FILENO)) {
		stop_session(s, stdin_failure(s->run, EIO), true);
		return; /* a hang-up, which reads as an end of file */
	}
	if (s->holds && linger(s, s->end == END_PEER ? -1 : HOLD_TIME) == -1)
		return;
	finish(s);
	end_receiving(s);
}

/* TLS would take the end of the socket for a loss. */
static void
stop_receiving(struct session *s)
{
	if (s->options->tls)
		end_receiver(s);
	else
		wire_stop(tcp_port_fileno(s->in));
}

/* Ends a session, after its input, that need not wait for the peer's end. */
static void
end_receiving(struct session *s)
{
	if (s->end == END_QUIET) {
		/* The peer cannot answer before it has received the input. */
		if (await_delivery(s) == 0 &&
		    linger(s, s->options->end.quiet) == 0)
			stop_receiving(s);
	} else if (s->end == END_INPUT || has_ended(s->standard->process)) {
		(void)await_delivery(s); /* conclude asks again */
		end_receiver(s);
	}
}

static int
send_all(struct session *s)
{
	tcp_port input = s->standard->input;
	crlf_converter *convert = sent_as(s->options);

	if (s->out_lane.options->given)
		return run_lane(&s->out_lane);
	return s->standard->process == -1
	    ? stream(input, s->out, convert)
	    : stream_outflow(&s->outflow, s->out, convert);
}

void *
watch_command(void *session)
{
	struct session *s = session;

	if (has_ended(s->standard->process))
		end_outflow(&s->outflow);
	return NULL;
}

/* Waits for the peer's end of file, or until the peer has sent nothing for
 * LIMIT ms.  Returns 0; or -1 if the receiver or the end of the session cut the
 * wait short. */
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

/* Waits for the end of the process; returns false if there is no process. */
static bool
has_ended(int process)
{
	return process != -1 &&
	    tcp_wait_fd(process, TCPUNIT_READABLE, -1) != -1;
}

void *
run_receiver(void *session)
{
	struct session *s = session;

	if (receive(s))
		watch_peer(s);
	else
		end_sender(s);
	return NULL;
}

static int
receive_all(struct session *s)
{
	const int n = s->in_lane.options->given
	    ? run_lane(&s->in_lane)
	    : stream(s->in, s->standard->output, received_as(s->options));

	if (n != -1 || !is_unwanted(s, error_of(&s->in_lane)))
		return n;
	s->in_lane.failed = false;
	return discard(s->in);
}

/* The last error, of a lane or of this thread. */
static const struct tcp_error *
error_of(const struct lane *lane)
{
	return lane->failed ? &lane->error : tcp_last_error();
}

/* Returns whether the sender may go on. */
static bool
receive(struct session *s)
{
	tcp_port output = s->standard->output;
	int n = receive_all(s);

	s->received = n == 0;
	if (n == LANE_CUT)
		s->outcome.cut = true;
	if (n == 0 && s->standard->socket && !s->standard->shared)
		(void)shutdown(STDOUT_FILENO, SHUT_WR); /* stdin keeps it */
	if (n == -1)
		note_failure(s, error_of(&s->in_lane));
	else if (!s->standard->shared && tcp_close_output_port(output) == -1)
		note_failure(s, tcp_last_error());
	else if (n == 0)
		return outlasts_peer(s);
	return false;
}

/* After the peer's end of file: whether the sender may go on. */
static bool
outlasts_peer(struct session *s)
{
	if (s->lingers)
		finish(s);
	return !s->lingers && s->end != END_PEER;
}

/*
 * Ends a session whose peer has left although its input stays open and silent,
 * like the stdin of a cron job.  A session with a COMMAND needs no such watch:
 * it ends when the COMMAND ends.  The watch stops when tcpu has sent its FIN:
 * from then on both ends have closed, and a connection that is gone is normal.
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
	    &ends, tcp_port_fileno(s->in), s->options->wire.keepalive.limit);
	while (!s->sent && !s->finished && presence == PEER_THERE) {
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
		end_sender(s);
}

/* A COMMAND may stop reading early; the rest of the peer's data is dropped. */
static bool
is_unwanted(const struct session *s, const struct tcp_error *e)
{
	return s->standard->process != -1 && e->code == EPIPE &&
	    e->port.bits == s->standard->output.bits;
}

void
end_thread(tcp_thread thread)
{
	(void)tcp_thread_terminate(thread); /* fails if there is none */
}

/* A lane that need not wait would not notice the termination. */
void
end_sender(struct session *s)
{
	s->out_lane.stopped = true;
	end_thread(s->sender);
}

void
end_receiver(struct session *s)
{
	s->in_lane.stopped = true;
	end_thread(s->receiver);
}

void
stop_session(struct session *s, int status, bool fatal)
{
	s->outcome = (struct outcome){status, fatal};
	end_sender(s);
	end_receiver(s);
}

static int
stdin_failure(const struct run *run, int code)
{
	return fail(run, STATUS_FILE, "stdin: %s", strerror(code));
}

static void
note_loss(struct session *s, const struct tcp_error *e)
{
	s->lost = e->code;
	if (s->options->tls)
		format_text(s->why, sizeof(s->why), "%s", reason(e));
}

/* Both directions may notice a failure of TLS: the first one has said it. */
void
note_failure(struct session *s, const struct tcp_error *e)
{
	const struct run *run = s->run;

	if (e->kind == TCPUNIT_ERROR_TERMINATED ||
	    s->outcome.status != STATUS_DONE)
		return;
	end_progress(&s->progress);
	if (e->port.bits == s->standard->output.bits)
		stop_session(
		    s, stdout_failure(run, s->standard->name, e->code), true);
	else if (e->port.bits == s->standard->input.bits)
		stop_session(s, stdin_failure(run, e->code), true);
	else if (e->kind != TCPUNIT_ERROR_NET)
		stop_session(s,
		    fail(run, STATUS_FAILED, "%s: %s", s->name, reason(e)),
		    true);
	else if (e->code != EPIPE)
		note_loss(s, e);
	else if (s->lost == 0) /* a writer gets EPIPE after a reset */
		s->lost = ECONNRESET;
}
