/* SPDX-License-Identifier: ISC */
/*
 * Signals stay pending, each once, until the process asks for them.
 */
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>

#include "verdict.h"

static uint64_t pending; /* a bit for each number */
static struct sim_file *file;

static short
poll_signals(const struct sim_file *f)
{
	(void)f;
	return pending != 0 ? POLLIN : 0;
}

static ssize_t
read_signals(struct sim_file *f, void *buf, size_t n, bool peek)
{
	struct signalfd_siginfo info = {0};

	(void)peek;
	errno = n < sizeof(info) ? EINVAL : EAGAIN;
	if (n < sizeof(info) || pending == 0)
		return -1;
	info.ssi_signo = (uint32_t)__builtin_ctzll(pending);
	pending &= pending - 1;
	memcpy(buf, &info, sizeof(info));
	sim_file_changed(f);
	return sizeof(info);
}

static void
close_signals(struct sim_file *f)
{
	(void)f;
	file = NULL;
}

static const struct sim_file_kind kind = {.name = "signalfd",
    .poll = poll_signals,
    .read = read_signals,
    .write = sim_file_refuse_write,
    .close = close_signals};

struct sim_file *
sim_signals(void)
{
	file = sim_file_new(&kind, &pending);
	sim_file_changed(file);
	return file;
}

bool
sim_signal(int number)
{
	uint64_t before = pending;

	sim_say("signal %d", number);
	pending |= UINT64_C(1) << number;
	sim_file_changed(file);
	return pending != before;
}
