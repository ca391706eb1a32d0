/* SPDX-License-Identifier: ISC */
/*
 * test_layers.c - what happens between layers, ports and other threads: closed
 * directions, failures while threads wait, forks, layers on ended input.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <tcpunit-event.h>
#include <unistd.h>

#include "holding.h"
#include "pair.h"
#include "peer.h"
#include "probe.h"
#include "tap.h"
#include "unit.h"

enum { SIZE = 200 * 1024, PLENTY = 64 << 20 };

static char data[SIZE];

/* ---- Layers ---- */

static struct bufferevent *made;

static struct bufferevent *
identity(struct bufferevent *below, void *unused)
{
	made = bufferevent_filter_new(below, NULL, NULL, 0, NULL, unused);
	return made;
}

/* One that keeps its input until the end. */
static enum bufferevent_filter_result
collect(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *unused)
{
	(void)limit;
	(void)unused;
	if (mode != BEV_FINISHED)
		return BEV_NEED_MORE;
	evbuffer_add_buffer(to, from);
	return BEV_OK;
}

static struct bufferevent *
collecting(struct bufferevent *below, void *unused)
{
	return bufferevent_filter_new(below, collect, NULL, 0, NULL, unused);
}

/* One that answers each byte with many of its own, and passes the '!'. */
static enum bufferevent_filter_result
answer(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *unused)
{
	char byte;

	(void)limit;
	(void)mode;
	(void)unused;
	while (evbuffer_remove(from, &byte, 1) == 1)
		if (byte == '!')
			evbuffer_add(to, "!", 1);
		else
			bufferevent_write(bufferevent_get_underlying(made),
			    data, sizeof(data));
	return BEV_OK;
}

static struct bufferevent *
answering(struct bufferevent *below, void *unused)
{
	made = bufferevent_filter_new(below, answer, NULL, 0, NULL, unused);
	return made;
}

/* One that passes only whole words, of four bytes. */
static enum bufferevent_filter_result
pass_words(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *unused)
{
	(void)limit;
	(void)mode;
	(void)unused;
	if (evbuffer_get_length(from) < 4)
		return BEV_NEED_MORE;
	evbuffer_remove_buffer(from, to, 4);
	return BEV_OK;
}

static struct bufferevent *
words(struct bufferevent *below, void *unused)
{
	return bufferevent_filter_new(below, pass_words, NULL, 0, NULL, unused);
}

/* One that is refused: it greets, and fails with what the peer says. */
static enum bufferevent_filter_result
refuse(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *unused)
{
	(void)to;
	(void)limit;
	(void)mode;
	(void)unused;
	if (evbuffer_get_length(from) > 0)
		bufferevent_trigger_event(
		    made, BEV_EVENT_ERROR | BEV_EVENT_READING, 0);
	evbuffer_drain(from, evbuffer_get_length(from));
	return BEV_OK;
}

static struct bufferevent *
refused(struct bufferevent *below, void *unused)
{
	made = bufferevent_filter_new(below, refuse, NULL, 0, NULL, unused);
	bufferevent_write(below, "hello", 5);
	return made;
}

static const char *
why_refused(struct bufferevent *layer, int *code, void *unused)
{
	(void)layer;
	(void)unused;
	*code = EPROTO;
	return "the peer has refused";
}

/* One that greets the peer. */
static struct bufferevent *
greeting(struct bufferevent *below, void *unused)
{
	made = identity(below, unused);
	bufferevent_write(below, "hello, ", 7);
	return made;
}

static int
say_bye(struct bufferevent *layer, bool last, void *unused)
{
	(void)last;
	(void)unused;
	return bufferevent_write(bufferevent_get_underlying(layer), "bye", 3);
}

/* One that neither takes bytes from the one below it nor reports its end. */
static struct bufferevent *
apart(struct bufferevent *below, void *other)
{
	struct bufferevent *both[2];

	bufferevent_pair_new(bufferevent_get_base(below), 0, both);
	*(struct bufferevent **)other = both[1];
	return both[0];
}

/* One that is made, and freed at once. */
static struct bufferevent *
given_up(struct bufferevent *below, void *unused)
{
	bufferevent_free(identity(below, unused));
	errno = EACCES;
	return NULL;
}

/* ---- Threads that wait ---- */

struct waiting {
	struct pair *p;
	ssize_t result;
	int code;
};

static void *
write_all(void *arg)
{
	struct waiting *w = arg;

	w->result = tcp_write(w->p->out, data, sizeof(data));
	w->code = errno;
	return NULL;
}

static void *
read_one(void *arg)
{
	struct waiting *w = arg;

	w->result = tcp_read_byte(w->p->in);
	w->code = errno;
	return NULL;
}

static void *
select_input(void *arg)
{
	struct waiting *w = arg;

	w->result =
	    tcp_select(&(struct tcp_choice){.input = w->p->in}, 1, PATIENCE_MS);
	w->code = errno;
	return NULL;
}

static void
let_wait(void)
{
	for (int i = 0; i < 20; i++)
		tcp_thread_yield();
}

/* ---- Tests ---- */

static void
input_closed(void)
{
	struct pair p = pair_accept();
	struct holding h;
	struct waiting w = {.p = &p};
	tcp_thread t;

	tcp_stack(p.in, p.out, holding_make, &h);
	tcp_set_timeout(p.out, PATIENCE_MS);
	pair_say(&p, "unread");
	tcp_char_ready(p.in);
	t = tcp_thread_start(write_all, &w);
	let_wait();
	pair_say(&p, "!");
	tcp_close_input_port(p.in);
	ok(pair_takes(&p, SIZE),
	    "a layer gets what came before the input port was closed");
	tcp_thread_join(t, NULL, -1);
	is_int(w.result, SIZE, "and its writer goes on");
	tcp_close_output_port(p.out);
	ok(peer_eof(p.peer), "to the end");
	pair_close(&p);
}

static void
input_not_ended(void)
{
	struct pair p = pair_accept();
	struct holding h;
	struct waiting w = {.p = &p};
	tcp_thread t;

	tcp_stack(p.in, p.out, holding_make, &h);
	tcp_set_timeout(p.out, PATIENCE_MS);
	tcp_close_input_port(p.in);
	t = tcp_thread_start(write_all, &w);
	let_wait();
	ok(!h.ended, "closing the input port is no end of the peer's");
	holding_permit(&h);
	ok(pair_takes(&p, SIZE), "for a layer that sends later");
	tcp_thread_join(t, NULL, -1);
	is_int(w.result, SIZE, "and all is written");
	pair_close(&p);
}

/* Nothing is to be sent, and nothing to be read: for a layer, or before the
 * program has read what came before. */
static void
reset_while_held(void)
{
	struct pair p;
	struct holding h;
	struct waiting w = {.p = &p};
	tcp_thread t;

	for (int i = 0; i < 3; i++) {
		p = pair_accept();
		tcp_stack(p.in, p.out, holding_make, &h);
		if (i == 0)
			tcp_close_input_port(p.in);
		else if (i == 1)
			pair_finish(&p);
		else
			pair_say(&p, "unread");
		if (i > 0)
			tcp_char_ready(p.in);
		t = tcp_thread_start(write_all, &w);
		let_wait();
		peer_reset(p.peer); /* one port may be closed */
		p.peer = -1;
		tcp_thread_join(t, NULL, -1);
		ok(w.result == -1 && w.code == ECONNRESET,
		    "a writer of held output notices a reset");
		if (i == 2)
			ok(tcp_read_string(p.in, (char[6]){0}, 6) == 6 &&
				failed(tcp_read_byte(p.in) == -1,
				    TCPUNIT_ERROR_NET, ECONNRESET),
			    "and leaves it to the reader, too");
		pair_close(&p);
	}
}

static void
ended_while_waited_for(void)
{
	struct pair p = pair_accept();
	struct bufferevent *other;

	tcp_stack(p.in, p.out, apart, &other);
	tcp_set_timeout(p.in, 1500); /* it is looked at once a second */
	pair_finish(&p);
	tcp_close_output_port(p.out);
	pair_reaches(&p, TCP_CLOSE);
	ok(failed(tcp_read_byte(p.in) == -1, TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "an end that a layer does not report is no reset");
	bufferevent_free(other);
	pair_close(&p);
}

static void
failing_while_waited_for(void)
{
	void *(*const waits[])(void *) = {write_all, read_one, select_input};
	const char *const names[] = {"writer", "reader", "selection"};
	struct holding h;
	struct waiting w;
	struct pair p;
	tcp_thread t;

	for (int i = 0; i < 3; i++) {
		p = pair_accept();
		w = (struct waiting){.p = &p};
		tcp_stack(p.in, p.out, holding_make, &h);
		t = tcp_thread_start(waits[i], &w);
		let_wait();
		errno = EPROTO;
		bufferevent_trigger_event(
		    h.layer, BEV_EVENT_ERROR | BEV_EVENT_READING, 0);
		tcp_thread_join(t, NULL, -1);
		ok(i == 2 ? w.result == 0 : w.result == -1 && w.code == EPROTO,
		    "a waiting %s notices the layer's failure", names[i]);
		pair_close(&p);
	}
}

static void
answers_before_input(void)
{
	struct pair p = pair_accept();
	struct waiting w = {.p = &p};
	enum { QUESTIONS = 40 };
	tcp_thread t;

	tcp_stack(p.in, p.out, answering, NULL);
	for (int i = 0; i < QUESTIONS; i++)
		peer_send(p.peer, "?");
	t = tcp_thread_start(select_input, &w);
	let_wait();
	ok(pair_takes(&p, (size_t)QUESTIONS * SIZE),
	    "a selection sends the answers of a layer");
	peer_send(p.peer, "!");
	tcp_thread_join(t, NULL, -1);
	is_int(w.result, 0, "and gets what the peer sends then");
	pair_close(&p);
}

/* Called by the event loop when the selection has just been woken. */
static void
signal_later(evutil_socket_t fd, short what, void *condition)
{
	uint64_t n;

	(void)what;
	if (read(fd, &n, sizeof(n)) == sizeof(n))
		tcp_condition_signal(*(tcp_condition *)condition);
}

static void *
select_both(void *choices)
{
	return (void *)(intptr_t)tcp_select(choices, 2, 5000);
}

static void
signalled_while_looking(void)
{
	struct pair p = pair_accept();
	tcp_condition c = tcp_make_condition();
	struct tcp_choice choices[] = {{.input = p.in}, {.condition = c}};
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct event *event =
	    event_new(tcp_event_base(), fd, EV_READ, signal_later, &c);
	void *chosen;
	tcp_thread t;

	event_add(event, NULL);
	tcp_stack(p.in, p.out, words, NULL);
	t = tcp_thread_start(select_both, choices);
	let_wait();
	pair_say(&p, "wo");
	eventfd_write(fd, 1);
	tcp_thread_join(t, &chosen, -1);
	is_int((intptr_t)chosen, 1,
	    "a selection that looks at a part of a word misses no signal");
	event_free(event);
	close(fd);
	tcp_close_condition(c);
	pair_close(&p);
}

static void
on_ended_input(void)
{
	struct pair p = pair_accept();
	char *line;
	size_t length;

	tcp_stack(p.in, p.out, identity, NULL);
	tcp_set_line_ending(p.in, TCPUNIT_LINE_CRLF);
	pair_say(&p, "line\r");
	pair_finish(&p);
	is_int(tcp_read_line(p.in, 4, &line, &length), 2,
	    "the end is read, and a byte before it is left");
	ok(tcp_stack(p.in, p.out, collecting, NULL) == 0,
	    "a second layer is put on");
	is_int(tcp_read_byte(p.in), '\r',
	    "it has what was read ahead, and is told of its end");
	is_int(tcp_read_byte(p.in), TCPUNIT_EOF, "which comes last");
	pair_close(&p);
}

static void
on_failed_input(void)
{
	struct pair p = pair_accept();

	tcp_stack(p.in, p.out, identity, NULL);
	pair_reset(&p);
	is_int(tcp_char_ready(p.in), 1, "an error is found");
	tcp_stack(p.in, p.out, identity, NULL);
	ok(failed(tcp_read_byte(p.in) == -1, TCPUNIT_ERROR_NET, ECONNRESET),
	    "and stays with a second layer");
	pair_close(&p);
}

static void
handshake_refused(void)
{
	const struct tcp_stack_options o = {
	    TCPUNIT_STACK_DEFAULTS, .handshake = true, .reason = why_refused};
	struct pair p = pair_accept();

	pair_say(&p, "no");
	pair_reset(&p);
	ok(failed(tcp_stack_with(p.in, p.out, refused, NULL, &o) == -1,
	       TCPUNIT_ERROR_NET, EPROTO) &&
		told("the peer has refused"),
	    "the peer's refusal counts, and not the reset after it");
	pair_close(&p);
}

static void
made_and_freed(void)
{
	struct pair p = pair_accept();

	ok(failed(tcp_stack(p.in, p.out, given_up, NULL) == -1,
	       TCPUNIT_ERROR_SYSTEM, EACCES),
	    "a layer that was made is given up");
	pair_say(&p, "a");
	tcp_write_string(p.out, "b");
	ok(tcp_read_byte(p.in) == 'a' && peer_says(p.peer, "b"),
	    "and the connection goes on");
	tcp_stack(p.in, p.out, identity, NULL);
	ok(tcp_stack(p.in, p.out, given_up, NULL) == -1, "as does a layer");
	pair_say(&p, "c");
	tcp_write_string(p.out, "d");
	ok(tcp_read_byte(p.in) == 'c' && peer_says(p.peer, "d"),
	    "which had been there before");
	pair_finish(&p);
	is_int(tcp_read_byte(p.in), TCPUNIT_EOF, "to its end");
	pair_close(&p);
}

static void
forked(void)
{
	struct pair p = pair_accept();
	pid_t child;

	tcp_set_buffer_size(p.out, 100);
	tcp_write_string(p.out, "once");
	tcp_stack(p.in, p.out, identity, NULL);
	child = fork();
	if (child == 0)
		_exit(tcp_flush_output(p.out) == -1);
	is_int(status_of(child), 0, "a child flushes");
	tcp_close_output_port(p.out);
	ok(peer_says(p.peer, "once") && peer_eof(p.peer),
	    "but the parent's bytes are sent once");
	pair_close(&p);
}

/* The child has used the connection only before the fork. */
static void
ended_by_child(void)
{
	const struct tcp_stack_options o = {
	    TCPUNIT_STACK_DEFAULTS, .finish = say_bye};
	struct pair p;
	pid_t child;

	for (int both = 0; both < 2; both++) {
		p = pair_accept();
		tcp_stack_with(p.in, p.out, identity, NULL, &o);
		child = fork();
		if (child == 0)
			_exit((both ? tcp_close_ports(p.in, p.out)
				    : tcp_close_output_port(p.out)) == -1);
		ok(status_of(child) == 0 && peer_says(p.peer, "bye"),
		    "a child that only closes %s",
		    both ? "both ports ends the layer" : "its output does");
		pair_close(&p);
	}
}

static void
put_on_by_child(void)
{
	struct pair p = pair_accept();
	pid_t child;

	tcp_set_rate(p.out, 1000000, 0);
	child = fork();
	if (child == 0)
		_exit(tcp_stack(p.in, p.out, greeting, NULL) == -1 ||
		    tcp_write_string(p.out, "data") == -1);
	ok(status_of(child) == 0 && peer_says(p.peer, "hello, data"),
	    "a child puts a layer on a connection that had a rate");
	pair_close(&p);
}

static void *
copy_file(void *arg)
{
	struct waiting *w = arg;
	int fd;
	tcp_port in;

	fd = memfd_create("plenty", MFD_CLOEXEC);
	if (ftruncate(fd, PLENTY) == -1)
		return NULL;
	in = tcp_open_input_fd(fd);
	w->result = tcp_copy_port(in, w->p->out, -1);
	tcp_close_input_port(in);
	return NULL;
}

static void
paced_while_copying(void)
{
	struct pair p = pair_accept();
	struct waiting w = {.p = &p};
	tcp_thread t = tcp_thread_start(copy_file, &w);
	uint64_t before;
	char byte;

	do
		let_wait();
	while (tcp_port_position(p.out) == 0);
	tcp_thread_sleep(1);
	tcp_set_rate(p.out, 1, 0);
	before = tcp_port_position(p.out);
	while (recv(p.peer, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	tcp_thread_sleep(20);
	recv(p.peer, &byte, 1, MSG_DONTWAIT);
	ok(tcp_port_position(p.out) - before < 1000,
	    "a rate holds for a copy that is under way");
	tcp_set_rate(p.out, TCPUNIT_NO_RATE, 0);
	tcp_reset(p.out);
	tcp_thread_join(t, NULL, -1);
	pair_close(&p);
}

/* The writer notes the reset while there is no token for a reader. */
static void
paced_before_error(void)
{
	struct pair p = pair_accept();

	tcp_stack(p.in, p.out, identity, NULL);
	tcp_set_rate(p.in, 1000, 10);
	pair_send(&p, data, 60);
	pair_reset(&p);
	is_int(tcp_read_string(p.in, (char[10]){0}, 10), 10,
	    "some bytes are read");
	ok(tcp_write_string(p.out, "x") == -1, "a writer meets a reset");
	is_int(tcp_read_string(p.in, (char[50]){0}, 50), 50,
	    "paced bytes come before the error");
	ok(failed(tcp_read_byte(p.in) == -1, TCPUNIT_ERROR_NET, ECONNRESET),
	    "and then it comes");
	pair_close(&p);
}

int
main(void)
{
	run(paced_before_error);
	run(input_closed);
	run(input_not_ended);
	run(reset_while_held);
	run(ended_while_waited_for);
	run(failing_while_waited_for);
	run(answers_before_input);
	run(signalled_while_looking);
	run(on_ended_input);
	run(on_failed_input);
	run(handshake_refused);
	run(made_and_freed);
	run(forked);
	run(ended_by_child);
	run(put_on_by_child);
	run(paced_while_copying);
	return done_testing();
}
