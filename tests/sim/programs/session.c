/* SPDX-License-Identifier: ISC */
/*
 * A session of the command, as tcpu connect runs it.  Its standard input, its
 * standard output and its peer are other processes, which may be slow, leave,
 * or stop doing anything.  Signals and time limits come at any time.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "../clock.h"
#include "../network.h"
#include "../pipe.h"
#include "../program.h"
#include "../random.h"
#include "../session.h"
#include "../started.h"
#include "../verdict.h"

enum { SIZE = 200000 };

struct sim_session sim_session = {
    .common = COMMON_DEFAULTS,
    .options = SESSION_DEFAULTS,
    .outbox = NEW_OUTBOX,
    .source.name = "stdin",
    .sink.name = "stdout",
    .peer.name = "the peer",
};

static struct sim_session *const it = &sim_session;
static const struct run run = {
    "connect", &sim_session.common, &sim_session.ending, &sim_session.outbox};

/* ---- Standard error ---- */

static short
poll_stderr(const struct sim_file *f)
{
	(void)f;
	return POLLOUT;
}

/* Counts messages, but not lines of --progress. */
static ssize_t
write_stderr(struct sim_file *f, const void *data, size_t n)
{
	(void)f;
	sim_say("%.*s", (int)n - 1, (const char *)data);
	it->messages += memmem(data, n, "/s)", 3) == NULL;
	return (ssize_t)n;
}

static void
close_stderr(struct sim_file *f)
{
	(void)f;
}

static const struct sim_file_kind standard_error = {"stderr", S_IFREG,
    poll_stderr, sim_file_refuse_read, write_stderr, close_stderr, NULL};

/* ---- The machine around the session ---- */

static void
open_input(void)
{
	struct sim_file *ends[2];

	it->source.sends.key = it->peer.gets.key = sim_random();
	it->source.to_send = sim_chance(1000) ? 0 : sim_some_bytes(SIZE);
	sim_session_draw_agent(&it->source);
	it->source.to_get = 0;
	if (it->source.finish == SIM_HOLD)
		it->source.finish = SIM_STAY;
	if (sim_chance(2000)) {
		it->input = sim_regular(&it->source.sends, it->source.to_send);
	} else {
		sim_pipe(ends);
		it->input = ends[0];
		it->input->flags = O_RDONLY;
		it->source.file = ends[1];
		sim_agent_start(&it->source);
	}
	sim_table_set(0, it->input);
}

static void
open_output(void)
{
	struct sim_file *ends[2];

	it->peer.sends.key = it->sink.gets.key = sim_random();
	sim_session_draw_agent(&it->sink);
	it->sink.finished = true;
	if (sim_chance(2000)) {
		it->output = sim_regular(&it->peer.sends, 0);
	} else {
		sim_pipe(ends);
		it->output = ends[1];
		it->output->flags = O_WRONLY;
		it->sink.file = ends[0];
		it->stuck_sink =
		    it->sink.to_get != UINT64_MAX && !it->sink.leaves;
		sim_agent_start(&it->sink);
	}
	sim_table_set(1, it->output);
	sim_table_set(2, sim_file_new(&standard_error, NULL));
	sim_file_changed(sim_table_get(2));
}

/* Returns 0, or -1 on failure. */
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
	it->connection =
	    sim_socket_of(sim_table_get(tcp_port_fileno(ports[0])));
	it->breaks = it->connection->in->broken != NULL ||
	    it->connection->out->broken != NULL;
	it->peer.file = it->connection->peer->file;
	it->peer.to_send = sim_chance(1000) ? 0 : sim_some_bytes(SIZE);
	sim_session_draw_agent(&it->peer);
	it->stuck_peer = it->peer.to_get != UINT64_MAX && !it->peer.leaves;
	sim_agent_start(&it->peer);
	return 0;
}

/* ---- The run ---- */

/* The session leaves no thread of its own, and closes its connection. */
static int
run_on(const struct standard_ports *standard, const tcp_port ports[2])
{
	int before = sim_started(), status;

	status =
	    run_session(&run, &it->options, standard, "peer", ports).status;
	if (sim_started() > before)
		sim_fail(
		    "the session leaves %d threads", sim_started() - before);
	if (!it->connection->closed)
		sim_fail("the session leaves its connection open");
	return status;
}

static int
run_it(void)
{
	struct standard_ports standard = {.shared = false};
	tcp_port ports[2];
	int status;

	if (open_connection(ports) == -1)
		return -1;
	it->ending.drain = it->options.drain;
	status = open_standard_ports(&run, NULL, &standard);
	standard.patient = sim_chance(2000);
	sim_session_draw_endings(standard.patient);
	if (status == 0)
		status = run_on(&standard, ports);
	it->ended = sim_now();
	it->received = it->connection->in->got;
	it->settled = sim_socket_queue(it->connection) <= 1;
	sim_say("status %d", status);
	if (!it->connection->closed)
		(void)tcp_reset(ports[0]); /* as after _exit */
	return status;
}

static void
close_all(void)
{
	int fd;

	outbox_flush(&it->outbox);
	if (it->ending.signals > 0)
		(void)sim_table_close(it->ending.signals);
	tcp_shutdown();
	for (fd = 0; fd < 3; fd++)
		if (sim_table_get(fd) != NULL)
			(void)sim_table_close(fd);
}

void
sim_run_session(void)
{
	int status;

	it->begun = sim_now();
	(void)sigemptyset(&it->ending.awaited); /* these are sent */
	(void)sigaddset(&it->ending.awaited, SIGINT);
	(void)sigaddset(&it->ending.awaited, SIGTERM);
	open_input();
	open_output();
	sim_session_draw_options();
	if (watch_endings(&it->ending, it->common.timeout) == -1)
		sim_fail("the session does not begin");
	status = run_it();
	close_all();
	if (status == -1)
		return;
	sim_session_check(status);
	it->source.gone = it->sink.gone = it->peer.gone = true;
}
