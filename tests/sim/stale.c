/* SPDX-License-Identifier: ISC */
/*
 * Stale handles.
 */
#include "stale.h"

#include <errno.h>

#include "random.h"
#include "verdict.h"

enum { MAX_STALE = 64 };

static tcp_port ports[MAX_STALE];
static tcp_listener listeners[MAX_STALE];
static tcp_thread threads[MAX_STALE];
static tcp_mutex mutexes[MAX_STALE];
static tcp_condition conditions[MAX_STALE];
static unsigned n_ports, n_listeners, n_threads, n_mutexes, n_conditions;

void
sim_stale_port(tcp_port p)
{
	ports[n_ports++ % MAX_STALE] = p;
}

void
sim_stale_listener(tcp_listener l)
{
	listeners[n_listeners++ % MAX_STALE] = l;
}

void
sim_stale_thread(tcp_thread t)
{
	threads[n_threads++ % MAX_STALE] = t;
}

void
sim_stale_mutex(tcp_mutex m)
{
	mutexes[n_mutexes++ % MAX_STALE] = m;
}

void
sim_stale_condition(tcp_condition c)
{
	conditions[n_conditions++ % MAX_STALE] = c;
}

static unsigned
pick(unsigned n)
{
	return sim_below(n < MAX_STALE ? n : MAX_STALE);
}

void
sim_stale_check(void)
{
	int r = -1;

	if (!sim_chance(1000))
		return;
	if (n_ports > 0 && sim_chance(5000))
		r = tcp_port_fileno(ports[pick(n_ports)]);
	else if (n_listeners > 0 && sim_chance(5000))
		r = tcp_accept_ready(listeners[pick(n_listeners)]);
	else if (n_mutexes > 0 && sim_chance(5000))
		r = tcp_mutex_unlock(mutexes[pick(n_mutexes)]);
	else if (n_conditions > 0 && sim_chance(5000))
		r = tcp_condition_signal(conditions[pick(n_conditions)]);
	else if (n_threads > 0)
		r = tcp_thread_detach(threads[pick(n_threads)]);
	else
		return;
	/* Without descriptors the library cannot be asked. */
	if (r == -1 && tcp_last_error()->code == EMFILE)
		return;
	if (r != -1 || tcp_last_error()->kind != TCPUNIT_ERROR_CLOSED)
		sim_fail("a stale handle is taken for another one: %s",
		    tcp_last_error()->text);
}
