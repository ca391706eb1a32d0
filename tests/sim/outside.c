/* SPDX-License-Identifier: ISC */
/*
 * Checked calls that meet what is outside the library.
 */
#include "outside.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "clock.h"
#include "invariant.h"
#include "os_thread.h"
#include "signals.h"
#include "socket.h"
#include "stale.h"
#include "verdict.h"

enum {
	WORKERS = 8,  /* of the library's for calls */
	TELLING = 20, /* ms that they may wait for one another at an end */
	OTHER = 12345 /* no error of the system */
};

static unsigned working;
static unsigned sent, taken; /* signals */

static bool has_come(const struct sim_call *, int64_t);
static bool is_gone(const struct sim_task *);
static void *work(void *);
static void abandoned(void *, void *);
static bool is_pending(const struct sim_call *, int64_t);
static struct sim_port adopted(const struct sim_port *, tcp_port);

void
sim_wake(struct sim_wakee *w)
{
	const struct sim_task *t = w->task;
	int error = errno;
	bool woken;

	errno = OTHER;
	woken = tcp_wake(t->thread);
	if (errno != OTHER)
		sim_fail("a wake-up changes errno");
	errno = error;
	if (woken ? is_gone(t) : !t->ended)
		sim_fail("%u is woken: %d", t->number, woken);
	if (woken && w->since == SIM_NEVER)
		w->since = sim_now();
	sim_say("%u is woken", t->number);
}

/* Several wake-ups count as one. */
int
sim_wait_wake(struct sim_wakee *w, int ms)
{
	struct sim_call c;
	int r;

	sim_call_begin(&c, "wait-wake", ms);
	c.since = &w->since;
	c.ready = has_come;
	r = tcp_wait_wake(ms);
	if (r == 0 && w->since == SIM_NEVER)
		sim_fail("nobody woke %u", w->task->number);
	if (r == 0)
		w->since = SIM_NEVER;
	sim_call_end(&c, r == -1);
	return r;
}

void
sim_keep_wakes(void)
{
	while (tcp_wait_wake(0) == -1 && errno != ETIMEDOUT)
		(void)sim_sleep(100); /* until there are descriptors */
	sim_keep_file();
}

static bool
has_come(const struct sim_call *c, int64_t by)
{
	return *c->since <= by;
}

/* Whether the library has surely forgotten the thread. */
static bool
is_gone(const struct sim_task *t)
{
	return t->joined || sim_task_at(t->number) != t;
}

int
sim_call(struct sim_job *j, int ms)
{
	void *result = NULL;
	struct sim_call c;
	int r;

	j->asked = true;
	j->told = SIM_NEVER;
	sim_call_begin(&c, "call", ms);
	c.since = &j->told;
	c.ready = has_come;
	r = tcp_call(work, j, &result, abandoned, ms);
	if (r == 0 && (!j->ended || j->abandoned || result != j))
		sim_fail("a call returns without its result");
	if (r == -1 && !j->begun && !j->abandoned)
		sim_fail("a call that never began is not abandoned");
	j->taken = r == 0;
	sim_call_end(&c, r == -1);
	return r;
}

void
sim_check_job(const struct sim_job *j)
{
	if (j->asked && j->taken == j->abandoned)
		sim_fail("a call's result is %s",
		    j->taken ? "abandoned, too" : "lost");
}

static void *
work(void *job)
{
	struct sim_job *j = job;

	if (!sim_os_thread_p())
		sim_fail("a call stops every thread");
	if (j->begun || j->abandoned)
		sim_fail("a call begins that was %s",
		    j->begun ? "begun" : "abandoned");
	if (++working > WORKERS)
		sim_fail("%u calls at a time", working);
	j->begun = true;
	sim_os_thread_sleep(j->ns);
	working--;
	j->ended = true;
	j->told = sim_now() + TELLING * SIM_MS;
	return j;
}

static void
abandoned(void *job, void *result)
{
	struct sim_job *j = job;

	if (j->abandoned || j->taken || j->begun != j->ended ||
	    result != (j->ended ? j : NULL))
		sim_fail("a call is abandoned at a wrong time");
	j->abandoned = true;
}

int
sim_wait_signal(uint64_t set, int ms)
{
	struct sim_call c;
	sigset_t signals;
	int r, i;

	(void)sigemptyset(&signals);
	for (i = 1; i < SIM_MAX_SIGNALS; i++)
		if (set >> i & 1)
			(void)sigaddset(&signals, i);
	sim_call_begin(&c, "wait-signal", ms);
	c.signals = set;
	c.ready = is_pending;
	r = tcp_wait_signal(&signals, ms);
	if (r != -1 && !(set >> r & 1))
		sim_fail("signal %d is none of those waited for", r);
	taken += r != -1;
	sim_call_end(&c, r == -1);
	return r;
}

void
sim_send_signal(int number)
{
	sent += sim_signal(number);
}

void
sim_check_signals(void)
{
	unsigned i, pending = 0;

	for (i = 0; i < SIM_MAX_SIGNALS; i++)
		pending += sim_signal_since(UINT64_C(1) << i) != SIM_NEVER;
	if (sent != taken + pending)
		sim_fail("of %u signals %u were taken, and %u are pending",
		    sent, taken, pending);
}

static bool
is_pending(const struct sim_call *c, int64_t by)
{
	return sim_signal_since(c->signals) <= by;
}

int
sim_release(struct sim_link *l)
{
	int fd = tcp_release_fd(l->in.port);

	if (fd == -1) {
		if (errno != ENOTEMPTY || tcp_last_error()->transferred == 0)
			sim_fail("release: %s", tcp_last_error()->text);
		return -1;
	}
	sim_say("descriptor %d is released", fd);
	sim_stale_port(l->in.port);
	sim_stale_port(l->out.port);
	return fd;
}

int
sim_adopt(struct sim_link *l, int fd)
{
	tcp_port in, out;

	if (tcp_ports_from_fd(fd, &in, &out) == -1) {
		if (errno != ENOTCONN || !sim_socket_of(l->in.file)->reset)
			sim_fail("adopt: %s", tcp_last_error()->text);
		(void)close(fd);
		l->in.closed = l->out.closed = true;
		return -1;
	}
	if (tcp_port_fileno(in) != fd || tcp_port_fileno(out) != fd)
		sim_fail("the ports of %d have another descriptor", fd);
	l->in = adopted(&l->in, in);
	l->out = adopted(&l->out, out);
	return 0;
}

/* The bytes go on, the settings do not. */
static struct sim_port
adopted(const struct sim_port *old, tcp_port port)
{
	return (struct sim_port){
	    .port = port, .file = old->file, .flow = old->flow, .ms = -1};
}
