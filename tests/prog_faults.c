/* SPDX-License-Identifier: ISC */
/*
 * prog_faults.c SCENARIO - uses the library while faults/interpose.c makes a
 * system call fail.  The exit status is 0 if everything went well; 1 if a call
 * failed and said why; 2 if there is no such scenario; 3 if a call failed and
 * did not say why; 4 if no call failed, but the data are wrong; 5 if a
 * descriptor was left open.
 */
#include <errno.h>
#include <event2/bufferevent.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tcpunit-event.h>
#include <unistd.h>

#include "probe.h"

#define LIMIT_MS 1000

/* The handles that a scenario uses.  They are closed when it ends, even
 * after a failure. */
struct pair {
	tcp_listener listener;
	tcp_port in, out;   /* the client's */
	tcp_port from, to;  /* the server's */
	const char *failed; /* the first call that failed */
};

static bool explained(const char *call);

/* Runs CALL in a scenario, and ends the scenario if CALL fails. */
#define TRY(p, call)                                          \
	do {                                                  \
		if ((call) == -1) {                           \
			if (!(p)->failed && explained(#call)) \
				(p)->failed = #call;          \
			return;                               \
		}                                             \
	} while (0)

/* Exits with status 3 if the library does not say why CALL failed. */
static bool
explained(const char *call)
{
	const struct tcp_error *e = tcp_last_error();

	if (e->kind != TCPUNIT_ERROR_NONE && e->code != 0 &&
	    (errno == e->code || e->kind == TCPUNIT_ERROR_RESOLVE) &&
	    e->text[0] != '\0' && e->kind != TCPUNIT_ERROR_ARGUMENT)
		return true;
	fprintf(stderr, "%s failed: kind %d, code %d, errno %d, \"%s\"\n", call,
	    (int)e->kind, e->code, errno, e->text);
	_exit(3);
}

/* Wrong data count only if no call has failed. */
static void
wrong(const struct pair *p, const char *what)
{
	if (p->failed)
		return;
	fprintf(stderr, "%s\n", what);
	_exit(4);
}

static int
is(bool valid)
{
	return valid ? 0 : -1;
}

/* If there is no memory for its ports, a connection stays in the queue. */
static int
accept_again(struct pair *p)
{
	int first = tcp_accept(p->listener, &p->from, &p->to), second;

	if (first == 0 || errno != ENOMEM)
		return first;
	(void)explained("accept");
	second = tcp_accept(p->listener, &p->from, &p->to);
	if (second == -1)
		wrong(p, "the connection that was not accepted is lost");
	return second;
}

static void
try_pair(struct pair *p, const char *host)
{
	struct tcp_listen_options listening = {TCPUNIT_LISTEN_DEFAULTS};
	struct tcp_connect_options connecting = {TCPUNIT_CONNECT_DEFAULTS};
	int port;

	listening.host = host;
	connecting.timeout = LIMIT_MS;
	p->listener = tcp_listen(0, &listening);
	TRY(p, is(tcp_listener_p(p->listener)));
	TRY(p, tcp_set_accept_timeout(p->listener, LIMIT_MS));
	TRY(p, port = tcp_listener_port(p->listener));
	TRY(p, tcp_connect(host, port, &connecting, &p->in, &p->out));
	TRY(p, accept_again(p));
	TRY(p, tcp_set_timeout(p->in, LIMIT_MS));
	TRY(p, tcp_set_timeout(p->from, LIMIT_MS));
	TRY(p, tcp_set_timeout(p->to, LIMIT_MS));
	TRY(p, tcp_set_timeout(p->out, LIMIT_MS));
}

static bool
open_pair(struct pair *p, const char *host)
{
	try_pair(p, host);
	return !p->failed;
}

/* Handles that were never opened are null, and closing one only fails. */
static void
close_pair(struct pair *p)
{
	(void)tcp_close_ports(p->in, p->out);
	(void)tcp_close_ports(p->from, p->to);
	(void)tcp_close(p->listener);
}

/* ---- The scenarios ---- */

static void
expect_line(struct pair *p, tcp_port port, const char *text)
{
	char *line;
	size_t len;
	int n;

	TRY(p, n = tcp_read_line(port, TCPUNIT_NO_LIMIT, &line, &len));
	if (n != 1 || strcmp(line, text) != 0)
		wrong(p, "not the line that was written");
}

static void
expect_end(struct pair *p)
{
	int n;

	TRY(p, tcp_close_output_port(p->out));
	TRY(p, n = tcp_read_byte(p->from));
	if (n != TCPUNIT_EOF)
		wrong(p, "more than was written");
}

static void
lines(struct pair *p)
{
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN];

	if (!open_pair(p, "127.0.0.1"))
		return;
	TRY(p, tcp_addresses(p->in, local, remote));
	TRY(p, tcp_write_line(p->out, "Hello!"));
	TRY(p, tcp_printf(p->to, "%s %d\n", "Good Bye!", 7));
	expect_line(p, p->from, "Hello!");
	expect_line(p, p->in, "Good Bye! 7");
	expect_end(p);
}

static void
unix_lines(struct pair *p)
{
	char host[40];

	(void)snprintf(host, sizeof(host), "unix:@faults %d", (int)getpid());
	if (!open_pair(p, host))
		return;
	TRY(p, tcp_write_line(p->out, "Hello!"));
	TRY(p, tcp_await_acknowledgement(p->out));
	expect_line(p, p->from, "Hello!");
}

/* Bytes that were read from the kernel before memory ran out are kept. */
static void
again(struct pair *p)
{
	char *line, rest[8];
	size_t len;
	int n;

	if (!open_pair(p, "127.0.0.1"))
		return;
	TRY(p, tcp_write_string(p->out, "first\nsecond\nrest"));
	TRY(p,
	    tcp_wait_fd(tcp_port_fileno(p->from), TCPUNIT_READABLE, LIMIT_MS));
	TRY(p, tcp_char_ready(p->from));
	for (int i = 0; i < 2; i++) {
		do
			n = tcp_read_line(
			    p->from, TCPUNIT_NO_LIMIT, &line, &len);
		while (n == -1 && errno == ENOMEM);
		if (n == -1 && errno == ETIMEDOUT)
			wrong(p, "what had come is lost");
		TRY(p, n);
		if (strcmp(line, i == 0 ? "first" : "second") != 0)
			wrong(p, "not the line that was written");
	}
	TRY(p, tcp_read_string(p->from, rest, 4));
	if (memcmp(rest, "rest", 4) != 0)
		wrong(p, "not the rest of what was written");
}

static void
names(struct pair *p)
{
	if (!open_pair(p, "localhost"))
		return;
	TRY(p, tcp_write_string(p->out, "x"));
	TRY(p, tcp_peek_byte(p->from));
	if (tcp_read_byte(p->from) != 'x')
		wrong(p, "not the byte that was written");
}

static void
refusal(struct pair *p)
{
	if (tcp_connect("localhost", 1, NULL, &p->in, &p->out) == 0)
		wrong(p, "connected to nobody");
	else
		(void)explained("connect");
}

static void
buffers(struct pair *p)
{
	char got[26 * 40];

	if (!open_pair(p, "127.0.0.1"))
		return;
	TRY(p, tcp_set_buffer_size(p->out, 100));
	for (int i = 0; i < (int)sizeof(got); i++)
		TRY(p, tcp_write_byte(p->out, 'a' + i % 26));
	TRY(p, tcp_flush_output(p->out));
	TRY(p, tcp_read_string(p->from, got, sizeof(got)));
	for (int i = 0; i < (int)sizeof(got); i++)
		if (got[i] != 'a' + i % 26)
			wrong(p, "not the bytes that were written");
}

static char bulk[300 * 1000], arrived[sizeof(bulk) + 1];

static void
take_bulk(struct pair *p)
{
	ssize_t n;

	TRY(p, n = tcp_read_string(p->from, arrived, sizeof(arrived)));
	if (n < (ssize_t)sizeof(bulk)) /* the error comes after the bytes */
		TRY(p, tcp_read_byte(p->from));
	if (n != sizeof(bulk) || memcmp(arrived, bulk, sizeof(bulk)) != 0)
		wrong(p, "not the bulk that was sent");
}

static void *
bulk_taker(void *pair)
{
	take_bulk(pair);
	return NULL;
}

static void
copy_bulk(struct pair *p, tcp_port source)
{
	TRY(p, tcp_copy_port(source, p->out, -1));
	TRY(p, tcp_close_output_port(p->out));
}

/* The taker never waits longer than its port's time limit. */
static void
send_bulk(struct pair *p, int fd)
{
	tcp_thread taker = tcp_thread_start(bulk_taker, p);
	tcp_port source;

	if (!tcp_thread_p(taker))
		(void)explained(p->failed = "thread-start");
	source = tcp_open_input_fd(fd);
	if (tcp_port_p(source))
		copy_bulk(p, source);
	else if (explained(p->failed = "open-input-fd"))
		(void)close(fd);
	(void)tcp_close_output_port(p->out);
	(void)tcp_close_input_port(source);
	while (tcp_thread_p(taker) && tcp_thread_join(taker, NULL, -1) == -1)
		(void)explained("thread-join");
}

static void
file(struct pair *p)
{
	FILE *f = tmpfile();
	int fd;

	if (f == NULL || fwrite(bulk, 1, sizeof(bulk), f) != sizeof(bulk) ||
	    fflush(f) != 0 || (fd = dup(fileno(f))) == -1) {
		p->failed = "tmpfile";
	} else {
		(void)lseek(fd, 0, SEEK_SET);
		if (open_pair(p, "127.0.0.1"))
			send_bulk(p, fd);
		else
			(void)close(fd);
	}
	if (f != NULL)
		(void)fclose(f);
}

static void
tick(struct pair *p)
{
	for (int i = 0; i < 3; i++)
		TRY(p, tcp_thread_sleep(1));
}

static void *
ticker(void *pair)
{
	tick(pair);
	return pair;
}

static void
threads(struct pair *p)
{
	tcp_thread t[4];
	void *result;

	for (int i = 0; i < 4; i++) {
		t[i] = tcp_thread_start(ticker, p);
		TRY(p, is(tcp_thread_p(t[i])));
	}
	TRY(p, tcp_thread_detach(t[3]));
	for (int i = 0; i < 3; i++) {
		TRY(p, tcp_thread_join(t[i], &result, LIMIT_MS));
		if (result != p)
			wrong(p, "not the thread's result");
	}
}

static void
waiting(struct pair *p)
{
	int n;

	if (!open_pair(p, "127.0.0.1"))
		return;
	TRY(p, tcp_write_string(p->out, "x"));
	TRY(p,
	    n = tcp_wait_fd(
		tcp_port_fileno(p->from), TCPUNIT_READABLE, LIMIT_MS));
	if (n != TCPUNIT_READABLE)
		wrong(p, "not what was waited for");
	TRY(p, tcp_char_ready(p->from));
}

static void
time_limits(struct pair *p)
{
	char byte;

	if (!open_pair(p, "127.0.0.1"))
		return;
	TRY(p, tcp_set_timeout(p->in, 20));
	if (tcp_read(p->in, &byte, 1) != -1)
		wrong(p, "read what nobody wrote");
	(void)explained("read");
	TRY(p, tcp_set_accept_timeout(p->listener, 20));
	if (tcp_accept(p->listener, &p->in, &p->out) != -1)
		wrong(p, "accepted nobody");
	(void)explained("accept");
}

/* Leaves its threads and ports to be ended by the runtime. */
static void *
forget(void *pair)
{
	struct pair *p = pair;

	for (int i = 0; i < 2; i++)
		(void)tcp_thread_start(ticker, p);
	(void)open_pair(p, "localhost");
	return NULL;
}

static void
drop_handles(struct pair *p)
{
	*p = (struct pair){.failed = p->failed};
}

static void
shutting_down(struct pair *p)
{
	(void)forget(p);
	tcp_shutdown();
	drop_handles(p);
}

static void
os_thread(struct pair *p)
{
	pthread_t t;

	if (pthread_create(&t, NULL, forget, p) != 0 ||
	    pthread_join(t, NULL) != 0)
		p->failed = "pthread_create";
	drop_handles(p);
}

/* Of faults/interpose.c: whether calls of this OS thread are left alone. */
extern void faults_spare(bool) __attribute__((weak));

/* libevent ends the process if it has no memory for a filter. */
static struct bufferevent *
identity(struct bufferevent *below, void *unused)
{
	struct bufferevent *layer;

	if (faults_spare != NULL)
		faults_spare(true);
	layer = bufferevent_filter_new(below, NULL, NULL, 0, NULL, unused);
	if (faults_spare != NULL)
		faults_spare(false);
	return layer;
}

static void
layers(struct pair *p)
{
	if (!open_pair(p, "127.0.0.1"))
		return;
	TRY(p, tcp_write_line(p->out, "clear"));
	TRY(p, tcp_peek_byte(p->from));
	TRY(p, tcp_set_buffer_size(p->to, 100));
	TRY(p, tcp_write_line(p->to, "buffered"));
	TRY(p, tcp_stack(p->in, p->out, identity, NULL));
	TRY(p, tcp_stack(p->from, p->to, identity, NULL));
	TRY(p, tcp_stack(p->from, p->to, identity, NULL));
	TRY(p, tcp_set_rate(p->out, 1000000, 0));
	TRY(p, tcp_write_line(p->out, "Hello!"));
	TRY(p, tcp_printf(p->to, "%s %d\n", "Good Bye!", 7));
	expect_line(p, p->from, "clear");
	expect_line(p, p->from, "Hello!");
	TRY(p, tcp_flush_output(p->to));
	expect_line(p, p->in, "buffered");
	expect_line(p, p->in, "Good Bye! 7");
	expect_end(p);
}

static const struct scenario {
	const char *name;
	void (*run)(struct pair *p);
} scenarios[] = {{"lines", lines}, {"unix", unix_lines}, {"again", again},
    {"names", names}, {"refusal", refusal}, {"buffers", buffers},
    {"file", file}, {"threads", threads}, {"waiting", waiting},
    {"time_limits", time_limits}, {"shutting_down", shutting_down},
    {"os_thread", os_thread}, {"layers", layers}, {NULL, NULL}};

int
main(int argc, char **argv)
{
	const struct scenario *s = scenarios;
	int fds = settled_fds(), left;
	int64_t end = now_ms() + LIMIT_MS;
	struct pair p = {0};

	while (s->name && (argc != 2 || strcmp(s->name, argv[1]) != 0))
		s++;
	if (s->name == NULL)
		return 2;
	for (size_t i = 0; i < sizeof(bulk); i++)
		bulk[i] = (char)(i * 7 + i / 256);
	s->run(&p);
	close_pair(&p);
	tcp_shutdown();
	do
		left = settled_fds();
	while (left != fds && now_ms() < end);
	if (fds >= 0 && left != fds) {
		fprintf(stderr, "%d descriptors, not %d\n", left, fds);
		return 5;
	}
	if (p.failed)
		fprintf(stderr, "%s\n", p.failed);
	return p.failed != NULL;
}
