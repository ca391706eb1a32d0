/* SPDX-License-Identifier: ISC */
/*
 * The checks of a session.
 */
#include "clock.h"
#include "pipe.h"
#include "session.h"
#include "verdict.h"

enum {
	SLACK = 20, /* ms: a turn and the delay of timers */
	LOOK = 200, /* between two checks that bytes have moved */
	DRAIN = 1000
};

static struct sim_session *const it = &sim_session;

/* Lets the bytes under way arrive. */
void
sim_session_wait_for_peer(void)
{
	int64_t until = sim_now() + 600 * SIM_S;

	while (!it->peer.gone && sim_next() < until)
		sim_jump(sim_next());
}

static uint64_t
taken_from_input(void)
{
	return sim_is_regular(it->input) ? sim_regular_position(it->input)
					 : sim_pipe_stream(it->input)->got;
}

static uint64_t
put_to_output(void)
{
	return sim_is_regular(it->output)
	    ? sim_regular_size(it->output)
	    : sim_pipe_stream(it->output)->written;
}

static bool
input_is_over(void)
{
	return sim_is_regular(it->input)
	    ? sim_regular_position(it->input) == sim_regular_size(it->input)
	    : sim_pipe_stream(it->input)->ended &&
		sim_stream_there(sim_pipe_stream(it->input)) == 0;
}

static void
check_received(enum session_end end)
{
	const struct sim_stream *in = it->connection->in;

	if (put_to_output() != it->received)
		sim_fail("status 0, but %llu of %llu bytes were put out",
		    (unsigned long long)put_to_output(),
		    (unsigned long long)it->received);
	if (end != END_QUIET && (!in->ended || it->received != in->written))
		sim_fail("status 0, but the peer had not ended");
}

static void
check_sent(enum session_end end)
{
	if (it->connection->out->written != taken_from_input())
		sim_fail("status 0, but %llu of %llu bytes were sent",
		    (unsigned long long)it->connection->out->written,
		    (unsigned long long)taken_from_input());
	if (!input_is_over() &&
	    !(end == END_BOTH && it->connection->peer->closed))
		sim_fail("status 0, but there was more input");
}

/* The bytes after the cut are neither sent nor put out. */
static void
check_cut(const char *what, const struct lane_options *o, uint64_t moved)
{
	if (o->cuts && moved > (uint64_t)o->cut)
		sim_fail("%llu bytes were %s, and the cut comes after %lld",
		    (unsigned long long)moved, what, (long long)o->cut);
}

static bool
cut_by_input(void)
{
	const struct lane_options *in = &it->options.lanes.in;

	return in->cuts && put_to_output() == (uint64_t)in->cut;
}

static bool
cut_by_output(void)
{
	const struct lane_options *out = &it->options.lanes.out;

	return out->cuts && it->connection->out->written == (uint64_t)out->cut;
}

static bool
is_cut(void)
{
	return cut_by_input() || cut_by_output();
}

static void
check_good(void)
{
	const struct sim_stream *out = it->connection->out;
	enum session_end end = sim_session_end();

	/* A cut of what is received drops what was to be sent. */
	if (!it->settled && (cut_by_output() || !cut_by_input()))
		sim_fail("status 0, but %llu of %llu bytes were acknowledged",
		    (unsigned long long)out->arrived,
		    (unsigned long long)out->written);
	if (is_cut())
		return;
	if (end != END_INPUT)
		check_received(end);
	if (end != END_PEER)
		check_sent(end);
}

/* Whether now is at most so many ms after TIME. */
static void
check_end(const char *what, int64_t time, int64_t limit)
{
	if (time > 0 && it->ended > time + (limit + SLACK) * SIM_MS)
		sim_fail("the session ends %.3f ms after %s",
		    (double)(it->ended - time) / SIM_MS - (double)limit, what);
}

/* Closing before all bytes have arrived causes a reset, too. */
static bool
may_be_reset(void)
{
	return it->breaks || it->stuck_peer || it->ending.over || is_cut() ||
	    (it->options.end.when == END_QUIET &&
		it->received != it->connection->in->written);
}

static void
check_reset(int status)
{
	const struct sim_socket *s = it->connection->peer;

	if (s->reset)
		return;
	if (!s->closed && !s->write_shut)
		sim_fail("the peer sees no reset of a session with status %d",
		    status);
	if (it->peer.ended &&
	    (!input_is_over() || s->in->written != taken_from_input()))
		sim_fail("the peer takes a part of the input for all");
}

static void
check_peer(int status)
{
	if (it->peer.gone && !it->peer.ended)
		return;
	if (status != 0 || resets_always(&it->options) ||
	    (it->options.reset && is_cut()))
		check_reset(status);
	else if (!it->peer.ended && !may_be_reset())
		sim_fail("the peer sees no end of file of a good session");
}

/* A session in which nothing has moved for this long has ended. */
static void
check_idle(void)
{
	int64_t times[] = {sim_last_move(&it->connection->file->reads),
	    sim_last_move(&it->connection->file->writes),
	    sim_last_move(&it->output->writes)};
	int64_t last = it->begun;
	unsigned i;

	for (i = 0; i < 3; i++)
		if (times[i] > last)
			last = times[i];
	check_end("its last byte", last,
	    it->options.idle_timeout + LOOK +
		(it->options.end.when == END_INPUT ? DRAIN : 0));
}

static void
check_session(int status)
{
	if (status == 0)
		check_good();
	else if (status < STATUS_SIGNAL && it->ending.signal == 0 &&
	    it->messages == 0)
		sim_fail("status %d, and no message", status);
	if (it->ending.over || it->signalled) {
		check_end("the signal", it->signalled, it->options.drain);
		check_end("the second signal", it->again, 0);
	}
	if (it->common.timeout != -1)
		check_end("its time limit", it->begun, it->common.timeout);
	if (it->options.idle_timeout != -1 && !it->options.lanes.in.given &&
	    !it->options.lanes.out.given)
		check_idle(); /* held bytes are under way */
	check_cut("put out", &it->options.lanes.in, put_to_output());
	check_cut("sent", &it->options.lanes.out, it->connection->out->written);
}

void
sim_session_check(int status)
{
	check_session(status);
	sim_session_wait_for_peer();
	check_peer(status);
}
