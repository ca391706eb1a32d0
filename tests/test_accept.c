/* SPDX-License-Identifier: ISC */
/*
 * test_accept.c - tcp_accept and tcp_accept_ready: rows A of the conformance
 * table.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <tcpunit.h>
#include <unistd.h>

#include "metronome.h"
#include "peer.h"
#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

#define LIMIT_MS 300
#define SLACK_MS 700 /* how late a time limit may be on a busy machine */
#define PROMPT_MS 500

/* A thread that calls tcp_accept, and the result of that call. */
struct acceptor {
	tcp_thread thread;
	tcp_listener listener;
	tcp_port in, out;
	bool done, accepted, was_closed;
};

static tcp_listener l;

/* Connects a client, and waits until N clients are in the queue. */
static int
client(int n)
{
	int fd = peer_connect("127.0.0.1", tcp_listener_port(l), PATIENCE_MS);

	if (!await_queued(tcp_listener_fileno(l, 0), n))
		diag("no %d clients wait", n);
	return fd;
}

static void *
accept_one(void *arg)
{
	struct acceptor *a = arg;

	a->accepted = tcp_accept(a->listener, &a->in, &a->out) == 0;
	a->was_closed =
	    !a->accepted && failed(true, TCPUNIT_ERROR_CLOSED, EBADF);
	a->done = true;
	return NULL;
}

static void
acceptor_start(struct acceptor *a)
{
	*a = (struct acceptor){.listener = l};
	a->thread = tcp_thread_start(accept_one, a);
}

static void
readiness(void)
{
	int64_t start = now_ms();
	int none = tcp_accept_ready(l), peers[2];
	tcp_port in[2] = {{0}}, out[2] = {{0}};

	ok(none == 0 && within(now_ms() - start, 0, PROMPT_MS),
	    "A01 nobody is pending: not ready, at once");

	peers[0] = client(1);
	ok(tcp_accept_ready(l) == 1 && tcp_accept_ready(l) == 1,
	    "A02 one is pending: ready, and asking takes nothing");
	peers[1] = client(2);
	tcp_accept(l, &in[0], &out[0]);
	is_int(tcp_accept_ready(l), 1, "A03 ready after one of two accepts");
	tcp_accept(l, &in[1], &out[1]);
	is_int(tcp_accept_ready(l), 0, "A03 not ready after both");
	ok(tcp_write_line(out[0], "one") == 4 &&
		tcp_write_line(out[1], "two") == 4 &&
		peer_says(peers[0], "one\n") && peer_says(peers[1], "two\n"),
	    "A04 who came first is accepted first");
	for (int i = 0; i < 2; i++) {
		tcp_close_ports(in[i], out[i]);
		close(peers[i]);
	}
}

static void
client_has_left(void)
{
	char buf[32];
	tcp_port in = {0}, out = {0};
	int fd = client(1);

	peer_send(fd, "sent before");
	close(fd);
	ok(tcp_accept_ready(l) == 1 && tcp_accept(l, &in, &out) == 0 &&
		tcp_read_string(in, buf, sizeof buf) == 11 &&
		memcmp(buf, "sent before", 11) == 0 &&
		tcp_read(in, buf, sizeof buf) == 0,
	    "A05 what a client sent before it left is read, then the end");
	tcp_close_ports(in, out);
}

static void
client_has_reset(void)
{
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN], *line;
	tcp_port in = {0}, out = {0};
	size_t len;
	int fd = client(1);

	peer_send(fd, "abc\n");
	peer_reset(fd);
	ok(tcp_accept(l, &in, &out) == 0 &&
		tcp_addresses(in, local, remote) == 0 &&
		strcmp(local, "127.0.0.1") == 0 &&
		strcmp(remote, "127.0.0.1") == 0,
	    "A06 a client that reset is accepted with its addresses");
	ok(tcp_read_line(in, TCPUNIT_NO_LIMIT, &line, &len) == 1 &&
		strcmp(line, "abc") == 0 &&
		failed(tcp_read_line(in, TCPUNIT_NO_LIMIT, &line, &len) == -1,
		    TCPUNIT_ERROR_NET, ECONNRESET),
	    "A06 what it had sent is read, then the reset");
	tcp_close_ports(in, out);
}

/* Returns how long an accept without clients takes to time out, or -1 if it
 * ends otherwise. */
static int64_t
accept_in_vain(int limit)
{
	int64_t start = now_ms();
	tcp_port in = {0}, out = {0};

	tcp_set_accept_timeout(l, limit);
	if (!failed(tcp_accept(l, &in, &out) == -1, TCPUNIT_ERROR_TIMEOUT,
		ETIMEDOUT))
		return -1;
	tcp_set_accept_timeout(l, -1);
	return now_ms() - start;
}

static void
limits(void)
{
	struct ticker t;
	tcp_port in = {0}, out = {0};
	int64_t took;
	int fd;

	ticker_start(&t);
	took = accept_in_vain(LIMIT_MS);
	ok(ticker_stop(&t), "A07 other threads run while one accepts");
	ok(within(took, LIMIT_MS, LIMIT_MS + SLACK_MS),
	    "A10 accept with a limit of %d ms times out then", LIMIT_MS);

	alarms_start();
	took = accept_in_vain(2 * LIMIT_MS);
	ok(alarms_stop() > 0 &&
		within(took, 2 * LIMIT_MS, 2 * LIMIT_MS + SLACK_MS),
	    "A09 signals neither end nor prolong an accept");

	fd = client(1);
	tcp_set_accept_timeout(l, 0);
	ok(tcp_accept(l, &in, &out) == 0,
	    "A11 accept with limit 0 takes a pending connection");
	ok(within(accept_in_vain(0), 0, PROMPT_MS),
	    "A11 and without one times out at once");
	tcp_close_ports(in, out);
	close(fd);
	ok(within(accept_in_vain(100), 100, 100 + SLACK_MS),
	    "A16 nobody comes within 100 ms: no connection");
}

static void
two_acceptors(void)
{
	struct acceptor a, b;
	bool only_one;
	int fd;

	acceptor_start(&a);
	acceptor_start(&b);
	tcp_thread_yield();
	fd = peer_connect("127.0.0.1", tcp_listener_port(l), PATIENCE_MS);
	while (!a.done && !b.done)
		tcp_thread_yield();
	for (int i = 0; i < 100; i++)
		tcp_thread_yield();
	only_one = a.done != b.done;
	tcp_close(l);
	tcp_thread_join(a.thread, NULL, -1);
	tcp_thread_join(b.thread, NULL, -1);
	ok(only_one && a.accepted && b.was_closed,
	    "A08 of two threads that accept, the first gets the client");
	tcp_close_ports(a.in, a.out);
	close(fd);
	l = listen_on("127.0.0.1", 0);
}

static void
closed_meanwhile(void)
{
	struct acceptor a;
	int64_t start;
	int fd;

	acceptor_start(&a);
	tcp_thread_yield();
	start = now_ms();
	tcp_close(l);
	ok(tcp_thread_join(a.thread, NULL, PATIENCE_MS) == 0 && a.was_closed &&
		within(now_ms() - start, 0, PROMPT_MS),
	    "A12 closing the listener ends an accept with the closed error");

	l = listen_on("127.0.0.1", 0);
	fd = client(1);
	tcp_close(l);
	ok(peer_eof(fd) || errno == ECONNRESET,
	    "A13 who was pending when the listener closed is told");
	close(fd);
	l = listen_on("127.0.0.1", 0);
}

static void
outlives_listener(void)
{
	struct both c = both_connect(l, "127.0.0.1");
	char *line;
	size_t len;

	tcp_close(l);
	ok(tcp_write_line(c.client_out, "still") == 6 &&
		tcp_read_line(c.server_in, TCPUNIT_NO_LIMIT, &line, &len) ==
		    1 &&
		strcmp(line, "still") == 0,
	    "A14 an accepted connection outlives its listener");
	both_close(&c);
	l = listen_on("127.0.0.1", 0);
}

static void
no_descriptors(void)
{
	tcp_port in = {0}, out = {0};
	bool told_so, still;
	int fd = client(1);

	forbid_fds();
	told_so = failed(
	    tcp_accept(l, &in, &out) == -1, TCPUNIT_ERROR_SYSTEM, EMFILE);
	still = tcp_accept_ready(l) == 1;
	permit_fds();
	ok(told_so && still && tcp_accept(l, &in, &out) == 0,
	    "A15 EMFILE leaves the connection pending");
	tcp_close_ports(in, out);
	close(fd);
}

static void
own_address(void)
{
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN];
	tcp_listener any = listen_on(NULL, 0);
	tcp_port in = {0}, out = {0};
	int fd = peer_connect("192.0.2.2", tcp_listener_port(any), PATIENCE_MS);

	ok(tcp_accept(any, &in, &out) == 0 &&
		tcp_addresses(in, local, remote) == 0 &&
		strcmp(local, "192.0.2.2") == 0 &&
		strcmp(remote, "192.0.2.2") == 0,
	    "A17 the address a client came to is told, not the wildcard");
	tcp_close_ports(in, out);
	close(fd);
	tcp_close(any);
}

/* A socket that a program got from another process may be blocking. */
static void
without_nonblock(void)
{
	tcp_listener given = listen_on("127.0.0.1", 0);
	int fd = tcp_listener_fileno(given, 0);
	tcp_port in, out;
	struct both b;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	tcp_set_accept_timeout(given, 20);
	ok(failed(tcp_accept(given, &in, &out) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "an accept times out without O_NONBLOCK");
	b = both_connect(given, "127.0.0.1");
	ok(tcp_port_p(b.server_in), "and accepts a client");
	both_close(&b);
	tcp_close(given);
}

int
main(void)
{
	sandbox();
	metronome_start();
	l = listen_on("127.0.0.1", 0);
	run(readiness);
	run(client_has_left);
	run(client_has_reset);
	run(limits);
	run(two_acceptors);
	run(closed_meanwhile);
	run(outlives_listener);
	run(no_descriptors);
	run(own_address);
	run(without_nonblock);
	return done_testing();
}
