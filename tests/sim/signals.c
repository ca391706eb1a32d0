/* SPDX-License-Identifier: ISC */
/*
 * Signals stay pending, each once, until the process asks for them.
 */
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>

#include "clock.h"
#include "memory.h"
#include "verdict.h"

struct waiter {
	struct sim_file *file;
	uint64_t set;
	struct waiter *next;
};

static uint64_t pending; /* a bit for each number */
static int64_t since[SIM_MAX_SIGNALS];
static struct waiter *waiters;

static void
change(uint64_t now)
{
	struct waiter *w;

	pending = now;
	for (w = waiters; w != NULL; w = w->next)
		sim_file_changed(w->file);
}

static short
poll_signals(const struct sim_file *f)
{
	const struct waiter *w = f->object;

	return (pending & w->set) != 0 ? POLLIN : 0;
}

static ssize_t
read_signals(struct sim_file *f, void *buf, size_t n, bool peek)
{
	const struct waiter *w = f->object;
	struct signalfd_siginfo info = {0};
	uint64_t mine = pending & w->set;

	(void)peek;
	errno = n < sizeof(info) ? EINVAL : EAGAIN;
	if (n < sizeof(info) || mine == 0)
		return -1;
	info.ssi_signo = (uint32_t)__builtin_ctzll(mine);
	memcpy(buf, &info, sizeof(info));
	change(pending & ~(mine & -mine));
	return sizeof(info);
}

static void
close_signals(struct sim_file *f)
{
	struct waiter **w = &waiters;

	while (*w != f->object)
		w = &(*w)->next;
	*w = (*w)->next;
}

static const struct sim_file_kind kind = {.name = "signalfd",
    .poll = poll_signals,
    .read = read_signals,
    .write = sim_file_refuse_write,
    .close = close_signals};

struct sim_file *
sim_signals(const sigset_t *set)
{
	struct waiter *w = sim_memory(sizeof(*w));

	w->file = sim_file_new(&kind, w);
	w->next = waiters;
	waiters = w;
	sim_signals_choose(w->file, set);
	return w->file;
}

void
sim_signals_choose(struct sim_file *f, const sigset_t *set)
{
	struct waiter *w = f->object;
	int i;

	w->set = 0;
	for (i = 1; i < SIM_MAX_SIGNALS; i++)
		if (sigismember(set, i) == 1)
			w->set |= UINT64_C(1) << i;
	sim_file_changed(f);
}

bool
sim_signal(int number)
{
	uint64_t bit = UINT64_C(1) << number;

	sim_say("signal %d", number);
	if (pending & bit)
		return false;
	since[number] = sim_now();
	change(pending | bit);
	return true;
}

int64_t
sim_signal_since(uint64_t set)
{
	int64_t first = SIM_NEVER;
	int i;

	for (i = 1; i < SIM_MAX_SIGNALS; i++)
		if ((pending & set) >> i & 1 && since[i] < first)
			first = since[i];
	return first;
}
