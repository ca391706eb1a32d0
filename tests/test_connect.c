/* SPDX-License-Identifier: ISC */
/*
 * test_connect.c - tcp_connect, from the way a host can be written to the two
 * ports: rows C of the conformance table.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
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
#define STAGGER_MS 250

/* Connects and closes. */
static bool
connects(const char *host, int port)
{
	tcp_port in, out;

	if (tcp_connect(host, port, NULL, &in, &out) == -1) {
		diag("%s", tcp_last_error()->text);
		return false;
	}
	tcp_close_ports(in, out);
	return true;
}

/* Whether connecting fails with this error and leaves no descriptor open. */
static bool
fails(const char *host, int port, enum tcp_error_kind kind, int code)
{
	int fds = settled_fds();
	tcp_port in, out;

	return failed(tcp_connect(host, port, NULL, &in, &out) == -1, kind,
		   code) &&
	    settled_fds() == fds;
}

/* Returns a port number as text, with BEFORE and AFTER around it. */
static const char *
joined(const char *before, int port, const char *after)
{
	static char text[64];

	snprintf(text, sizeof text, "%s%d%s", before, port, after);
	return text;
}

static void
hosts(void)
{
	int l = peer_listen("127.0.0.1", 0, 16), port = peer_port(l);

	ok(connects("127.0.0.1", port) && connects("localhost", port),
	    "C01 an address and a name connect");
	ok(fails("", port, TCPUNIT_ERROR_RESOLVE, EAI_NONAME),
	    "C07 the empty host is a resolve error");
	ok(fails("no.such.host.invalid", port, TCPUNIT_ERROR_RESOLVE,
	       EAI_NONAME) &&
		told("no.such.host.invalid"),
	    "C08 an unknown name is a resolve error that tells it");
	ok(fails(
	       joined("127.0.0.1:", port, ""), port, TCPUNIT_ERROR_RESOLVE, 0),
	    "C17 a host with a port and a port beside it: resolve error");
	ok(fails(" 127.0.0.1", port, TCPUNIT_ERROR_RESOLVE, 0) &&
		fails("127.0.0.1 ", port, TCPUNIT_ERROR_RESOLVE, 0),
	    "C19 an address with a space around is not found");
	ok(fails("256.0.0.1", port, TCPUNIT_ERROR_RESOLVE, 0),
	    "C20 256.0.0.1 is not found");
	ok(connects("LOCALHOST", port), "C21 LOCALHOST is localhost");
	ok(connects("127.0.0.1\0.invalid", port),
	    "C22 a host is a string of C and ends at its first NUL");
	ok(connects("0.0.0.0", port), "C36 0.0.0.0 is this machine");
	close(l);
}

static void
short_forms(void)
{
	static const char *const texts[] = {"127.1", "2130706433"};
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	int l = peer_listen("127.0.0.1", 0, 16), fd;
	tcp_port in, out;
	bool known;

	for (int i = 0; i < 2; i++) {
		known = getaddrinfo(texts[i], NULL, &hints, &found) == 0;
		if (known)
			freeaddrinfo(found);
		fd = tcp_connect(texts[i], peer_port(l), NULL, &in, &out);
		ok((fd == 0) == known, "C18 %s is what getaddrinfo has it be",
		    texts[i]);
		if (fd == 0)
			tcp_close_ports(in, out);
	}
	close(l);
}

/* Only a look-up decides whether a name is valid; nothing rejects it first. */
static void
odd_names(void)
{
	int l = peer_listen("127.0.0.1", 0, 16), port = peer_port(l);

	ok(connects("b\303\274cher.test", port),
	    "a name with bytes over 0x7f is looked up");
	ok(connects("host.7", port) && connects(joined("host.7:", port, ""), 0),
	    "so is one whose last label is a number");
	ok(fails("*", port, TCPUNIT_ERROR_RESOLVE, EAI_NONAME) &&
		fails("[*]", port, TCPUNIT_ERROR_RESOLVE, EAI_NONAME) &&
		fails(joined("*:", port, ""), 0, TCPUNIT_ERROR_RESOLVE,
		    EAI_NONAME),
	    "an asterisk is no host");
	close(l);
}

static void
brackets(void)
{
	int l = peer_listen("::1", 0, 16), port = peer_port(l);
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	tcp_port in, out;

	ok(connects("[::1]", port), "an address in brackets connects");
	options.local_host = "[::1]";
	ok(tcp_connect("::1", port, &options, &in, &out) == 0,
	    "and is an address to connect from");
	tcp_close_ports(in, out);
	options.local_port = port;
	ok(failed(tcp_connect("::1", port, &options, &in, &out) == -1,
	       TCPUNIT_ERROR_NET, EADDRINUSE) &&
		told(joined("from [::1]:", port, "")),
	    "which a message shows with one pair");
	ok(fails("[]", port, TCPUNIT_ERROR_RESOLVE, EAI_NONAME) &&
		fails("[", port, TCPUNIT_ERROR_RESOLVE, EAI_NONAME) &&
		fails("[[::1]]", port, TCPUNIT_ERROR_RESOLVE, EAI_NONAME) &&
		fails("[::1", port, TCPUNIT_ERROR_RESOLVE, EAI_NONAME) &&
		fails(joined("[::1]:", port, ""), port, TCPUNIT_ERROR_RESOLVE,
		    EAI_NONAME),
	    "nothing, half a pair, two pairs and a port are no hosts");
	ok(fails("[::2]", port, TCPUNIT_ERROR_NET, 0) &&
		told(joined("[::2]:", port, "")) &&
		strstr(tcp_last_error()->text, "[[") == NULL,
	    "the message has one pair");
	close(l);
}

/* Of a large number, getaddrinfo(3) would take the last 16 bits. */
static void
ports_as_text(void)
{
	static const char *const before[] = {
	    "+", "-", " ", "\t", "\n", "\v", "0x", "1e", "+0", "-0"};
	static const char *const whole[] = {"0", "00", "65536", "+", "-", " ",
	    "8o", "80 ", "80.0", "99999999999999999999", "0065536", "-1"};
	int l = peer_listen("127.0.0.1", 0, 16), port = peer_port(l);
	char text[64];
	size_t i;

	ok(connects(joined("127.0.0.1:0", port, ""), 0) &&
		connects(joined("127.0.0.1:000000000", port, ""), 0),
	    "a port may begin with zeros");
	for (i = 0; i < sizeof before / sizeof *before; i++)
		for (int wrap = 0; wrap <= 65536; wrap += 65536) {
			snprintf(text, sizeof text, "127.0.0.1:%s%d", before[i],
			    port + wrap);
			ok(fails(text, 0, TCPUNIT_ERROR_ARGUMENT, ERANGE) &&
				told("not a number from 1 to 65535"),
			    "%d after text %zu is no port", port + wrap, i);
		}
	for (i = 0; i < sizeof whole / sizeof *whole; i++) {
		snprintf(text, sizeof text, "127.0.0.1:%s", whole[i]);
		ok(fails(text, 0, TCPUNIT_ERROR_ARGUMENT, ERANGE),
		    "\"%s\" is no port", whole[i]);
	}
	snprintf(text, sizeof text, "127.0.0.1:-%d", 65536 - port);
	ok(fails(text, 0, TCPUNIT_ERROR_ARGUMENT, ERANGE),
	    "nor is a number below zero that ends in the same 16 bits");
	ok(fails("127.0.0.1:*", 0, TCPUNIT_ERROR_RESOLVE, EAI_SERVICE) &&
		fails("localhost:*", 0, TCPUNIT_ERROR_RESOLVE, EAI_SERVICE),
	    "an asterisk is no service");
	close(l);
}

static void
bad_arguments(void)
{
	int l = peer_listen("127.0.0.1", 0, 16), port = peer_port(l);
	char *host = malloc(10001);

	ok(fails("127.0.0.1", -1, TCPUNIT_ERROR_ARGUMENT, 0) &&
		fails("127.0.0.1", 65536 + port, TCPUNIT_ERROR_ARGUMENT, 0),
	    "C04 ports -1 and 65536 + P are argument errors");
	memset(host, 'x', 10000);
	host[10000] = '\0';
	ok(fails(host, port, TCPUNIT_ERROR_RESOLVE, 0) &&
		fails(host, 0, TCPUNIT_ERROR_ARGUMENT, 0),
	    "a host of 10000 characters is an error like another");
	free(host);
	close(l);
}

static void
host_and_port(void)
{
	int l = peer_listen("127.0.0.1", 0, 16), port = peer_port(l);
	int six = peer_listen("::1", port, 16);
	int service = peer_listen("127.0.0.1", 5432, 16);
	tcp_port in, out;

	ok(connects(joined("127.0.0.1:", port, ""), 0),
	    "C09 HOST:PORT connects");
	ok(tcp_connect(joined("", port, ":127.0.0.1"), 0, NULL, &in, &out) ==
		-1,
	    "C10 PORT:HOST does not");
	ok(connects("localhost:postgresql", 0), "C11 HOST:SERVICE connects");
	ok(tcp_connect("postgresql:localhost", 0, NULL, &in, &out) == -1,
	    "C12 SERVICE:HOST does not");
	ok(fails("localhost", 0, TCPUNIT_ERROR_ARGUMENT, 0) && told("no port"),
	    "C13 a host alone has no port");
	ok(fails("localhost:", 0, TCPUNIT_ERROR_ARGUMENT, 0) && told("no port"),
	    "C14 a colon is no port");
	ok(fails(joined(":", port, ""), 0, TCPUNIT_ERROR_RESOLVE, EAI_NONAME),
	    "C14 the empty host before a port is a resolve error");
	ok(fails(
	       "localhost:nosuchsvc", 0, TCPUNIT_ERROR_RESOLVE, EAI_SERVICE) &&
		told("nosuchsvc"),
	    "C15 an unknown service is a resolve error that tells it");
	ok(connects(joined("[::1]:", port, ""), 0), "C16 [V6]:PORT connects");
	ok(fails(joined("::1:", port, ""), 0, TCPUNIT_ERROR_ARGUMENT, 0) &&
		told("no port") && fails("::1", 0, TCPUNIT_ERROR_ARGUMENT, 0) &&
		told("no port"),
	    "C16 an IPv6 address without brackets has no port");
	ok(fails(joined("localhost:", 65536 + port, ""), 0,
	       TCPUNIT_ERROR_ARGUMENT, 0),
	    "C04 HOST:PORT with 65536 + P is an argument error");
	close(l);
	close(six);
	close(service);
}

static void
services(void)
{
	int four = peer_listen("127.0.0.1", 5432, 16);
	int six = peer_listen("::1", 5432, 16);

	ok(connects("127.0.0.1:postgresql", 0),
	    "C11 an address and a service connect");
	ok(connects("[::1]:postgresql", 0), "C16 [V6]:SERVICE connects");
	close(four);
	close(six);
}

static void
refusals(void)
{
	int port = peer_free_port("127.0.0.1"), l, fds;

	ok(fails("127.0.0.1", port, TCPUNIT_ERROR_NET, ECONNREFUSED) &&
		told(joined("127.0.0.1:", port, "")) &&
		told(strerror(ECONNREFUSED)),
	    "C02 refused: ECONNREFUSED, with host and port");

	l = peer_listen("127.0.0.1", 0, 16);
	port = peer_port(l);
	ok(fails("::1", port, TCPUNIT_ERROR_NET, ECONNREFUSED),
	    "C23 ::1 on an IPv4 listener's port is ECONNREFUSED");

	fds = settled_fds();
	for (int i = 0; i < 10; i++) {
		fails("::1", port, TCPUNIT_ERROR_NET, ECONNREFUSED);
		listen_on("127.0.0.1", port);
	}
	is_int(settled_fds(), fds,
	    "C34 ten refusals and ten taken ports leave nothing open");
	close(l);
}

static void
next_address(void)
{
	int l = peer_listen("127.0.0.3", 0, 16), port = peer_port(l);
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN];
	int64_t start = now_ms();
	tcp_port in, out;

	ok(tcp_connect("three.test", port, NULL, &in, &out) == 0 &&
		tcp_addresses(in, local, remote) == 0 &&
		strcmp(remote, "127.0.0.3") == 0,
	    "C24 the third address of a name connects where it alone listens");
	ok(within(now_ms() - start, 0, STAGGER_MS),
	    "C24 and a refusal is not waited upon");
	tcp_close_ports(in, out);
	close(l);

	l = peer_listen("127.0.0.1", 0, 16);
	ok(connects("dual.test", peer_port(l)),
	    "C25 a name of both families connects where IPv4 alone listens");
	close(l);
}

/* Starts a process that resets each connection to L, until no more come. */
static pid_t
start_denier(int l)
{
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	while ((fd = peer_accept(l)) != -1)
		peer_reset(fd);
	_exit(0);
}

/* A reset after the handshake must not lead to the next address: that may
 * belong to another server.  The library goes on only if the first address
 * was silent.  The reset may also arrive after tcp_connect has returned. */
static void
turned_away(void)
{
	int l = peer_listen("127.0.0.1", 0, 16), port = peer_port(l);
	int next = peer_listen("127.0.0.2", port, 512);
	pid_t denier = start_denier(l);
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN];
	int astray = 0, odd = 0;
	tcp_port in, out;
	int64_t start;

	for (int i = 0; i < 50; i++) {
		start = now_ms();
		if (tcp_connect("three.test", port, NULL, &in, &out) == 0) {
			tcp_addresses(in, local, remote);
			astray += now_ms() - start < STAGGER_MS &&
			    strcmp(remote, "127.0.0.1") != 0;
			tcp_close_ports(in, out);
		} else {
			odd += tcp_last_error()->code != ECONNRESET;
		}
	}
	ok(astray == 0, "after a reset no other address is tried: %d", astray);
	ok(odd == 0, "a reset after the handshake is ECONNRESET: %d", odd);
	kill(denier, SIGKILL);
	waitpid(denier, NULL, 0);
	close(next);
	close(l);
}

static void
every_address_told(void)
{
	int port = peer_free_port("127.0.0.1");
	const char *lines;

	ok(fails("three.test", port, TCPUNIT_ERROR_NET, ECONNREFUSED) &&
		told(joined("three.test:", port, "")),
	    "an error tells the host as it was written");
	ok(fails("mixed.test", port, TCPUNIT_ERROR_NET, ECONNREFUSED),
	    "a refusal counts more than an address without a route");
	ok(fails("three.test", port, TCPUNIT_ERROR_NET, ECONNREFUSED),
	    "and the reason of other addresses is that of the last");
	lines = tcp_last_error()->details;
	ok(strstr(lines, "127.0.0.1") && strstr(lines, "127.0.0.2") &&
		strstr(lines, "127.0.0.3"),
	    "its details tell every address that was tried");
}

static void
black_hole(void)
{
	struct hole first = hole_open("127.0.0.1", 0), second;
	int l, fds;
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN];
	tcp_port in, out;
	int64_t start;

	second = hole_open("127.0.0.2", first.port);
	l = peer_listen("127.0.0.3", first.port, 16);
	start = now_ms();
	fds = settled_fds();
	ok(tcp_connect("three.test", first.port, NULL, &in, &out) == 0 &&
		within(now_ms() - start, 2 * STAGGER_MS, 1000 + SLACK_MS) &&
		tcp_addresses(in, local, remote) == 0 &&
		strcmp(remote, "127.0.0.3") == 0,
	    "C26 two black holes hold up a connect for half a second");
	is_int(settled_fds(), fds + 1, "C26 and the lost attempts are closed");
	tcp_close_ports(in, out);
	hole_close(&second);
	hole_close(&first);
	close(l);
}

/* Eighteen refusals that took 250 ms each would be 4.5 s. */
static void
refused_behind_a_hole(void)
{
	struct hole first = hole_open("127.0.0.1", 0);
	int l = peer_listen("127.0.0.20", first.port, 16);
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN];
	int64_t start = now_ms();
	tcp_port in, out;

	ok(tcp_connect("many.test", first.port, NULL, &in, &out) == 0 &&
		within(now_ms() - start, STAGGER_MS, 3000) &&
		tcp_addresses(in, local, remote) == 0 &&
		strcmp(remote, "127.0.0.20") == 0,
	    "a refusal begins the next attempt at once, whoever else is "
	    "silent");
	tcp_close_ports(in, out);
	hole_close(&first);
	close(l);
}

/* A hole that begins to accept inside the library's tenth call of socket(2);
 * the first of these sockets was connecting to it. */
static struct {
	struct hole *hole;
	int sockets, first;
} opening;

int
socket(int domain, int type, int protocol)
{
	static int (*real)(int, int, int);
	struct pollfd p = {.events = POLLOUT};
	int fd;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "socket");
	fd = real(domain, type, protocol);
	if (opening.hole == NULL || protocol != IPPROTO_TCP)
		return fd;
	if (opening.sockets++ == 0)
		opening.first = fd;
	if (opening.sockets == 10) {
		close(peer_accept(opening.hole->listener));
		p.fd = opening.first;
		poll(&p, 1, PATIENCE_MS); /* until its next SYN is answered */
	}
	return fd;
}

/* Terminates a thread that still waits after ten seconds. */
static void *
end_wait(void *thread)
{
	if (tcp_thread_sleep(10000) == 0)
		tcp_thread_terminate(*(tcp_thread *)thread);
	return NULL;
}

/* After sixteen refusals another thread gets a turn.  During this turn the
 * first connection attempt succeeds. */
static void
connected_amid_refusals(void)
{
	struct hole first = hole_open("127.0.0.1", 0), last;
	tcp_thread self = tcp_current_thread();
	tcp_thread other = tcp_thread_start(end_wait, &self);
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN] = "none";
	tcp_port in, out;

	last = hole_open("127.0.0.20", first.port);
	opening.hole = &first;
	if (tcp_connect("many.test", first.port, NULL, &in, &out) == 0) {
		tcp_addresses(in, local, remote);
		tcp_close_ports(in, out);
	}
	opening.hole = NULL;
	is_str(remote, "127.0.0.1",
	    "an attempt that succeeds amid refusals is noticed");
	tcp_thread_terminate(other);
	tcp_thread_join(other, NULL, -1);
	hole_close(&last);
	hole_close(&first);
}

/* Returns how long connecting takes to time out, or -1 if it ends otherwise. */
static int64_t
connect_in_vain(const char *host, int port, int limit)
{
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	int64_t start = now_ms();
	tcp_port in, out;

	options.timeout = limit;
	if (!failed(tcp_connect(host, port, &options, &in, &out) == -1,
		TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT))
		return -1;
	return now_ms() - start;
}

static void
full_backlog(void)
{
	struct hole h = hole_open("127.0.0.1", 0);
	struct ticker t;
	int64_t took;
	int fds;

	ticker_start(&t);
	fds = settled_fds();
	took = connect_in_vain("127.0.0.1", h.port, LIMIT_MS);
	ok(within(took, LIMIT_MS, LIMIT_MS + SLACK_MS) && settled_fds() == fds,
	    "C27 a full backlog times out when told, and is closed");
	ok(ticker_stop(&t), "C29 other threads run while one connects");

	alarms_start();
	took = connect_in_vain("127.0.0.1", h.port, 2 * LIMIT_MS);
	ok(alarms_stop() > 0 &&
		within(took, 2 * LIMIT_MS, 2 * LIMIT_MS + SLACK_MS),
	    "C28 signals do not end a connect");
	hole_close(&h);
}

static void
silent_name_server(void)
{
	struct ticker t;
	int64_t took;

	ticker_start(&t);
	took = connect_in_vain("silent.test", 1, LIMIT_MS);
	ok(within(took, LIMIT_MS, LIMIT_MS + SLACK_MS),
	    "C30 the time limit counts the look-up");
	ok(ticker_stop(&t), "C30 and other threads run meanwhile");
}

static void
late_name_server(void)
{
	int l = peer_listen("127.0.0.1", 0, 16), port = peer_port(l);
	int fds = settled_fds();
	int64_t start = now_ms();

	ok(within(connect_in_vain("slow.test", port, LIMIT_MS), LIMIT_MS,
	       LIMIT_MS + SLACK_MS),
	    "C30 a look-up can be left behind");
	ok(connects("slow.test", port) &&
		within(now_ms() - start, SLOW_MS, 2 * SLOW_MS + SLACK_MS),
	    "a slow name connects when there is time");
	is_int(settled_fds(), fds, "C30 a late answer leaves nothing open");
	close(l);
}

/* Connects, and stores the port and host that the peer sees. */
static int
connect_to(const char *target, int port,
    const struct tcp_connect_options *options, int *is_port,
    char is_host[TCPUNIT_ADDRLEN])
{
	char remote[TCPUNIT_ADDRLEN];
	tcp_port in, out;
	int remote_port;

	if (tcp_connect(target, port, options, &in, &out) == -1)
		return -1;
	tcp_port_numbers(in, is_port, &remote_port);
	tcp_addresses(in, is_host, remote);
	tcp_close_ports(in, out);
	return 0;
}

static int
connect_from(const char *local_host, int local_port, int port, int *is_port,
    char is_host[TCPUNIT_ADDRLEN])
{
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};

	options.local_host = local_host;
	options.local_port = local_port;
	return connect_to("127.0.0.1", port, &options, is_port, is_host);
}

/* Whether the last error is about the local end and has TEXT in its message. */
static bool
told_local(const char *text)
{
	return strcmp(tcp_last_error()->where, "bind") == 0 && told(text);
}

static void
local_ends(void)
{
	int l = peer_listen("127.0.0.1", 0, 16), port = peer_port(l);
	int mine = peer_free_port("127.0.0.2"), is, fds, other;
	char host[TCPUNIT_ADDRLEN];

	ok(connect_from("127.0.0.2", mine, port, &is, host) == 0 &&
		is == mine && strcmp(host, "127.0.0.2") == 0,
	    "C31 connects from the local host and port given");

	other = peer_listen("127.0.0.1", 0, 1);
	fds = settled_fds();
	ok(failed(connect_from(
		      "127.0.0.1", peer_port(other), port, &is, host) == -1,
	       TCPUNIT_ERROR_NET, EADDRINUSE) &&
		settled_fds() == fds,
	    "C32 a local port in use is EADDRINUSE and leaves nothing open");
	close(other);

	ok(failed(connect_from(NULL, peer_port(l), port, &is, host) == -1,
	       TCPUNIT_ERROR_NET, EADDRINUSE) &&
		told_local("from :"),
	    "an error of the local port is about the local end");
	mine = peer_free_port("0.0.0.0");
	ok(connect_from(NULL, mine, port, &is, host) == 0 && is == mine,
	    "C33 connects from a local port alone");
	ok(failed(connect_from("8.8.8.8", 0, port, &is, host) == -1,
	       TCPUNIT_ERROR_NET, EADDRNOTAVAIL) &&
		told_local("from 8.8.8.8"),
	    "another machine's address as the local one: EADDRNOTAVAIL");
	ok(failed(connect_from("no.test", 0, port, &is, host) == -1,
	       TCPUNIT_ERROR_RESOLVE, 0) &&
		told_local("from no.test"),
	    "an unknown name as the local one: a resolve error of its own");
	close(l);
}

/* Whether connecting with LOCAL_HOST as the local end uses ADDRESS. */
static bool
comes_from(
    const char *address, const char *local_host, const char *target, int port)
{
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	char is_host[TCPUNIT_ADDRLEN];
	int is_port;

	options.local_host = local_host;
	return connect_to(target, port, &options, &is_port, is_host) == 0 &&
	    strcmp(is_host, address) == 0;
}

/* Whether a connection is refused at IPv4, the first family, although this
 * machine lacks the local address of the other one. */
static bool
refused_without_ipv6(void)
{
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	tcp_port in, out;

	options.local_host = "dual.test";
	return sandbox_without_ipv6() &&
	    failed(tcp_connect("dual.test", 1, &options, &in, &out) == -1,
		TCPUNIT_ERROR_NET, ECONNREFUSED) &&
	    strcmp(tcp_last_error()->where, "connect") == 0;
}

static void
local_names(void)
{
	static const char *const both[] = {"127.0.0.1", "::1"};
	int l, port;

	for (int i = 0; i < 2; i++) {
		l = peer_listen(both[i], 0, 16);
		port = peer_port(l);
		ok(comes_from(both[i], "dual.test", both[i], port) &&
			comes_from(both[i], "dual.test", "dual.test", port),
		    "a local name serves %s", both[i]);
		ok(comes_from(both[i], both[i], "dual.test", port),
		    "%s as the local end leaves out the other family", both[i]);
		close(l);
	}
	ok(in_child(refused_without_ipv6),
	    "a local address that is missing hides no failure of the host");
}

/* Opens as many connections from HOST to PORT as possible, leaves them open,
 * and returns their number. */
static int
connect_many(const char *host, int port)
{
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	tcp_port in, out;
	int n = 0;

	options.local_host = host;
	while (
	    n <= FEW_PORTS && tcp_connect(host, port, &options, &in, &out) == 0)
		n++;
	return n;
}

static bool
ports_for_each(const char *host)
{
	int first = peer_listen(host, 4001, 64);
	int second = peer_listen(host, 4002, 64);
	int n = connect_many(host, 4001), m = connect_many(host, 4002);

	diag("%s: %d connections, then %d", host, n, m);
	close(first);
	close(second);
	return n > 1 && n == m;
}

static bool
ports_for_each_destination(void)
{
	return sandbox_few_ports() && ports_for_each("127.0.0.1") &&
	    ports_for_each("::1");
}

static void
local_host_alone(void)
{
	ok(in_child(ports_for_each_destination),
	    "a local host takes no port from other destinations");
}

/* Whether a look-up for which only one descriptor is free fails with EMFILE. */
static bool
tells_want(void)
{
	int spare = dup(0);
	tcp_port in, out;
	bool told_so;

	tcp_thread_yield(); /* the scheduler then has its own descriptors */
	forbid_fds();
	close(spare);
	told_so = failed(tcp_connect("localhost", 1, NULL, &in, &out) == -1,
	    TCPUNIT_ERROR_SYSTEM, EMFILE);
	permit_fds();
	return told_so;
}

/* While this is true, the C library's look-ups find no free descriptor. */
static bool short_of_files;

int
getaddrinfo(const char *name, const char *service, const struct addrinfo *req,
    struct addrinfo **pai)
{
	static int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);

	if (short_of_files && !(req->ai_flags & AI_NUMERICHOST)) {
		errno = EMFILE;
		return EAI_NONAME;
	}
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(name, service, req, pai);
}

static void
passing_shortage(void)
{
	tcp_port in, out;

	short_of_files = true;
	failed(tcp_connect("localhost", 1, NULL, &in, &out) == -1,
	    TCPUNIT_ERROR_SYSTEM, EMFILE);
	ok(told(strerror(EMFILE)),
	    "C35 EMFILE that ends with the look-up is EMFILE");
	short_of_files = false;
}

/* For its first look-up the C library reads files that say how to look up
 * names. */
static void
first_look_up(void)
{
	ok(in_child(tells_want), "C35 EMFILE at the first look-up is EMFILE");
}

static void
no_descriptors(void)
{
	static const char *const names[] = {"127.0.0.1", "localhost"};
	int l = peer_listen("127.0.0.1", 0, 16), port = peer_port(l);
	tcp_port in, out;
	bool told_so;

	for (int i = 0; i < 2; i++) {
		forbid_fds();
		told_so =
		    failed(tcp_connect(names[i], port, NULL, &in, &out) == -1,
			TCPUNIT_ERROR_SYSTEM, EMFILE);
		permit_fds();
		ok(told_so && told(strerror(EMFILE)),
		    "C35 EMFILE at connect is EMFILE (%s)", names[i]);
	}
	ok(tells_want(), "C35 also where one is left for the look-up");
	close(l);
}

static void
mapped(void)
{
	int l = peer_listen("127.0.0.1", 0, 16);
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN];
	tcp_port in, out;

	ok(tcp_connect("::ffff:127.0.0.1", peer_port(l), NULL, &in, &out) ==
		    0 &&
		tcp_addresses(in, local, remote) == 0 &&
		strcmp(remote, "127.0.0.1") == 0,
	    "C37 an IPv4-mapped address connects and is shown as IPv4");
	tcp_close_ports(in, out);
	close(l);
}

static void
choices(void)
{
	int l = peer_listen("127.0.0.1", 0, 16), port = peer_port(l);
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	tcp_port in, out;

	options.numeric = true;
	ok(failed(tcp_connect("localhost", port, &options, &in, &out) == -1,
	       TCPUNIT_ERROR_RESOLVE, 0),
	    "numeric looks no name up");
	options.numeric = false;
	options.family = 6;
	ok(failed(tcp_connect("dual.test", port, &options, &in, &out) == -1,
	       TCPUNIT_ERROR_NET, ECONNREFUSED),
	    "family 6 leaves out the IPv4 address of a name");
	ok(failed(tcp_connect("three.test", port, &options, &in, &out) == -1,
	       TCPUNIT_ERROR_RESOLVE, 0),
	    "family 6 of a name with IPv4 alone is a resolve error");
	close(l);
}

/* The kernel closes the connection, as it does when a process ends. */
static bool
death_is_reset(bool nolinger)
{
	int l = peer_listen("127.0.0.1", 0, 16), fd;
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	tcp_port in, out;
	char byte;
	ssize_t n;

	options.nolinger = nolinger;
	if (tcp_connect("127.0.0.1", peer_port(l), &options, &in, &out) == -1)
		return !nolinger;
	fd = peer_accept(l);
	tcp_abandon_port(in);
	tcp_abandon_port(out);
	tcp_close_ports(in, out);
	n = recv(fd, &byte, 1, 0);
	close(fd);
	close(l);
	return n == -1 && errno == ECONNRESET;
}

static void
lingering(void)
{
	ok(death_is_reset(true), "nolinger: a death is a reset");
	ok(!death_is_reset(false), "else it is an end of file");
}

int
main(void)
{
	sandbox();
	metronome_start();
	run(first_look_up);
	run(hosts);
	run(short_forms);
	run(odd_names);
	run(brackets);
	run(ports_as_text);
	run(bad_arguments);
	run(host_and_port);
	run(services);
	run(refusals);
	run(next_address);
	run(turned_away);
	run(every_address_told);
	run(black_hole);
	run(refused_behind_a_hole);
	run(connected_amid_refusals);
	run(full_backlog);
	run(late_name_server);
	run(local_ends);
	run(local_names);
	run(local_host_alone);
	run(no_descriptors);
	run(passing_shortage);
	run(mapped);
	run(choices);
	run(lingering);
	run(silent_name_server);
	return done_testing();
}
