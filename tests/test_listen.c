/* SPDX-License-Identifier: ISC */
/*
 * test_listen.c - tcp_listen, and its listener before and after it is closed:
 * rows L of the conformance table.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <tcpunit.h>
#include <unistd.h>

#include "peer.h"
#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

#define MANY 1100
#define PENDING_MS 200 /* longer than an answer to a SYN takes */

/* Whether a listener accepts connections at this address. */
static bool
answers(const char *ip, int port)
{
	int fd = peer_connect(ip, port, PATIENCE_MS);

	return fd != -1 && close(fd) == 0;
}

/* Returns how many clients a listener with this backlog admits while it
 * accepts none. */
static int
admitted(int backlog)
{
	struct tcp_listen_options options = {TCPUNIT_LISTEN_DEFAULTS};
	tcp_listener l;
	int fds[16], n = 0, code;

	options.host = "127.0.0.1";
	options.backlog = backlog;
	l = tcp_listen(0, &options);
	while (n < 16 &&
	    (fds[n] = peer_connect(
		 "127.0.0.1", tcp_listener_port(l), PENDING_MS)) != -1)
		n++;
	code = errno;
	for (int i = 0; i < n; i++)
		close(fds[i]);
	tcp_close(l);
	errno = code;
	return n;
}

static void
port_numbers(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	int port = tcp_listener_port(l);

	ok(tcp_listener_p(l) && port >= 1 && port <= 65535,
	    "L01 listen 0 gives a port in 1..65535");
	tcp_close(l);

	l = listen_on("127.0.0.1", 65535);
	ok(tcp_listener_port(l) == 65535 && answers("127.0.0.1", 65535),
	    "L04 listen 65535 works");
	tcp_close(l);
}

static void
backlogs(void)
{
	struct tcp_listen_options options = {TCPUNIT_LISTEN_DEFAULTS};
	tcp_listener l;
	int limit = 0, n;
	FILE *f;

	ok(admitted(0) >= 1, "L10 backlog 0 admits a client");
	n = admitted(1);
	ok(n == 1 || n == 2, "L11 backlog 1 admits 1 or 2 clients (%d)", n);
	n = admitted(4);
	ok(n == 4 || n == 5, "L11 backlog 4 admits 4 or 5 clients (%d)", n);
	is_int(errno, ETIMEDOUT,
	    "L13 the client beyond the backlog waits and is not refused");

	options.backlog = 1000000;
	l = tcp_listen(0, &options);
	f = fopen("/proc/sys/net/core/somaxconn", "re");
	ok(f != NULL && fscanf(f, "%d", &limit) == 1 &&
		queue_limit(tcp_listener_fileno(l, 0)) == limit,
	    "L12 backlog 1000000 is clamped to the system's %d", limit);
	fclose(f);
	tcp_close(l);

	l = tcp_listen(0, NULL);
	is_int(queue_limit(tcp_listener_fileno(l, 0)), TCPUNIT_BACKLOG,
	    "the backlog is %d unless told", TCPUNIT_BACKLOG);
	tcp_close(l);
}

static void
taken_ports(void)
{
	tcp_listener a = listen_on("127.0.0.1", 0), b;
	int port = tcp_listener_port(a), fd;
	bool right;

	ok(failed(!tcp_listener_p(listen_on("127.0.0.1", port)),
	       TCPUNIT_ERROR_NET, EADDRINUSE) &&
		told(strerror(EADDRINUSE)),
	    "L14 the same port twice is EADDRINUSE");

	b = listen_on("127.0.0.2", port);
	fd = peer_connect("127.0.0.2", port, PATIENCE_MS);
	right = await_queued(tcp_listener_fileno(b, 0), 1);
	ok(tcp_listener_p(b) && right && tcp_accept_ready(b) == 1 &&
		tcp_accept_ready(a) == 0,
	    "L16 two addresses share a port and only the right one is ready");
	close(fd);
	tcp_close(b);
	tcp_close(a);

	a = listen_on("0.0.0.0", 0);
	ok(failed(!tcp_listener_p(listen_on("127.0.0.1", tcp_listener_port(a))),
	       TCPUNIT_ERROR_NET, EADDRINUSE),
	    "L15 127.0.0.1 after 0.0.0.0 on one port is EADDRINUSE");
	tcp_close(a);
}

static void
hosts(void)
{
	tcp_listener l = listen_on("localhost", 0);
	int port = tcp_listener_port(l);

	ok(answers("127.0.0.1", port) && answers("::1", port),
	    "L17 localhost listens on all its addresses, on one port");
	tcp_close(l);

	l = listen_on("127.0.0.1", 0);
	ok(!answers("127.0.0.2", tcp_listener_port(l)) && errno == ECONNREFUSED,
	    "L18 a listener on 127.0.0.1 is not on 127.0.0.2");
	tcp_close(l);

	ok(failed(!tcp_listener_p(listen_on("8.8.8.8", 0)), TCPUNIT_ERROR_NET,
	       EADDRNOTAVAIL) &&
		told("8.8.8.8"),
	    "L19 another machine's address is EADDRNOTAVAIL");
	ok(failed(!tcp_listener_p(listen_on("mixed.test", 0)),
	       TCPUNIT_ERROR_NET, EADDRNOTAVAIL),
	    "L19 also where it is one of two");
	ok(failed(!tcp_listener_p(listen_on("no.such.host.invalid", 0)),
	       TCPUNIT_ERROR_RESOLVE, EAI_NONAME) &&
		told("no.such.host.invalid"),
	    "L20 an unknown name is a resolve error that tells it");
	ok(failed(!tcp_listener_p(listen_on("", 0)), TCPUNIT_ERROR_RESOLVE, 0),
	    "L21 the empty host is a resolve error and no wildcard");

	l = listen_on("[::1]", 0);
	ok(answers("::1", tcp_listener_port(l)), "so does [::1]");
	tcp_close(l);
	l = listen_on("::1", 0);
	ok(answers("::1", tcp_listener_port(l)), "L22 ::1 listens on IPv6");
	tcp_close(l);

	l = listen_on(NULL, 0);
	port = tcp_listener_port(l);
	ok(answers("127.0.0.1", port) && answers("::1", port),
	    "L23 no host listens on both families, on one port");
	tcp_close(l);

	l = listen_on("three.test", 0);
	port = tcp_listener_port(l);
	ok(answers("127.0.0.1", port) && answers("127.0.0.2", port) &&
		answers("127.0.0.3", port),
	    "L35 every address of a name with three answers");
	tcp_close(l);
}

static bool
denied_port_80(void)
{
	struct __user_cap_header_struct who = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct nothing[2] = {0};

	return syscall(SYS_capset, &who, nothing) == 0 &&
	    failed(!tcp_listener_p(listen_on("127.0.0.1", 80)),
		TCPUNIT_ERROR_NET, EACCES) &&
	    told("127.0.0.1:80");
}

static bool
listens_on_localhost(void)
{
	tcp_listener l;

	if (!sandbox_without_ipv6())
		return false;
	l = listen_on("localhost", 0);
	return answers("127.0.0.1", tcp_listener_port(l));
}

static bool
listens_on_four_zeros(void)
{
	char local[TCPUNIT_ADDRLEN];
	tcp_listener l;

	if (!sandbox_forbid_ipv6())
		return false;
	l = listen_on(NULL, 0);
	return tcp_listener_addresses(l, 0, local) == 0 &&
	    strcmp(local, "0.0.0.0") == 0 &&
	    answers("127.0.0.1", tcp_listener_port(l));
}

static void
other_machines(void)
{
	ok(in_child(denied_port_80),
	    "L24 port 80 is EACCES without the privilege for it");
	ok(in_child(listens_on_localhost),
	    "L36 localhost listens on IPv4 where IPv6 is off");
	ok(in_child(listens_on_four_zeros),
	    "L36 no host listens on 0.0.0.0 where there is no IPv6");
}

static void
after_connections(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	int port = tcp_listener_port(l), peer;
	tcp_port in, out;

	peer = peer_connect("127.0.0.1", port, PATIENCE_MS);
	tcp_accept(l, &in, &out);
	tcp_close_ports(in, out);
	tcp_close(l);
	ok(peer_eof(peer) && close(peer) == 0 &&
		await_socket(port, TCP_TIME_WAIT),
	    "L25 the server that closes first waits in TIME_WAIT");
	l = listen_on("127.0.0.1", port);
	ok(answers("127.0.0.1", port),
	    "L25 its port can be listened on at once");

	peer = peer_connect("127.0.0.1", port, PATIENCE_MS);
	tcp_accept(l, &in, &out); /* the connection of answers() */
	tcp_close_ports(in, out);
	tcp_accept(l, &in, &out);
	tcp_close(l);
	l = listen_on("127.0.0.1", port);
	ok(tcp_listener_p(l) && tcp_write_line(out, "alive") == 6 &&
		peer_says(peer, "alive\n"),
	    "L26 the port of a living connection can be listened on");
	close(peer);
	tcp_close_ports(in, out);

	tcp_close(l);
	l = listen_on("127.0.0.1", port);
	ok(answers("127.0.0.1", port),
	    "L34 a closed listener's port can be listened on at once");
	tcp_close(l);
}

static void
closed(void)
{
	tcp_listener a = listen_on("127.0.0.1", 0), b;
	struct both c = both_connect(a, "127.0.0.1");
	tcp_port in, out;
	int fd = tcp_listener_fileno(a, 0);

	ok(tcp_listener_p(a) &&
		!tcp_listener_p((tcp_listener){c.server_in.bits}),
	    "L31 an open listener is a listener, a port is none");
	both_close(&c);
	is_int(tcp_close(a), 0, "L28 a listener can be closed");
	ok(failed(tcp_close(a) == -1, TCPUNIT_ERROR_CLOSED, EBADF),
	    "L28 closing it again is the closed error");

	b = listen_on("127.0.0.1", 0);
	ok(tcp_listener_fileno(b, 0) == fd &&
		failed(tcp_close(a) == -1, TCPUNIT_ERROR_CLOSED, EBADF) &&
		answers("127.0.0.1", tcp_listener_port(b)),
	    "L29 and leaves alone the listener that got its descriptor");
	ok(tcp_listener_p(a), "L31 a closed listener is a listener");
	ok(failed(
	       tcp_accept(a, &in, &out) == -1, TCPUNIT_ERROR_CLOSED, EBADF) &&
		tcp_accept_ready(b) == 1,
	    "L33 accept on a closed listener takes nothing of another");
	tcp_close(b);
}

static void
many(void)
{
	static tcp_listener l[MANY];
	struct rlimit files;
	struct both c;
	char *line;
	size_t len;
	int n = 0;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	while (n < MANY && tcp_listener_p(l[n] = listen_on("127.0.0.1", 0)))
		n++;
	is_int(n, MANY, "L37 %d listeners at once", MANY);
	c = both_connect(l[n - 1], "127.0.0.1");
	ok(tcp_port_fileno(c.server_in) > 1024 &&
		tcp_write_line(c.client_out, "far") == 4 &&
		tcp_read_line(c.server_in, TCPUNIT_NO_LIMIT, &line, &len) ==
		    1 &&
		strcmp(line, "far") == 0,
	    "L37 and a connection with a descriptor above 1024 works");
	both_close(&c);
	while (n > 0)
		tcp_close(l[--n]);
}

static void
no_descriptors(void)
{
	static const char *const names[] = {"127.0.0.1", NULL, "localhost"};
	int fds = settled_fds();
	bool told_so;

	for (int i = 0; i < 3; i++) {
		forbid_fds();
		told_so = failed(!tcp_listener_p(listen_on(names[i], 0)),
		    TCPUNIT_ERROR_SYSTEM, EMFILE);
		permit_fds();
		ok(told_so && told(strerror(EMFILE)),
		    "L38 EMFILE at listen is EMFILE (%s)",
		    names[i] ? names[i] : "no host");
	}
	is_int(settled_fds(), fds, "L38 and leaves nothing open");
}

/* Whether listening fails because the host cannot be resolved, and leaves no
 * descriptor open. */
static bool
refused(struct tcp_listen_options options)
{
	int fds = settled_fds();

	return failed(!tcp_listener_p(tcp_listen(0, &options)),
		   TCPUNIT_ERROR_RESOLVE, 0) &&
	    settled_fds() == fds;
}

static void
bad_options(void)
{
	const struct tcp_listen_options good = {TCPUNIT_LISTEN_DEFAULTS};
	struct tcp_listen_options bad;
	char *host = malloc(10001);

	bad = good;
	bad.host = "localhost";
	bad.numeric = true;
	ok(refused(bad), "numeric looks no name up");
	bad = good;
	memset(host, 'x', 10000);
	host[10000] = '\0';
	bad.host = host;
	ok(refused(bad), "a host of 10000 characters is a resolve error");
	free(host);
}

static void
families(void)
{
	struct tcp_listen_options options = {TCPUNIT_LISTEN_DEFAULTS};
	tcp_listener l;

	options.host = "dual.test";
	options.family = 4;
	l = tcp_listen(0, &options);
	ok(answers("127.0.0.1", tcp_listener_port(l)) &&
		!answers("::1", tcp_listener_port(l)),
	    "family 4 leaves out the IPv6 address of a name");
	tcp_close(l);
	options.family = 6;
	l = tcp_listen(0, &options);
	ok(answers("::1", tcp_listener_port(l)) &&
		!answers("127.0.0.1", tcp_listener_port(l)),
	    "family 6 leaves out the IPv4 address of a name");
	tcp_close(l);

	options.family = 0;
	options.host = NULL;
	options.v6only = true;
	l = tcp_listen(0, &options);
	ok(answers("::1", tcp_listener_port(l)) &&
		!answers("127.0.0.1", tcp_listener_port(l)),
	    "v6only takes no IPv4");
	tcp_close(l);

	options.host = "::";
	l = tcp_listen(0, &options);
	ok(answers("::1", tcp_listener_port(l)) &&
		!answers("127.0.0.1", tcp_listener_port(l)),
	    "nor does the host \"::\" then");
	tcp_close(l);
	options.v6only = false;
	l = tcp_listen(0, &options);
	ok(answers("::1", tcp_listener_port(l)) &&
		answers("127.0.0.1", tcp_listener_port(l)),
	    "the host \"::\" takes IPv4, as the wildcard does");
	tcp_close(l);

	options.host = NULL;
	options.loopback = true;
	l = tcp_listen(0, &options);
	ok(answers("::1", tcp_listener_port(l)) &&
		answers("127.0.0.1", tcp_listener_port(l)) &&
		!answers("192.0.2.2", tcp_listener_port(l)),
	    "loopback is 127.0.0.1 and ::1 and nothing else");
	tcp_close(l);
}

static void
shared_port(void)
{
	struct tcp_listen_options options = {TCPUNIT_LISTEN_DEFAULTS};
	tcp_listener a, b;

	options.host = "127.0.0.1";
	options.reuse_port = true;
	a = tcp_listen(0, &options);
	b = tcp_listen(tcp_listener_port(a), &options);
	ok(tcp_listener_p(a) && tcp_listener_p(b),
	    "reuse_port lets two listeners share a port");
	tcp_close(a);
	tcp_close(b);
}

static void
adopted(void)
{
	int fds[2] = {peer_listen("127.0.0.1", 0, 4), -1};
	tcp_listener l;

	fds[1] = peer_listen("127.0.0.2", peer_port(fds[0]), 4);
	l = tcp_listener_from_fds(fds, 2);
	ok(tcp_listener_p(l) && tcp_listener_port(l) == peer_port(fds[0]) &&
		tcp_listener_fileno(l, 1) == fds[1] &&
		failed(
		    tcp_listener_fileno(l, 2) == -1, TCPUNIT_ERROR_ARGUMENT, 0),
	    "sockets made elsewhere become a listener");
	ok((fcntl(fds[0], F_GETFL) & O_NONBLOCK) != 0 &&
		(fcntl(fds[0], F_GETFD) & FD_CLOEXEC) != 0,
	    "they are non-blocking and close-on-exec then");
	ok(tcp_close(l) == 0 && fcntl(fds[1], F_GETFD) == -1,
	    "and are closed with it");
}

static void
not_adopted(void)
{
	int fds[2] = {peer_listen("127.0.0.1", 0, 4), dup(0)}, flags;

	fcntl(fds[0], F_SETFD, 0);
	flags = fcntl(fds[0], F_GETFL);
	ok(failed(!tcp_listener_p(tcp_listener_from_fds(fds, 2)),
	       TCPUNIT_ERROR_ARGUMENT, EINVAL) &&
		fcntl(fds[0], F_GETFL) == flags && fcntl(fds[0], F_GETFD) == 0,
	    "sockets that are refused stay as they are");
	close(fds[0]);
	close(fds[1]);
}

/* A second close of a descriptor could close a file opened in between. */
static void
adopted_twice(void)
{
	int fd = peer_listen("127.0.0.1", 0, 4), fds[2] = {fd, fd};
	tcp_listener l;

	ok(failed(!tcp_listener_p(tcp_listener_from_fds(fds, 2)),
	       TCPUNIT_ERROR_ARGUMENT, EINVAL) &&
		told("named twice"),
	    "a socket is not taken twice by one listener");
	l = tcp_listener_from_fds(&fd, 1);
	ok(failed(!tcp_listener_p(tcp_listener_from_fds(&fd, 1)),
	       TCPUNIT_ERROR_ARGUMENT, EINVAL) &&
		told("part of a listener"),
	    "nor by two listeners");
	tcp_close(l);
	fd = peer_listen("127.0.0.1", 0, 4);
	l = tcp_listener_from_fds(&fd, 1);
	ok(tcp_listener_p(l), "its number is free again after tcp_close");
	tcp_close(l);
}

int
main(void)
{
	sandbox();
	run(port_numbers);
	run(backlogs);
	run(taken_ports);
	run(hosts);
	run(other_machines);
	run(after_connections);
	run(closed);
	run(many);
	run(no_descriptors);
	run(bad_options);
	run(families);
	run(shared_port);
	run(adopted);
	run(not_adopted);
	run(adopted_twice);
	return done_testing();
}
