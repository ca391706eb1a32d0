/* SPDX-License-Identifier: ISC */
/*
 * Draws a session from the seed, and the events that end it.
 */
#include <signal.h>

#include "clock.h"
#include "pipe.h"
#include "random.h"
#include "runner.h"
#include "session.h"
#include "signals.h"
#include "verdict.h"

enum { HANG = 3600 /* seconds */ };

static struct sim_session *const it = &sim_session;

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

void
sim_session_draw_agent(struct sim_agent *a)
{
	static const int64_t pauses[] = {1000, SIM_MS, 20 * SIM_MS};

	a->to_get = UINT64_MAX;
	a->pause = pauses[sim_below(3)];
	a->leaves = sim_chance(5000);
	a->finish = sim_chance(5000) ? SIM_FIN : (enum sim_finish)sim_below(5);
	if (sim_chance(1000))
		a->to_get = 1 + sim_below(50000);
}

void
sim_session_draw_options(void)
{
	it->options.end.when = (enum session_end)sim_below(5);
	it->options.end.quiet = some_time();
	it->options.abandon = sim_chance(500);
	it->options.reset = !it->options.abandon && sim_chance(500);
	it->options.progress = sim_chance(1000);
	if (sim_chance(1500))
		it->options.idle_timeout = some_time();
	if (sim_chance(1500))
		it->common.timeout = some_time();
	if (sim_chance(3000))
		it->options.drain = some_time();
	if (sim_chance(1000))
		it->options.wire.keepalive.limit = 0;
}

enum session_end
sim_session_end(void)
{
	if (it->options.end.when != END_DEFAULT)
		return it->options.end.when;
	return resets_always(&it->options) ? END_INPUT : END_BOTH;
}

static bool
sends_all(void)
{
	return !it->stuck_peer &&
	    (sim_is_regular(it->input) || it->source.finish != SIM_STAY);
}

static bool
receives_all(bool patient)
{
	bool held = it->options.abandon || resets_always(&it->options) ||
	    (patient && it->options.end.when == END_PEER);

	if (it->stuck_sink || it->peer.finish == SIM_STAY)
		return false;
	return it->peer.finish != SIM_HOLD || (sends_all() && !held);
}

/* Whether the session is sure to end by itself; if not, it may still end. */
static bool
must_end(bool patient)
{
	bool may_vanish =
	    it->peer.finish > SIM_STAY && it->options.wire.keepalive.limit > 0;

	switch (sim_session_end()) {
	case END_PEER:
		return receives_all(patient);
	case END_INPUT:
		return sends_all();
	case END_QUIET:
		return sends_all() && !it->stuck_sink;
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
	if (it->signalled == 0)
		it->signalled = sim_now();
	else if (it->again == 0)
		it->again = sim_now();
}

static void
peer_leaves(void *arg)
{
	(void)arg;
	sim_agent_leave(&it->peer, sim_chance(5000));
}

/* The kernel closes the descriptors of the process. */
static void
kill_process(void *arg)
{
	bool may_end;

	(void)arg;
	if (it->ended != 0 || it->connection == NULL || it->connection->closed)
		return;
	sim_say("the process is killed");
	may_end = it->connection->out->written == 0 ||
	    it->connection->write_shut || it->connection->in->ended;
	it->connection->file->kind->close(it->connection->file);
	sim_stop_process();
	sim_session_wait_for_peer();
	if (it->peer.ended && !it->connection->peer->reset && !may_end)
		sim_fail("the peer takes a killed session for a good one");
	sim_run_done();
}

/* The bytes that arrived before a reset still go to the output, whose reader
 * may take as long as it likes. */
static void
hang(void *arg)
{
	(void)arg;
	if (it->ended != 0)
		return;
	if (!it->stuck_sink || !it->connection->reset)
		sim_fail("the session does not end");
	sim_stop_process();
	sim_run_done();
}

static void
tell_plan(bool patient)
{
	sim_say("end %d, quiet %d, abandon %d, reset %d, idle %d, limit %d, "
		"drain %d, patient %d",
	    (int)it->options.end.when, it->options.end.quiet,
	    it->options.abandon, it->options.reset, it->options.idle_timeout,
	    it->common.timeout, it->options.drain, patient);
	sim_say("input of %llu ends by %d; the peer's %llu by %d; stuck: %d %d",
	    (unsigned long long)it->source.to_send, (int)it->source.finish,
	    (unsigned long long)it->peer.to_send, (int)it->peer.finish,
	    it->stuck_sink, it->stuck_peer);
}

static void
tell_lane(const char *name, const struct lane_options *o)
{
	if (o->given)
		sim_say("%s: delay %d~%d, rate %lld, slice %lld,%d, cut %lld",
		    name, o->delay, o->jitter, (long long)o->rate,
		    (long long)o->slice, o->pause,
		    o->cuts ? (long long)o->cut : -1);
}

void
sim_session_draw_endings(bool patient)
{
	tell_plan(patient);
	tell_lane("in", &it->options.lanes.in);
	tell_lane("out", &it->options.lanes.out);
	if (!must_end(patient) && it->options.idle_timeout == -1 &&
	    it->common.timeout == -1)
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
