/* SPDX-License-Identifier: ISC */
/*
 * test_resolve.c - the resources of the process that name look-ups use,
 * whatever the name servers do.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <tcpunit.h>
#include <unistd.h>

#include "peer.h"
#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

#define HELPERS 8
#define DESCRIPTORS 16
#define CROWD 1000
#define TICK_MS 10

/* A green thread that connects, and the error with which it ended. */
struct client {
	char host[64];
	int port;
	int timeout;
	int result;
	struct tcp_error error;
	tcp_thread thread;
};

static struct client crowd[CROWD];

static void *
look_up(void *arg)
{
	struct client *c = arg;
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	tcp_port in, out;

	options.timeout = c->timeout;
	c->result = tcp_connect(c->host, c->port, &options, &in, &out);
	c->error = *tcp_last_error();
	if (c->result == 0)
		tcp_close_ports(in, out);
	return NULL;
}

/* The client connects to HOST or, if HOST is NULL, to a name of its own that no
 * name server ever answers. */
static void
client_start(int i, const char *host, int port, int timeout)
{
	crowd[i] = (struct client){.port = port, .timeout = timeout};
	if (host == NULL)
		snprintf(
		    crowd[i].host, sizeof crowd[i].host, "silent.%d.test", i);
	else
		strcpy(crowd[i].host, host);
	crowd[i].thread = tcp_thread_start(look_up, &crowd[i]);
}

static void
crowd_start(int n, const char *host, int port, int timeout)
{
	for (int i = 0; i < n; i++)
		client_start(i, host, port, timeout);
	tcp_thread_yield(); /* now each of them waits */
}

/* Joins the clients; returns how many of them ended with an error of KIND. */
static int
crowd_end(int n, enum tcp_error_kind kind)
{
	int ended = 0;

	for (int i = 0; i < n; i++) {
		tcp_thread_join(crowd[i].thread, NULL, -1);
		ended += crowd[i].result == -1 && crowd[i].error.kind == kind;
	}
	return ended;
}

static void
crowd_terminate(int n)
{
	for (int i = 0; i < n; i++)
		tcp_thread_terminate(crowd[i].thread);
	crowd_end(n, TCPUNIT_ERROR_TERMINATED);
}

/* In the first three tests the name servers keep all helpers busy for five
 * seconds; settled_fds() waits until the helpers have ended. */
static void
a_crowd(void)
{
	int fds = settled_fds(), most = 0, n;

	crowd_start(CROWD, NULL, 1, 20 * TICK_MS);
	is_int(other_threads(), HELPERS, "1000 look-ups have eight OS threads");
	while (crowd[CROWD - 1].error.text == NULL) {
		n = open_fds() - fds;
		most = n > most ? n : most;
		tcp_thread_sleep(TICK_MS);
	}
	ok(most <= DESCRIPTORS, "and 16 descriptors at most (%d)", most);
	is_int(crowd_end(CROWD, TCPUNIT_ERROR_TIMEOUT), CROWD,
	    "each of them times out, those in the queue as well");
	is_int(settled_fds(), fds,
	    "what nobody waits for is not looked up any more");
	is_int(other_threads(), 0, "and idle OS threads end");
}

static void
digits_beside_silence(void)
{
	int l = peer_listen("127.0.0.1", 5432, 16);
	static const char *const hosts[] = {
	    "127.0.0.1", "127.0.0.1:postgresql", "localhost"};
	struct client c = {.timeout = 300};

	crowd_start(HELPERS, NULL, 1, -1);
	for (int i = 0; i < 3; i++) {
		strcpy(c.host, hosts[i]);
		c.port = strchr(hosts[i], ':') ? 0 : 5432;
		look_up(&c);
		if (i < 2)
			is_int(c.result, 0,
			    "%s needs no look-up, and eight silent names do "
			    "not delay it",
			    hosts[i]);
		else
			ok(c.result == -1 &&
				c.error.kind == TCPUNIT_ERROR_TIMEOUT,
			    "a name waits for them within its time limit");
	}
	is_int(other_threads(), HELPERS, "there are no more than eight");
	c.timeout = -1;
	look_up(&c);
	is_int(c.result, 0, "and is found once they are through");
	crowd_terminate(HELPERS);
	settled_fds();
	close(l);
}

static void *
other_runtime(void *arg)
{
	for (int i = 0; i < HELPERS; i++)
		tcp_thread_start(look_up, (struct client *)arg + i);
	for (int64_t end = now_ms() + 3000;
	     now_ms() < end && other_threads() < 1 + HELPERS;)
		tcp_thread_sleep(TICK_MS);
	return NULL; /* the callers give up */
}

/* Returns how many OS threads look up for two runtimes; fewer, if that took so
 * long that the first of them have had enough. */
static int
shared_threads(void)
{
	static struct client theirs[HELPERS];
	int64_t start = now_ms();
	pthread_t other;
	int n;

	for (int i = 0; i < HELPERS; i++) {
		theirs[i] = (struct client){.port = 1, .timeout = -1};
		snprintf(theirs[i].host, sizeof theirs[i].host,
		    "silent.other%d.test", i);
	}
	crowd_start(HELPERS / 2, NULL, 1, -1);
	pthread_create(&other, NULL, other_runtime, theirs);
	pthread_join(other, NULL);
	/* The OS thread that was joined may still be about to end. */
	do
		n = other_threads();
	while (n != HELPERS && now_ms() - start < 4000 &&
	    tcp_thread_sleep(1) == 0);
	crowd_terminate(HELPERS / 2);
	settled_fds();
	return n;
}

static void
two_runtimes(void)
{
	int l = peer_listen("127.0.0.1", 0, 16), n = -1;

	for (int i = 0; i < 5 && n != HELPERS; i++)
		n = shared_threads();
	is_int(n, HELPERS, "the OS threads of a program share eight");
	crowd_start(2, "three.test", peer_port(l), -1);
	is_int(crowd_end(2, TCPUNIT_ERROR_NET), 0,
	    "an OS thread that ends amid a look-up leaves it in order");
	settled_fds();
	close(l);
}

static void
joined(void)
{
	int l = peer_listen("127.0.0.1", 0, CROWD), failures;

	crowd_start(100, "slow.test", peer_port(l), -1);
	is_int(other_threads(), 1, "equal look-ups are one");
	failures = crowd_end(100, TCPUNIT_ERROR_RESOLVE);
	is_int(failures, 0, "and all get the answer");
	settled_fds();
	crowd_start(2, "slow.test", peer_port(l), 1100);
	crowd_end(2, TCPUNIT_ERROR_TIMEOUT);
	crowd_start(2, "slow.test", peer_port(l), -1);
	ok(other_threads() > 0, "after a second the name is looked up anew");
	is_int(crowd_end(2, TCPUNIT_ERROR_RESOLVE), 0, "and found");
	settled_fds();
	close(l);
}

/* A client tries again while its first look-up is still unanswered. */
static void
retried(void)
{
	crowd_start(1, "silent.test", 1, 1100);
	crowd_end(1, TCPUNIT_ERROR_TIMEOUT);
	crowd_start(1, "silent.test", 1, -1);
	is_int(other_threads(), 2, "a retry asks again after a second");
	crowd_terminate(1);
	settled_fds();
}

static void
given_up(void)
{
	struct client c = {.host = "silent.test", .port = 1, .timeout = 0};

	look_up(&c);
	ok(c.result == -1 && c.error.kind == TCPUNIT_ERROR_TIMEOUT &&
		other_threads() == 0,
	    "a name and no time: nobody is asked");
	crowd_start(3, NULL, 1, -1);
	for (int i = 0; i < 3; i++)
		tcp_thread_terminate(crowd[i].thread);
	is_int(crowd_end(3, TCPUNIT_ERROR_TERMINATED), 3,
	    "a look-up can be terminated");
	crowd_start(3, NULL, 1, -1);
	tcp_shutdown();
	ok(true, "and goes with its runtime");
}

/* The processor time that this process has used, in milliseconds. */
static int64_t
used_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
	    (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

/* The child's part: returns 0 if the child rests while it waits, and can look
 * names up. */
static int
child(int port)
{
	struct client c = {.host = "localhost", .port = port, .timeout = -1};
	int64_t used = used_ms();

	tcp_thread_sleep(1000);
	if (used_ms() - used > 500)
		return 1;
	look_up(&c);
	return c.result == 0 ? 0 : 2;
}

/* Lets the OS threads begin their look-ups and wait for answers.  A fork while
 * one of them allocates would leave ASan's allocator locked in the child. */
static void
let_look_ups_wait(void)
{
	for (int i = 0; i < 1000 && other_threads() < HELPERS; i++)
		tcp_thread_sleep(1);
	tcp_thread_sleep(200);
}

static void
forked(void)
{
	int l = peer_listen("127.0.0.1", 0, 64);
	pid_t pid;

	client_start(0, "slow.test", peer_port(l), -1);
	for (int i = 1; i <= 2 * HELPERS; i++) /* more than are started */
		client_start(i, NULL, 1, -1);
	let_look_ups_wait();
	pid = fork();
	if (pid == 0) {
		alarm(60);
		_exit(child(peer_port(l)));
	}
	is_int(status_of(pid), 0,
	    "the child of a fork amid look-ups rests, and looks names up");
	is_int(crowd_end(1, TCPUNIT_ERROR_RESOLVE), 0,
	    "and takes no answer from its parent");
	crowd_terminate(2 * HELPERS + 1);
	settled_fds();
	close(l);
}

/* While this is true, an OS thread that has looked a name up is slow to end. */
static bool ends_slowly;
static pthread_key_t end;

int
getaddrinfo(const char *name, const char *service, const struct addrinfo *req,
    struct addrinfo **pai)
{
	static int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (ends_slowly && !(req->ai_flags & AI_NUMERICHOST))
		pthread_setspecific(end, "");
	return real(name, service, req, pai);
}

static void
end_slowly(void *value)
{
	(void)value;
	poll(NULL, 0, 300);
}

static bool
looks_up(void)
{
	union tcp_address list[TCPUNIT_MAX_ADDRESSES];

	return tcp_resolve(
		   "dual.test", NULL, NULL, list, TCPUNIT_MAX_ADDRESSES) == 2;
}

/* The end of an OS thread takes locks of the C library, such as that of glibc's
 * resolver.  The child of a fork amid that could wait for them for ever. */
static void
forked_after_a_look_up(void)
{
	pthread_key_create(&end, end_slowly);
	ends_slowly = true;
	ok(looks_up() && other_threads() == 1 && in_child(looks_up),
	    "the child of a fork after a look-up looks names up");
	ok(looks_up() && looks_up() && other_threads() > 1 &&
		in_child(looks_up) && other_threads() == 0,
	    "and no OS thread is about to end when it is forked");
	ends_slowly = false;
}

/* Returns the child's ID. */
static void *
fork_cancelled(void *unused)
{
	pid_t pid;

	(void)unused;
	pthread_cancel(pthread_self());
	pid = fork();
	if (pid == 0)
		_exit(0);
	return (void *)(intptr_t)pid;
}

static void
cancelled_in_a_fork(void)
{
	pthread_t thread;
	void *pid;

	ends_slowly = true;
	looks_up();
	pthread_create(&thread, NULL, fork_cancelled, NULL);
	pthread_join(thread, &pid);
	ok(pid != PTHREAD_CANCELED && status_of((pid_t)(intptr_t)pid) == 0,
	    "an OS thread that is cancelled forks after a look-up");
	ends_slowly = false;
}

/* ---- tcp_resolve ---- */

/* Whether the I-th address of HOST and SERVICE reads TEXT. */
static bool
resolves(const char *host, const char *service, int i, const char *text)
{
	union tcp_address list[TCPUNIT_MAX_ADDRESSES];
	char address[TCPUNIT_ADDRLEN], whole[TCPUNIT_ADDRLEN + 8];
	int port,
	    n = tcp_resolve(host, service, NULL, list, TCPUNIT_MAX_ADDRESSES);

	if (n <= i)
		return false;
	port = tcp_address_text(&list[i], address);
	tcp_host_port(address, port, whole, sizeof whole);
	return strcmp(whole, text) == 0;
}

static void
addresses_of_a_host(void)
{
	struct tcp_resolve_options six = {
	    TCPUNIT_RESOLVE_DEFAULTS, .family = 6};
	union tcp_address list[TCPUNIT_MAX_ADDRESSES];

	is_int(tcp_resolve("three.test", NULL, NULL, list, 64), 3,
	    "tcp_resolve stores each address of a host once");
	is_int(tcp_resolve("three.test", NULL, NULL, list, 2), 2,
	    "and no more than there is room for");
	ok(resolves("three.test", NULL, 2, "127.0.0.3"),
	    "in the order of the resolver, and without a port if none is "
	    "asked for");
	ok(resolves("three.test", "080", 1, "127.0.0.2:80"),
	    "a service may be a number");
	ok(resolves("127.0.0.1", "postgresql", 0, "127.0.0.1:5432"),
	    "or a name");
	ok(resolves("[::1]", "80", 0, "[::1]:80"),
	    "an address may be in brackets");
	ok(resolves("::ffff:192.0.2.1", "80", 0, "192.0.2.1:80"),
	    "an IPv4-mapped address reads as a dotted quad");
	is_int(tcp_resolve("dual.test", NULL, &six, list, 64), 1,
	    "a family has its own addresses only");
	is_int(list[0].sa.sa_family, AF_INET6, "of that family");
}

static void
hosts_without_addresses(void)
{
	struct tcp_resolve_options numeric = {
	    TCPUNIT_RESOLVE_DEFAULTS, .numeric = true};
	struct tcp_resolve_options hurried = {TCPUNIT_RESOLVE_DEFAULTS};
	union tcp_address a;

	hurried.timeout = TICK_MS;
	ok(failed(tcp_resolve("no.test", NULL, NULL, &a, 1) == -1,
	       TCPUNIT_ERROR_RESOLVE, EAI_NONAME) &&
		told("resolve no.test"),
	    "an unknown host is a resolve error that names it");
	ok(failed(tcp_resolve("localhost", NULL, &numeric, &a, 1) == -1,
	       TCPUNIT_ERROR_RESOLVE, EAI_NONAME),
	    "and so is any name if names are not wanted");
	ok(failed(tcp_resolve("127.0.0.1", "nothing", NULL, &a, 1) == -1,
	       TCPUNIT_ERROR_RESOLVE, EAI_SERVICE),
	    "an unknown service is one, too");
	ok(failed(tcp_resolve("silent.test", NULL, &hurried, &a, 1) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "a look-up ends within its time limit");
	ok(failed(tcp_resolve("127.0.0.1", "65536", NULL, &a, 1) == -1,
	       TCPUNIT_ERROR_ARGUMENT, ERANGE),
	    "a number has to be that of a port");
	ok(failed(tcp_resolve("127.0.0.1", NULL, NULL, &a, 0) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "there has to be room for an address");
	a.sa.sa_family = AF_UNIX;
	ok(failed(tcp_address_text(&a, (char[TCPUNIT_ADDRLEN]){0}) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EAFNOSUPPORT),
	    "another family has no text");
}

static void
texts_of_hosts(void)
{
	char text[8];

	is_int(tcp_host_port("localhost", 80, text, sizeof text), 12,
	    "tcp_host_port returns the length of the whole text");
	is_str(text, "localho", "and stores what there is room for");
	tcp_host_port("::1", 0, text, sizeof text);
	is_str(text, "[::1]", "without a port it is the host, in brackets");
	tcp_host_port("[::1]", 80, text, sizeof text);
	is_str(text, "[::1]:8", "which are not put there twice");
}

/* Whether TEXT is split into HOST and PORT, which may be NULL. */
static bool
splits(const char *text, const char *host, const char *port)
{
	char found[20];
	const char *rest;

	int n = tcp_split_host_port(text, found, sizeof found, &rest);

	if (n == -1)
		return host == NULL;
	return host && n == (int)strlen(host) && strcmp(found, host) == 0 &&
	    !rest == !port && (!port || strcmp(rest, port) == 0);
}

static void
parts_of_texts(void)
{
	const char *port;
	char text[8];

	ok(splits("localhost:http", "localhost", "http") &&
		splits("192.0.2.1:80", "192.0.2.1", "80") &&
		splits("[2001:db8::1]:80", "2001:db8::1", "80"),
	    "tcp_split_host_port finds the host and the port");
	ok(splits("localhost", "localhost", NULL) &&
		splits("[::1]", "::1", NULL),
	    "there may be no port");
	ok(splits("::1:80", "::1:80", NULL),
	    "an IPv6 address without brackets has no port");
	ok(splits(":80", "", "80") && splits("localhost:", "localhost", "") &&
		splits("", "", NULL),
	    "either may be empty");
	ok(splits("[::1", NULL, NULL) && splits("[::1]x:80", NULL, NULL) &&
		splits("[]:80", NULL, NULL),
	    "brackets enclose the whole host");
	is_int(tcp_split_host_port("localhost:80", text, sizeof text, &port), 9,
	    "it returns the length of the whole host");
	is_str(text, "localho", "and stores what there is room for");
}

int
main(void)
{
	sandbox();
	tcp_thread_yield();
	run(a_crowd);
	run(digits_beside_silence);
	run(two_runtimes);
	run(joined);
	run(retried);
	run(forked);
	run(forked_after_a_look_up);
	run(cancelled_in_a_fork);
	run(given_up);
	run(addresses_of_a_host);
	run(hosts_without_addresses);
	run(texts_of_hosts);
	run(parts_of_texts);
	return done_testing();
}
