/* SPDX-License-Identifier: ISC */
/*
 * test_addresses.c - tcp_addresses and tcp_port_numbers, and the calls like
 * them for listeners: rows D of the conformance table.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <tcpunit.h>
#include <unistd.h>

#include "pair.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

/* Whether P has these local and remote addresses. */
static bool
has(tcp_port p, const char *local, const char *remote)
{
	char l[TCPUNIT_ADDRLEN], r[TCPUNIT_ADDRLEN];

	if (tcp_addresses(p, l, r) == -1) {
		diag("%s", tcp_last_error()->text);
		return false;
	}
	if (strcmp(l, local) == 0 && strcmp(r, remote) == 0)
		return true;
	diag("%s and %s", l, r);
	return false;
}

/* Whether P has neither addresses nor port numbers, because it is not a TCP
 * port. */
static bool
tells_nothing(tcp_port p)
{
	char l[TCPUNIT_ADDRLEN], r[TCPUNIT_ADDRLEN];
	int local, remote;

	return tcp_port_p(p) &&
	    failed(tcp_addresses(p, l, r) == -1, TCPUNIT_ERROR_ARGUMENT, 0) &&
	    failed(tcp_port_numbers(p, &local, &remote) == -1,
		TCPUNIT_ERROR_ARGUMENT, 0);
}

static void
both_ends(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct both c = both_connect(l, "127.0.0.1");
	int a, b, x, y;

	ok(has(c.client_in, "127.0.0.1", "127.0.0.1") &&
		has(c.client_out, "127.0.0.1", "127.0.0.1") &&
		has(c.server_in, "127.0.0.1", "127.0.0.1") &&
		has(c.server_out, "127.0.0.1", "127.0.0.1"),
	    "D01 all four ports of a connection know both addresses");
	ok(tcp_port_numbers(c.client_in, &a, &b) == 0 &&
		tcp_port_numbers(c.server_in, &x, &y) == 0 && a == y &&
		b == x && b == tcp_listener_port(l),
	    "D02 the port numbers of the two ends mirror each other");
	ok(tcp_port_numbers(c.client_out, &x, &y) == 0 && a == x && b == y,
	    "D02 and are those of the output port too");
	both_close(&c);
	tcp_close(l);

	l = listen_on("127.0.0.2", 0);
	c = both_connect(l, "127.0.0.2");
	ok(has(c.client_in, "127.0.0.1", "127.0.0.2") &&
		has(c.server_in, "127.0.0.2", "127.0.0.1"),
	    "D03 connected to 127.0.0.2, each end knows which it is");
	both_close(&c);
	tcp_close(l);
}

/* Whether L has only one socket, and that has the address LOCAL. */
static bool
listens_at(tcp_listener l, const char *local)
{
	char at[TCPUNIT_ADDRLEN];

	return tcp_listener_addresses(l, 0, at) == 0 &&
	    strcmp(at, local) == 0 &&
	    failed(tcp_listener_addresses(l, 1, at) == -1,
		TCPUNIT_ERROR_ARGUMENT, 0);
}

static void
listeners(void)
{
	char at[2][TCPUNIT_ADDRLEN];
	tcp_listener l = listen_on(NULL, 0);

	ok(listens_at(l, "::"), "D04 a wildcard listener is at ::");
	tcp_close(l);
	l = listen_on("0.0.0.0", 0);
	ok(listens_at(l, "0.0.0.0"), "D04 a listener on 0.0.0.0 is there");
	tcp_close(l);
	l = listen_on("127.0.0.1", 0);
	ok(listens_at(l, "127.0.0.1"), "D05 a listener on 127.0.0.1 is there");
	tcp_close(l);
	l = listen_on("dual.test", 0);
	ok(tcp_listener_addresses(l, 0, at[0]) == 0 &&
		tcp_listener_addresses(l, 1, at[1]) == 0 &&
		(strcmp(at[0], "::1") == 0 || strcmp(at[1], "::1") == 0) &&
		(strcmp(at[0], "127.0.0.1") == 0 ||
		    strcmp(at[1], "127.0.0.1") == 0),
	    "D05 a listener on a name tells each of its addresses");
	tcp_close(l);
}

static void
no_tcp_ports(void)
{
	int fds[2], sockets[2];
	tcp_port p;

	if (pipe(fds) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == -1) {
		ok(false, "D06 a pipe and a socket can be had");
		return;
	}
	p = tcp_open_input_fd(fds[0]);
	ok(tells_nothing(p), "D06 a pipe's port is no TCP port");
	tcp_close_input_port(p);
	p = tcp_open_output_fd(sockets[0]);
	ok(tells_nothing(p), "D06 another socket's port is no TCP port");
	tcp_close_output_port(p);
	close(fds[1]);
	close(sockets[1]);
}

static void
halves(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct both c = both_connect(l, "127.0.0.1");

	tcp_close_input_port(c.client_in);
	ok(has(c.client_out, "127.0.0.1", "127.0.0.1"),
	    "D09 the other half still answers");
	both_close(&c);
	tcp_close(l);
}

static void
peers_that_left(void)
{
	struct pair p = pair_accept();

	pair_finish(&p);
	ok(has(p.in, "127.0.0.1", "127.0.0.1") &&
		has(p.out, "127.0.0.1", "127.0.0.1"),
	    "D10 the peer has finished: both ports still answer");
	pair_close(&p);

	p = pair_accept();
	pair_reset(&p);
	ok(pair_reaches(&p, TCP_CLOSE) && has(p.in, "127.0.0.1", "127.0.0.1") &&
		has(p.out, "127.0.0.1", "127.0.0.1"),
	    "D11 the peer has reset: both ports still answer");
	pair_close(&p);
}

static void
families(void)
{
	tcp_listener l = listen_on(NULL, 0);
	struct both c = both_connect(l, "127.0.0.1");

	ok(has(c.server_in, "127.0.0.1", "127.0.0.1"),
	    "D12 an IPv4 client of a dual-stack listener is a dotted quad");
	both_close(&c);

	c = both_connect(l, "::1");
	ok(has(c.client_in, "::1", "::1") && has(c.server_out, "::1", "::1"),
	    "D13 both ends of an IPv6 connection are ::1");
	both_close(&c);
	tcp_close(l);
}

int
main(void)
{
	sandbox();
	run(both_ends);
	run(listeners);
	run(no_tcp_ports);
	run(halves);
	run(peers_that_left);
	run(families);
	return done_testing();
}
