/* SPDX-License-Identifier: ISC */
/*
 * test_write.c - writing to a connection: section W of the conformance table,
 * the buffer of a port, formatted output.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "drain.h"
#include "pair.h"
#include "patience.h"
#include "peer.h"
#include "probe.h"
#include "tap.h"
#include "unit.h"

#define MB 1000000

static uint64_t
sent(struct pair *p)
{
	return bytes_sent(tcp_port_fileno(p->out));
}

static void
unbuffered(void)
{
	struct pair p = pair_accept();

	is_int(tcp_write_line(p.out, "hello"), 6,
	    "W01 write_line says how much it wrote");
	ok(peer_says(p.peer, "hello\n"), "W01 a line arrives without a flush");
	is_int(segments_sent(tcp_port_fileno(p.out)), 1, "W01 in one segment");
	is_int(tcp_write_byte(p.out, 0xff), 1, "a byte is written");
	is_int(tcp_write_byte(p.out, (signed char)0xe9), 1,
	    "also one out of a char that has a sign");
	is_int(tcp_write_byte(p.out, 0x141), 1, "or the last of an int");
	ok(peer_says(p.peer, "\xff\xe9\x41"), "as putc(3) takes them");
	pair_close(&p);
}

static void
nothing(void)
{
	struct pair p = pair_accept();

	is_int(tcp_write_string(p.out, ""), 0, "W02 nothing is written");
	is_int(tcp_write(p.out, "x", 0), 0, "W02 nothing of something");
	is_int(tcp_flush_output(p.out), 0, "W02 nothing is flushed");
	is_int((long long)sent(&p), 0, "W02 nothing is sent");
	pair_close(&p);
}

static void
buffer_of_8(void)
{
	struct pair p = pair_accept();

	is_int(tcp_set_buffer_size(p.out, 8), 0, "W03 a buffer of 8");
	is_int(tcp_write_string(p.out, "1234567"), 7, "W03 7 bytes fit");
	is_int((long long)sent(&p), 0, "W03 nothing is sent before it is full");
	is_int((long long)tcp_port_position(p.out), 0,
	    "W03 the position counts what was sent");
	tcp_write_byte(p.out, '8');
	ok(peer_says(p.peer, "12345678"), "W03 it is sent when it is full");
	tcp_write_string(p.out, "abc");
	is_int((long long)sent(&p), 8, "W03 three more wait");
	is_int(tcp_flush_output(p.out), 0, "W03 until they are flushed");
	ok(peer_says(p.peer, "abc"), "W03 then they arrive");
	tcp_write_string(p.out, "xyz");
	is_int((long long)sent(&p), 11, "W03 three more wait again");
	is_int(tcp_close_output_port(p.out), 0, "W03 until the port is closed");
	ok(peer_says(p.peer, "xyz"), "W03 then they arrive too");
	ok(peer_eof(p.peer), "W03 and the file ends");
	pair_close(&p);
}

static void
buffer_keeps_order(void)
{
	struct pair p = pair_accept();

	tcp_set_buffer_size(p.out, 8);
	tcp_write_string(p.out, "abc");
	is_int(tcp_write_string(p.out, "0123456789ABCDEFGHIJ"), 20,
	    "a write of more than the buffer");
	is_int(segments_sent(tcp_port_fileno(p.out)), 1,
	    "goes out with the buffer, in one segment");
	tcp_printf(p.out, "%s", "k");
	tcp_flush_output(p.out);
	ok(peer_says(p.peer, "abc0123456789ABCDEFGHIJk"),
	    "what is buffered and what is not keep their order");
	tcp_write_string(p.out, "rest");
	is_int(tcp_set_buffer_size(p.out, 0), 0, "the buffer is given up");
	ok(peer_says(p.peer, "rest"), "what was in it goes out first");
	tcp_write_string(p.out, "now");
	ok(peer_says(p.peer, "now"), "after it nothing is held back");
	pair_close(&p);
}

/* Writes more than fits anywhere, when the buffer holds a few bytes already. */
static void
buffer_and_time_limit(void)
{
	struct pair p = pair_accept();
	char *data = numbered(0, 20 * MB);
	struct drain d;
	size_t done;

	tcp_set_buffer_size(p.out, 8);
	tcp_write(p.out, data, 5);
	tcp_set_timeout(p.out, 0);
	ok(failed(tcp_write(p.out, data + 5, 20 * MB - 5) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "a write after a buffer, to a peer that does not read");
	done = tcp_last_error()->transferred;
	is_int((long long)tcp_port_position(p.out), (long long)done + 5,
	    "it counts its own bytes");
	tcp_set_timeout(p.out, -1);
	tcp_resume_output(p.out);
	drain_start(&d, p.peer);
	is_int(tcp_write(p.out, data + 5 + done, 20 * MB - 5 - done),
	    (long long)(20 * MB - 5 - done), "so that it can go on");
	tcp_close_output_port(p.out);
	drain_join(&d);
	ok(d.n == 20 * MB && d.right, "with nothing lost and nothing twice");
	free(data);
	pair_close(&p);
}

static void
buffer_and_reading(void)
{
	struct pair p = pair_accept();
	char byte;

	tcp_set_buffer_size(p.out, 100);
	tcp_set_timeout(p.in, 20);
	tcp_write_string(p.out, "question");
	pair_say(&p, "x");
	tcp_read_byte(p.in);
	is_int((long long)sent(&p), 0,
	    "a read that does not wait leaves the buffer");
	ok(failed(tcp_read(p.in, &byte, 1) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "a read waits for an answer");
	ok(peer_says(p.peer, "question"), "the buffer went out before it");
	pair_close(&p);
}

static void
formatted(void)
{
	struct pair p = pair_accept();
	char *much;

	is_int(tcp_printf(p.out, "%s %d%c", "answer", 42, '\0'), 10,
	    "printf says how long it was");
	peer_says(p.peer, "answer 42");
	is_int(recv(p.peer, &(char){1}, 1, 0), 1, "printf sends a NUL too");
	is_int(segments_sent(tcp_port_fileno(p.out)), 1,
	    "printf sends one segment");
	is_int(tcp_printf(p.out, "%s", ""), 0, "printf of nothing");
	is_int(tcp_printf(p.out, "%10000d", 7), 10000, "printf of much");
	much = calloc(1, 10000);
	is_int(
	    recv(p.peer, much, 10000, MSG_WAITALL), 10000, "all of it arrives");
	ok(strspn(much, " ") == 9999 && much[9999] == '7', "as it should");
	free(much);
	pair_close(&p);
}

/* A process writes and exits without closing its port. */
static int exit_port;

static bool
write_and_exit(void)
{
	tcp_port in, out;

	return tcp_connect("127.0.0.1", exit_port, NULL, &in, &out) == 0 &&
	    tcp_write_string(out, "last words") == 10;
}

static void
exit_without_close(void)
{
	int listener = peer_listen("127.0.0.1", 0, 1), peer;

	exit_port = peer_port(listener);
	ok(in_child(write_and_exit), "W05 a process writes and exits");
	peer = peer_accept(listener);
	ok(peer_says(peer, "last words"), "W05 what it wrote arrives");
	ok(peer_eof(peer), "W05 and then the end of file");
	close(peer);
	close(listener);
}

static void
peer_that_does_not_read(void)
{
	struct pair p = pair_accept();
	char *data = numbered(0, 20 * MB);
	int64_t start = now_ms();
	struct drain d;
	size_t n;

	tcp_set_timeout(p.out, 300);
	ok(failed(tcp_write(p.out, data, 20 * MB) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "W06 a write to a peer that does not read times out");
	ok(now_ms() - start >= 300, "W06 not before its time");
	n = tcp_last_error()->transferred;
	ok(n > 0 && n < 20 * MB, "W06 some of it went out");
	is_int((long long)tcp_port_position(p.out), (long long)n,
	    "W06 the position says the same");
	tcp_close_output_port(p.out);
	drain_start(&d, p.peer);
	drain_join(&d);
	is_int((long long)d.n, (long long)n, "W06 just that arrives");
	ok(d.right, "W06 and it is right");
	free(data);
	pair_close(&p);
}

struct writing {
	tcp_port out;
	char *data;
	size_t size;
	bool begun;
	ssize_t n;
	enum tcp_error_kind kind;
	int code;
	size_t transferred;
};

static void *
write_once(void *arg)
{
	struct writing *w = arg;

	w->begun = true;
	w->n = tcp_write(w->out, w->data, w->size);
	w->kind = tcp_last_error()->kind;
	w->code = tcp_last_error()->code;
	w->transferred = tcp_last_error()->transferred;
	return NULL;
}

/* Starts a thread that writes, and returns when the peer takes no more. */
static tcp_thread
start_writing(struct writing *w)
{
	tcp_thread t = tcp_thread_start(write_once, w);
	uint64_t before;

	while (!w->begun)
		tcp_thread_yield();
	do {
		before = tcp_port_position(w->out);
		tcp_thread_yield();
	} while (tcp_port_position(w->out) != before);
	return t;
}

static void
peer_that_reads_later(void)
{
	struct pair p = pair_accept();
	struct writing w = {.out = p.out, .size = 10 * MB};
	struct drain d;
	tcp_thread t;

	w.data = numbered(0, w.size);
	t = start_writing(&w);
	ok(tcp_port_position(p.out) < w.size,
	    "W07 a write of 10 MB waits for the peer to read");
	drain_start(&d, p.peer);
	tcp_thread_join(t, NULL, -1);
	is_int(w.n, 10 * MB, "W07 and completes when it does");
	tcp_close_output_port(p.out);
	drain_join(&d);
	is_int((long long)d.n, 10 * MB, "W07 all of it arrives");
	ok(d.right, "W07 and it is right");
	free(w.data);
	pair_close(&p);
}

/* A peer that has gone causes either of two errors. */
static void
is_gone(ssize_t result, const char *name)
{
	int code = errno;
	const struct tcp_error *e = tcp_last_error();

	if (!ok(result == -1 && e->kind == TCPUNIT_ERROR_NET &&
		    (code == EPIPE || code == ECONNRESET) && e->code == code,
		"%s", name))
		diag("  got %zd, errno %d, \"%s\"", result, code, e->text);
}

static struct pair
left_alone(void)
{
	struct pair p = pair_accept();

	close(p.peer);
	p.peer = -1;
	pair_reaches(&p, TCP_CLOSE_WAIT);
	return p;
}

static void
peer_that_has_gone(void)
{
	struct pair p = left_alone();

	is_int(tcp_write(p.out, "a", 1), 1,
	    "W08 the first write to a peer that has closed");
	pair_reaches(&p, TCP_CLOSE);
	is_gone(tcp_write(p.out, "b", 1), "W08 the second fails");
	is_gone(tcp_write(p.out, "c", 1), "W08 and so does every other");
	pair_close(&p);

	p = left_alone();
	is_int(tcp_write_line(p.out, "first"), 6,
	    "W09 the first line to a peer that has closed");
	pair_reaches(&p, TCP_CLOSE);
	is_gone(tcp_write_line(p.out, "second"), "W09 the second fails");
	pair_close(&p);
}

static void
one_half_closed(void)
{
	struct pair p = pair_accept();
	char *line = NULL;
	size_t len;

	tcp_close_input_port(p.in);
	is_int(tcp_write_string(p.out, "more"), 4,
	    "W11 a write after the input port was closed");
	ok(peer_says(p.peer, "more"), "W11 is delivered");
	pair_close(&p);

	p = pair_accept();
	tcp_close_output_port(p.out);
	ok(peer_eof(p.peer), "W12 the output port is closed");
	pair_say(&p, "reply\n");
	tcp_read_line(p.in, TCPUNIT_NO_LIMIT, &line, &len);
	is_str(line, "reply", "W12 and the reply is read");
	pair_close(&p);
}

static void
unread_input(void)
{
	struct pair p = pair_accept();
	char byte;
	ssize_t n;

	pair_say(&p, "never read");
	tcp_write_string(p.out, "bye");
	tcp_close_ports(p.in, p.out);
	ok(peer_says(p.peer, "bye"), "W13 the peer gets what we wrote");
	n = recv(p.peer, &byte, 1, 0);
	ok(n == 0 || (n == -1 && errno == ECONNRESET),
	    "W13 then the end of file or a reset");
	pair_close(&p);
}

static void *
read_byte(void *arg)
{
	struct pair *p = arg;

	return tcp_read_byte(p->in) == 'x' ? arg : NULL;
}

/* A reader sends the buffered bytes, which are more than the socket takes at
 * once. */
static void
reading_and_a_full_buffer(void)
{
	struct pair p = pair_accept();
	char *data = numbered(0, 20 * MB + 1);
	void *has_read = NULL;
	struct drain d;
	tcp_thread t;

	tcp_set_buffer_size(p.out, 40 * MB);
	tcp_write(p.out, data, 20 * MB);
	t = tcp_thread_start(read_byte, &p);
	while (tcp_port_position(p.out) == 0)
		tcp_thread_yield();
	pair_say(&p, "x");
	ok(tcp_thread_join(t, &has_read, PATIENCE_MS) == 0 && has_read,
	    "a read need not wait for the peer to take the buffer");
	t = tcp_thread_start(read_byte, &p);
	tcp_thread_yield();
	is_int(tcp_write(p.out, data + 20 * MB, 1), 1,
	    "while one thread reads, another writes");
	drain_start(&d, p.peer);
	is_int(tcp_close_output_port(p.out), 0, "and closes");
	drain_join(&d);
	is_int((long long)d.n, 20 * MB + 1, "all that was buffered arrives");
	ok(d.right, "and it is right");
	tcp_close_input_port(p.in);
	tcp_thread_join(t, NULL, -1);
	free(data);
	pair_close(&p);
}

struct pong {
	tcp_port in, out;
};

static void *
answer_lines(void *arg)
{
	struct pong *p = arg;
	char *line;
	size_t len;

	while (tcp_read_line(p->in, 100, &line, &len) == 1)
		tcp_write_line(p->out, line);
	return NULL;
}

static bool
ask(tcp_port in, tcp_port out, int i)
{
	char *line, want[32];
	size_t len;

	snprintf(want, sizeof want, "ping %d", i);
	tcp_write_line(out, want);
	return tcp_read_line(in, 100, &line, &len) == 1 &&
	    strcmp(line, want) == 0;
}

/* The kernel holds back a small segment until the one before it is
 * acknowledged, which takes 40 ms, unless it may not, or there is none. */
static bool
is_never_held_back(tcp_port out, int lines)
{
	int fd = tcp_port_fileno(out), nodelay = 0;
	socklen_t n = sizeof(nodelay);

	getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &n);
	return nodelay != 0 && segments_sent(fd) == lines;
}

static void
round_trips(void)
{
	tcp_listener l = tcp_listen(0, NULL);
	struct pong p;
	tcp_port in, out;
	tcp_thread t;
	int right = 0;

	tcp_connect("127.0.0.1", tcp_listener_port(l), NULL, &in, &out);
	tcp_accept(l, &p.in, &p.out);
	t = tcp_thread_start(answer_lines, &p);
	for (int i = 0; i < 50; i++)
		right += ask(in, out, i);
	is_int(right, 50, "W14 50 round trips of lines");
	ok(is_never_held_back(out, 50) && is_never_held_back(p.out, 50),
	    "W14 none of which waits for an acknowledgement");
	tcp_close_output_port(out);
	tcp_thread_join(t, NULL, -1);
	tcp_close_ports(p.in, p.out);
	tcp_close_input_port(in);
	tcp_close(l);
}

static void
close_while_writing(void)
{
	struct pair p = pair_accept();
	struct writing w = {.out = p.out, .size = 20 * MB};
	tcp_thread t;

	w.data = numbered(0, w.size);
	t = start_writing(&w);
	tcp_close_output_port(p.out);
	tcp_thread_yield();
	ok(tcp_thread_join(t, NULL, 0) == 0, "W15 at once");
	is_int(w.n, -1, "W15 closing the port ends a write that waits");
	is_int(w.kind, TCPUNIT_ERROR_CLOSED, "W15 with the closed error");
	is_int(w.code, EBADF, "W15 and its code");
	ok(w.transferred > 0 && w.transferred < w.size,
	    "W15 it says how much went out");
	free(w.data);
	pair_close(&p);
}

static void
reset_while_writing(void)
{
	struct pair p = pair_accept();
	struct writing w = {.out = p.out, .size = 20 * MB};
	tcp_thread t;

	w.data = numbered(0, w.size);
	t = start_writing(&w);
	pair_reset(&p);
	tcp_thread_join(t, NULL, -1);
	ok(w.n == -1 && (w.code == ECONNRESET || w.code == EPIPE),
	    "a reset ends a write that waits");
	is_int(w.kind, TCPUNIT_ERROR_NET, "as a failure of the network");
	free(w.data);
	pair_close(&p);
}

static void
many_connections(void)
{
	tcp_listener l = tcp_listen(0, NULL);
	tcp_port in = {0}, out = {0}, in2 = {0}, out2 = {0};
	int fds = open_fds(), wrong = 0;

	for (int i = 0; i < 1000; i++) {
		wrong += tcp_connect("127.0.0.1", tcp_listener_port(l), NULL,
			     &in, &out) == -1 ||
		    tcp_accept(l, &in2, &out2) == -1 ||
		    tcp_write_byte(out2, 'x') != 1 || tcp_read_byte(in) != 'x';
		tcp_close_output_port(out);
		tcp_close_ports(in, out2);
		tcp_close_input_port(in2);
	}
	is_int(wrong, 0, "W16 1000 connections, one after the other");
	is_int(open_fds(), fds, "W16 no descriptor is left");
	tcp_close(l);
}

/* A busy kernel may deliver a reset later. */
static void
await_reset(tcp_port port)
{
	struct pollfd ends = {.fd = tcp_port_fileno(port)};

	if (poll(&ends, 1, PATIENCE_MS) != 1)
		abort();
}

/* The peer's program does not read. */
static void
acknowledged(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct both b = both_connect(l, "127.0.0.1");

	tcp_set_buffer_size(b.client_out, 8);
	tcp_write_string(b.client_out, "hello");
	is_int(tcp_await_acknowledgement(b.client_out), 0,
	    "tcp_await_acknowledgement sends what is buffered");
	is_int(tcp_char_ready(b.server_in), 1, "and the peer's system has it");
	tcp_reset(b.server_in);
	await_reset(b.client_out);
	ok(failed(tcp_await_acknowledgement(b.client_out) == -1,
	       TCPUNIT_ERROR_NET, ECONNRESET),
	    "a connection that was reset is a network error");
	is_int((int)tcp_last_error()->transferred, 5,
	    "that says how many bytes had been acknowledged");
	ok(failed(tcp_await_acknowledgement(b.client_in) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "an input port is an argument error");
	both_close(&b);
	tcp_close(l);
}

/* The peer's system has no room for all that this one has accepted. */
static void
acknowledged_too_late(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct both b = both_connect(l, "127.0.0.1");
	char *data = numbered(0, 20 * MB);

	tcp_set_timeout(b.client_out, 0);
	(void)tcp_write(b.client_out, data, 20 * MB); /* it times out */
	tcp_resume_output(b.client_out);
	tcp_set_timeout(b.client_out, 20);
	ok(failed(tcp_await_acknowledgement(b.client_out) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "waiting for the acknowledgement times out");
	free(data);
	both_close(&b);
	tcp_close(l);
}

int
main(void)
{
	signal(SIGPIPE, SIG_DFL);
	run(unbuffered);
	run(nothing);
	run(buffer_of_8);
	run(buffer_keeps_order);
	run(buffer_and_time_limit);
	run(buffer_and_reading);
	run(reading_and_a_full_buffer);
	run(formatted);
	run(exit_without_close);
	run(peer_that_does_not_read);
	run(peer_that_reads_later);
	run(peer_that_has_gone);
	run(one_half_closed);
	run(unread_input);
	run(round_trips);
	run(close_while_writing);
	run(reset_while_writing);
	run(many_connections);
	run(acknowledged);
	run(acknowledged_too_late);
	return done_testing();
}
