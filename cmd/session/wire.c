/* SPDX-License-Identifier: ISC */
#include "wire.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Seconds before a probe of keepalive, and how many may stay without an
 * answer. */
#define MOST_SECONDS 32767
#define MOST_PROBES 127

static void
set(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

static int
at_most(int n, int most)
{
	return n < most ? n : most;
}

/* Sends the first probe so late that the last one ends at the limit. */
static void
set_probes(int fd, int interval, int count, int limit)
{
	const int silence = limit - interval * count;

	set(fd, IPPROTO_TCP, TCP_KEEPIDLE,
	    silence < 1 ? 1 : at_most(silence, MOST_SECONDS));
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, at_most(interval, MOST_SECONDS));
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, count);
}

/* The kernel counts whole seconds here. */
static int
seconds(int ms)
{
	return ms / 1000 + (ms % 1000 > 0);
}

/* A peer that vanished is given up when COUNT probes have no answer. */
static void
set_keepalive(int fd, int ms)
{
	const int limit = seconds(ms);
	const int count = limit < 8 ? (limit + 1) / 2 : 4;

	set(fd, SOL_SOCKET, SO_KEEPALIVE, ms > 0);
	if (ms > 0)
		set_probes(fd, limit < 8 ? 1 : limit / 8, count, limit);
}

void
wire_set(int fd, const struct wire_options *o)
{
	set(fd, IPPROTO_TCP, TCP_NODELAY, o->nodelay != NODELAY_NO);
	set_keepalive(fd, o->keepalive.limit);
	if (o->user_timeout != -1)
		set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, o->user_timeout);
}

void
wire_probe(int fd, int interval, int limit)
{
	const int all = seconds(limit);
	int step = seconds(interval);

	if (all / step > MOST_PROBES)
		step = all / MOST_PROBES;
	set_probes(fd, step, all / step - 1, all);
}

static void
set_linger(int fd, bool on)
{
	struct linger l = {on, 0};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

void
wire_arm(int fd)
{
	set_linger(fd, true);
}

void
wire_disarm(int fd)
{
	set_linger(fd, false);
}

bool
wire_finish(int fd)
{
	return shutdown(fd, SHUT_WR) == 0;
}

void
wire_stop(int fd)
{
	(void)shutdown(fd, SHUT_RD); /* or it is gone */
}

bool
wire_has_unread(int fd)
{
	int n = 0;

	(void)ioctl(fd, SIOCINQ, &n); /* fails for listening sockets only */
	return n > 0;
}

bool
wire_has_unsent(int fd)
{
	int n = 0;

	(void)ioctl(fd, SIOCOUTQ, &n); /* likewise */
	return n > 0;
}
