/* SPDX-License-Identifier: ISC */
/*
 * pair.c - connects the library's ports to a plain socket.
 */
#include "pair.h"

#include <linux/bpf.h> /* TCP states, which linux/tcp.h lacks */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "patience.h"
#include "peer.h"
#include "probe.h"

static void give_up(const char *what);
static struct pair ready(struct pair p);
static void arrive(struct pair *p, int n);
static void await(struct pair *p, int events);
static struct tcp_info info_of(int fd);

struct pair
pair_connect(void)
{
	struct pair p = {.peer = -1};
	int listener;

	listener = peer_listen("127.0.0.1", 0, 1);
	if (tcp_connect(
		"127.0.0.1", peer_port(listener), NULL, &p.in, &p.out) == -1)
		give_up(tcp_last_error()->text);
	p.peer = peer_accept(listener);
	close(listener);
	return ready(p);
}

struct pair
pair_accept(void)
{
	struct pair p = {.peer = -1};
	tcp_listener l;

	l = tcp_listen(0, NULL);
	p.peer = peer_connect("127.0.0.1", tcp_listener_port(l), PATIENCE_MS);
	if (tcp_accept(l, &p.in, &p.out) == -1)
		give_up(tcp_last_error()->text);
	tcp_close(l);
	return ready(p);
}

void
pair_close(struct pair *p)
{
	tcp_close_ports(p->in, p->out);
	if (p->peer != -1)
		close(p->peer);
	p->peer = -1;
}

void
pair_say(struct pair *p, const char *s)
{
	pair_send(p, s, strlen(s));
}

void
pair_send(struct pair *p, const void *buf, size_t n)
{
	int before = unread(tcp_port_fileno(p->in));

	if (send(p->peer, buf, n, MSG_NOSIGNAL) != (ssize_t)n)
		give_up("send");
	arrive(p, before + (int)n);
}

void
pair_finish(struct pair *p)
{
	shutdown(p->peer, SHUT_WR);
	await(p, POLLRDHUP);
}

void
pair_reset(struct pair *p)
{
	peer_reset(p->peer);
	p->peer = -1;
	await(p, POLLHUP);
}

bool
pair_taken(struct pair *p)
{
	int64_t end = now_ms() + PATIENCE_MS;

	while (unread(tcp_port_fileno(p->in)) > 0) {
		if (now_ms() > end)
			return false;
		tcp_thread_yield();
	}
	return true;
}

bool
pair_takes(struct pair *p, size_t n)
{
	static char got[64 * 1024];
	int64_t end = now_ms() + PATIENCE_MS;
	ssize_t r;

	while (n > 0 && now_ms() < end) {
		r = recv(p->peer, got, n < sizeof(got) ? n : sizeof(got),
		    MSG_DONTWAIT);
		if (r > 0)
			n -= (size_t)r;
		else
			tcp_thread_sleep(1);
	}
	return n == 0;
}

bool
pair_reaches(struct pair *p, int state)
{
	int64_t end = now_ms() + PATIENCE_MS;

	while (tcp_state(tcp_port_fileno(p->in)) != state) {
		if (now_ms() > end)
			return false;
		sched_yield();
	}
	return true;
}

int
tcp_state(int fd)
{
	return info_of(fd).tcpi_state;
}

int
unread(int fd)
{
	int n = -1;

	return ioctl(fd, FIONREAD, &n) == -1 ? -1 : n;
}

uint64_t
bytes_sent(int fd)
{
	struct tcp_info info = info_of(fd);
	uint64_t n = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;

	switch (info.tcpi_state) {
	case BPF_TCP_FIN_WAIT1:
	case BPF_TCP_FIN_WAIT2:
	case BPF_TCP_CLOSING:
	case BPF_TCP_LAST_ACK:
		return n + 1;
	default:
		return n;
	}
}

uint64_t
bytes_received(int fd)
{
	return info_of(fd).tcpi_bytes_received;
}

int
segments_sent(int fd)
{
	struct tcp_info info = info_of(fd);

	return (int)(info.tcpi_data_segs_out - info.tcpi_total_retrans);
}

/* A test cannot check anything without its pair. */
static void
give_up(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(2);
}

/* With TCP_NODELAY the peer sends a segment before the last one is
 * acknowledged. */
static struct pair
ready(struct pair p)
{
	int on = 1;

	if (p.peer == -1 ||
	    setsockopt(p.peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1)
		give_up("peer");
	return p;
}

static void
arrive(struct pair *p, int n)
{
	int64_t end = now_ms() + PATIENCE_MS;

	while (unread(tcp_port_fileno(p->in)) < n) {
		if (now_ms() > end)
			give_up("what the peer sends does not arrive");
		sched_yield();
	}
}

static void
await(struct pair *p, int events)
{
	struct pollfd ours = {tcp_port_fileno(p->in), (short)events, 0};

	if (poll(&ours, 1, PATIENCE_MS) != 1)
		give_up("what the peer does is not noticed");
}

static struct tcp_info
info_of(int fd)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof info;

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info;
}
