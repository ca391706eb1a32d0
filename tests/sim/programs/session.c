/* SPDX-License-Identifier: ISC */
/*
 * A session of the command, as tcpu connect runs it.  Its standard input, its
 * standard output and its peer are other processes that are slow, leave, or do
 * nothing more; signals and limits come at any time.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "../../../cmd/session/session.h"
#include "../agent.h"
#include "../clock.h"
#include "../network.h"
#include "../pipe.h"
#include "../program.h"
#include "../random.h"
#include "../runner.h"
#include "../signals.h"
#include "../socket.h"
#include "../verdict.h"

enum {
	SIZE = 200000,
	HANG = 3600, /* seconds */
	SLACK = 20,  /* ms of a turn, and of late timers */
	LOOK = 200,  /* between two looks at what has moved */
	DRAIN = 1000
};

static struct common_options common = COMMON_DEFAULTS;
static struct session_options options = SESSION_DEFAULTS;
static struct ending ending;
static struct outbox outbox = NEW_OUTBOX;
static const struct run run = {"connect", &common, &ending, &outbox};

static struct sim_agent source = {.name = "stdin"}, sink = {.name = "stdout"},
			peer = {.name = "the peer"};
static struct sim_file *input, *output; /* descriptors 0 and 1 */
static struct sim_socket *connection;
static bool stuck_sink, stuck_peer;
static bool breaks; /* the network may break the connection */
static unsigned messages;
static int64_t begun, signalled, again, ended; /* at which time */
static uint64_t received;                      /* by the session, then */
static bool settled; /* all that was sent had been acknowledged */

/* ---- Standard error ---- */

static short
poll_stderr(const struct sim_file *f)
{
	(void)f;
	return POLLOUT;
}

static ssize_t
read_stderr(struct sim_file *f, void *buf, size_t n, bool peek)
{
	(void)f;
	(void)buf;
	(void)n;
	(void)peek;
	errno = EBADF;
	return -1;
}

/* Progress is none. */
static ssize_t
write_stderr(struct sim_file *f, const void *data, size_t n)
{
	(void)f;
	sim_say("%.*s", (int)n - 1, (const char *)data);
	messages += memmem(data, n, "/s)", 3) == NULL;
	return (ssize_t)n;
}

static void
close_stderr(struct sim_file *f)
{
	(void)f;
}

static const struct sim_file_kind standard_error = {"stderr", S_IFREG,
    poll_stderr, read_stderr, write_stderr, close_stderr, NULL};

/* ---- What the seed decides ---- */

static int
some_time(void)
{
	static const unsigned most[] = {3, 30, 300, 3000, 30000};

	return 1 + (int)sim_below(most[sim_below(5)]);
}

static int64_t
some_moment(void)
{
	return sim_now() + sim_between(0, some_time() * SIM_MS);
}

static void
draw_agent(struct sim_agent *a)
{
	static const int64_t pauses[] = {1000, SIM_MS, 20 * SIM_MS};

	a->to_get = UINT64_MAX;
	a->pause = pauses[sim_below(3)];
	a->leaves = sim_chance(5000);
	a->finish = sim_chance(5000) ? SIM_FIN : (enum sim_finish)sim_below(5);
	if (sim_chance(1000))
		a->to_get = 1 + sim_below(50000);
}

static void
draw_options(void)
{
	options.end.when = (enum session_end)sim_below(5);
	options.end.quiet = some_time();
	options.abandon = sim_chance(500);
	options.reset = !options.abandon && sim_chance(500);
	options.progress = sim_chance(1000);
	if (sim_chance(1500))
		options.idle_timeout = some_time();
	if (sim_chance(1500))
		common.timeout = some_time();
	if (sim_chance(3000))
		options.drain = some_time();
	if (sim_chance(1000))
		options.wire.keepalive = 0;
}

static enum session_end
end_of_session(void)
{
	if (options.end.when != END_DEFAULT)
		return options.end.when;
	return options.reset ? END_INPUT : END_BOTH;
}

static bool
sends_all(void)
{
	return !stuck_peer &&
	    (sim_is_regular(input) || source.finish != SIM_STAY);
}

static bool
receives_all(bool patient)
{
	bool held = options.abandon || options.reset ||
	    (patient && options.end.when == END_PEER);

	if (stuck_sink || peer.finish == SIM_STAY)
		return false;
	return peer.finish != SIM_HOLD || (sends_all() && !held);
}

/* Whether the session ends by itself; it may, if not. */
static bool
must_end(bool patient)
{
	bool may_vanish = peer.finish > SIM_STAY && options.wire.keepalive > 0;

	switch (end_of_session()) {
	case END_PEER:
		return receives_all(patient);
	case END_INPUT:
		return sends_all();
	case END_QUIET:
		return sends_all() && !stuck_sink;
	default:
		return receives_all(patient) && (sends_all() || may_vanish);
	}
}

static void
send_signal(void *arg)
{
	(void)arg;
	if (!sim_signal(sim_chance(5000) ? SIGTERM : SIGINT))
		return;
	if (signalled == 0)
		signalled = sim_now();
	else if (again == 0)
		again = sim_now();
}

static void
peer_leaves(void *arg)
{
	(void)arg;
	sim_agent_leave(&peer, sim_chance(5000));
}

/* Lets what is under way arrive. */
static void
wait_for_peer(void)
{
	int64_t until = sim_now() + 600 * SIM_S;

	while (!peer.gone && sim_next() < until)
		sim_jump(sim_next());
}

/* The kernel closes what the process had open. */
static void
kill_process(void *arg)
{
	bool may_end;

	(void)arg;
	if (ended != 0 || connection == NULL || connection->closed)
		return;
	sim_say("the process is killed");
	may_end = connection->out->written == 0 || connection->write_shut ||
	    connection->in->ended;
	connection->file->kind->close(connection->file);
	sim_stop_process();
	wait_for_peer();
	if (peer.ended && !connection->peer->reset && !may_end)
		sim_fail("the peer takes a killed session for a good one");
	sim_run_done();
}

static void
hang(void *arg)
{
	(void)arg;
	if (ended == 0)
		sim_fail("the session does not end");
}

static void
tell_plan(bool patient)
{
	sim_say("end %d, quiet %d, abandon %d, reset %d, idle %d, limit %d, "
		"drain %d, patient %d",
	    (int)options.end.when, options.end.quiet, options.abandon,
	    options.reset, options.idle_timeout, common.timeout, options.drain,
	    patient);
	sim_say("input of %llu ends by %d; the peer's %llu by %d; stuck: %d %d",
	    (unsigned long long)source.to_send, (int)source.finish,
	    (unsigned long long)peer.to_send, (int)peer.finish, stuck_sink,
	    stuck_peer);
}

static void
draw_endings(bool patient)
{
	if (!must_end(patient) && options.idle_timeout == -1 &&
	    common.timeout == -1)
		sim_at(some_moment(), send_signal, NULL);
	else if (sim_chance(2000))
		sim_at(some_moment(), send_signal, NULL);
	if (sim_chance(1000))
		sim_at(some_moment(), send_signal, NULL);
	if (sim_chance(500))
		sim_at(some_moment(), peer_leaves, NULL);
	if (sim_chance(1000))
		sim_at(some_moment(), kill_process, NULL);
	sim_at(sim_now() + HANG * SIM_S, hang, NULL);
}

/* ---- The machine around the session ---- */

static void
open_input(void)
{
	struct sim_file *ends[2];

	source.sends.key = peer.gets.key = sim_random();
	source.to_send = sim_chance(1000) ? 0 : sim_some_bytes(SIZE);
	draw_agent(&source);
	source.to_get = 0;
	if (source.finish == SIM_HOLD)
		source.finish = SIM_STAY;
	if (sim_chance(2000)) {
		input = sim_regular(&source.sends, source.to_send);
	} else {
		sim_pipe(ends);
		input = ends[0];
		input->flags = 0;
		source.file = ends[1];
		sim_agent_start(&source);
	}
	sim_table_set(0, input);
}

static void
open_output(void)
{
	struct sim_file *ends[2];

	peer.sends.key = sink.gets.key = sim_random();
	draw_agent(&sink);
	sink.finished = true;
	if (sim_chance(2000)) {
		output = sim_regular(&peer.sends, 0);
	} else {
		sim_pipe(ends);
		output = ends[1];
		output->flags = 1;
		sink.file = ends[0];
		stuck_sink = sink.to_get != UINT64_MAX && !sink.leaves;
		sim_agent_start(&sink);
	}
	sim_table_set(1, output);
	sim_table_set(2, sim_file_new(&standard_error, NULL));
	sim_file_changed(sim_table_get(2));
}

/* Returns 0 or -1. */
static int
open_connection(tcp_port ports[2])
{
	union sim_address any = {.in = {.sin_family = AF_INET}};
	struct sim_socket *listener = sim_socket_new(AF_INET);

	(void)sim_socket_bind(listener, &any);
	(void)sim_socket_listen(listener, 5);
	if (tcp_connect("127.0.0.1", sim_network_port(&listener->local), NULL,
		&ports[0], &ports[1]) == -1)
		return -1;
	connection = sim_socket_of(sim_table_get(tcp_port_fileno(ports[0])));
	breaks =
	    connection->in->broken != NULL || connection->out->broken != NULL;
	peer.file = connection->peer->file;
	peer.to_send = sim_chance(1000) ? 0 : sim_some_bytes(SIZE);
	draw_agent(&peer);
	stuck_peer = peer.to_get != UINT64_MAX && !peer.leaves;
	sim_agent_start(&peer);
	return 0;
}

static uint64_t
taken_from_input(void)
{
	return sim_is_regular(input) ? sim_regular_position(input)
				     : sim_pipe_stream(input)->got;
}

static uint64_t
put_to_output(void)
{
	return sim_is_regular(output) ? sim_regular_size(output)
				      : sim_pipe_stream(output)->written;
}

static bool
input_is_over(void)
{
	return sim_is_regular(input)
	    ? sim_regular_position(input) == sim_regular_size(input)
	    : sim_pipe_stream(input)->ended &&
		sim_stream_there(sim_pipe_stream(input)) == 0;
}

/* ---- What must hold ---- */

static void
check_received(enum session_end end)
{
	const struct sim_stream *in = connection->in;

	if (put_to_output() != received)
		sim_fail("status 0, but %llu of %llu bytes were put out",
		    (unsigned long long)put_to_output(),
		    (unsigned long long)received);
	if (end != END_QUIET && (!in->ended || received != in->written))
		sim_fail("status 0, but the peer had not ended");
}

static void
check_sent(enum session_end end)
{
	if (connection->out->written != taken_from_input())
		sim_fail("status 0, but %llu of %llu bytes were sent",
		    (unsigned long long)connection->out->written,
		    (unsigned long long)taken_from_input());
	if (!input_is_over() && !(end == END_BOTH && connection->peer->closed))
		sim_fail("status 0, but there was more input");
}

static void
check_good(void)
{
	const struct sim_stream *out = connection->out;
	enum session_end end = end_of_session();

	if (!settled)
		sim_fail("status 0, but %llu of %llu bytes were acknowledged",
		    (unsigned long long)out->arrived,
		    (unsigned long long)out->written);
	if (end != END_INPUT)
		check_received(end);
	if (end != END_PEER)
		check_sent(end);
}

/* Within how many ms of TIME. */
static void
check_end(const char *what, int64_t time, int64_t limit)
{
	if (time > 0 && ended > time + (limit + SLACK) * SIM_MS)
		sim_fail("the session ends %.3f ms after %s",
		    (double)(ended - time) / SIM_MS - (double)limit, what);
}

/* Closing while bytes are still to come is a reset, too. */
static bool
may_be_reset(void)
{
	return breaks || stuck_peer || ending.over ||
	    (options.end.when == END_QUIET &&
		received != connection->in->written);
}

static void
check_reset(int status)
{
	const struct sim_socket *s = connection->peer;

	if (s->reset)
		return;
	if (!s->closed && !s->write_shut)
		sim_fail("the peer sees no reset of a session with status %d",
		    status);
	if (peer.ended &&
	    (!input_is_over() || s->in->written != taken_from_input()))
		sim_fail("the peer takes a part of the input for all");
}

static void
check_peer(int status)
{
	if (peer.gone && !peer.ended)
		return;
	if (status != 0 || options.reset)
		check_reset(status);
	else if (!peer.ended && !may_be_reset())
		sim_fail("the peer sees no end of file of a good session");
}

/* A session in which nothing has moved for so long has ended. */
static void
check_idle(void)
{
	int64_t times[] = {sim_last_move(&connection->file->reads),
	    sim_last_move(&connection->file->writes),
	    sim_last_move(&output->writes)};
	int64_t last = begun;
	unsigned i;

	for (i = 0; i < 3; i++)
		if (times[i] > last)
			last = times[i];
	check_end("its last byte", last,
	    options.idle_timeout + LOOK +
		(options.end.when == END_INPUT ? DRAIN : 0));
}

static void
check(int status)
{
	if (status == 0)
		check_good();
	else if (status < STATUS_SIGNAL && ending.signal == 0 && messages == 0)
		sim_fail("status %d, and no message", status);
	if (ending.over || signalled) {
		check_end("the signal", signalled, options.drain);
		check_end("the second signal", again, 0);
	}
	if (common.timeout != -1)
		check_end("its time limit", begun, common.timeout);
	if (options.idle_timeout != -1)
		check_idle();
}

/* ---- The run ---- */

static int
run_it(void)
{
	struct standard_ports standard = {.shared = false};
	tcp_port ports[2];
	int status;

	if (open_connection(ports) == -1)
		return -1;
	ending.drain = options.drain;
	status = open_standard_ports(&run, NULL, &standard);
	standard.patient = sim_chance(2000);
	tell_plan(standard.patient);
	draw_endings(standard.patient);
	if (status == 0)
		status = run_session(&run, &options, &standard, "peer", ports)
			     .status;
	ended = sim_now();
	received = connection->in->got;
	settled = sim_socket_queue(connection) <= 1;
	sim_say("status %d", status);
	if (!connection->closed)
		(void)tcp_reset(ports[0]); /* as the end of the process does */
	return status;
}

static void
close_all(void)
{
	int fd;

	outbox_flush(&outbox);
	if (ending.signals > 0)
		(void)sim_table_close(ending.signals);
	tcp_shutdown();
	for (fd = 0; fd < 3; fd++)
		if (sim_table_get(fd) != NULL)
			(void)sim_table_close(fd);
}

void
sim_run_session(void)
{
	int status;

	begun = sim_now();
	open_input();
	open_output();
	draw_options();
	if (watch_endings(&ending, common.timeout) == -1)
		sim_fail("the session does not begin");
	status = run_it();
	close_all();
	if (status == -1)
		return;
	check(status);
	wait_for_peer();
	check_peer(status);
	source.gone = sink.gone = peer.gone = true;
}
