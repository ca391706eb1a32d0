/* SPDX-License-Identifier: ISC */
/*
 * Agents.  All that they do is done by events of the agenda.
 */
#include "agent.h"

#include <errno.h>
#include <sys/socket.h>

#include "clock.h"
#include "random.h"
#include "socket.h"
#include "verdict.h"

enum { PIECE = 8192, MOST_IDLE = 100 };

static void act(void *);
static bool send_some(struct sim_agent *);
static bool finish(struct sim_agent *);
static bool get_some(struct sim_agent *);
static bool has_failed(struct sim_agent *);

void
sim_agent_start(struct sim_agent *a)
{
	sim_at(sim_now() + sim_between(0, a->pause), act, a);
}

void
sim_agent_leave(struct sim_agent *a, bool reset)
{
	struct sim_socket *s = sim_socket_of(a->file);

	if (a->gone)
		return;
	a->gone = true;
	sim_say("%s leaves%s, %llu sent, %llu read", a->name,
	    reset ? " with a reset" : "", (unsigned long long)a->sent,
	    (unsigned long long)a->got);
	if (s != NULL)
		s->linger = reset;
	a->file->kind->close(a->file);
}

static void
act(void *agent)
{
	struct sim_agent *a = agent;
	bool moved;

	if (a->gone)
		return;
	moved = send_some(a);
	if (!a->gone)
		moved |= get_some(a);
	if (a->finished && (a->ended || a->lost))
		sim_agent_leave(a, false);
	if (a->gone)
		return;
	a->idle = moved ? sim_between(0, a->pause) : 2 * a->idle + 1000;
	if (a->idle > MOST_IDLE * SIM_MS)
		a->idle = MOST_IDLE * SIM_MS;
	sim_at(sim_now() + a->idle, act, a);
}

static bool
send_some(struct sim_agent *a)
{
	uint64_t left = a->to_send - a->sent;
	char data[PIECE];
	ssize_t n;

	if (a->finished)
		return false;
	if (left == 0)
		return finish(a);
	n = 1 + sim_below(left < PIECE ? (unsigned)left : PIECE);
	sim_content(&a->sends, a->sent, data, (size_t)n);
	n = a->file->kind->write(a->file, data, (size_t)n);
	if (n > 0)
		a->sent += (uint64_t)n;
	else if (has_failed(a))
		a->finished = true;
	return n > 0;
}

/* Whether the agent has left. */
static bool
finish(struct sim_agent *a)
{
	struct sim_socket *s = sim_socket_of(a->file);

	if (a->finish == SIM_STAY || (a->finish == SIM_HOLD && !a->ended))
		return false;
	a->finished = true;
	if (s == NULL || a->finish > SIM_STAY) {
		sim_agent_leave(a, a->finish == SIM_RESET);
	} else {
		sim_say("%s finishes", a->name);
		(void)sim_socket_shutdown(s, SHUT_WR);
	}
	return true;
}

static bool
get_some(struct sim_agent *a)
{
	uint64_t left = a->to_get - a->got;
	char data[PIECE];
	ssize_t n;

	if (a->ended || a->lost || a->to_get == 0)
		return false;
	if (left == 0 && a->leaves)
		sim_agent_leave(a, false);
	if (left == 0)
		return false;
	n = 1 + sim_below(left < PIECE ? (unsigned)left : PIECE);
	n = a->file->kind->read(a->file, data, (size_t)n, false);
	if (n > 0 && !sim_content_is(&a->gets, a->got, data, (size_t)n))
		sim_fail("%s gets wrong bytes at %llu", a->name,
		    (unsigned long long)a->got);
	if (n > 0)
		a->got += (uint64_t)n;
	else if (n == 0)
		a->ended = true;
	else
		(void)has_failed(a);
	return n >= 0;
}

static bool
has_failed(struct sim_agent *a)
{
	if (errno != EAGAIN)
		a->lost = true;
	return a->lost;
}
