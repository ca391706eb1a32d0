/* SPDX-License-Identifier: ISC */
/*
 * test_swallowing.c - waits for a layer that keeps all that it gets: they have
 * their limits, whatever the peer sends, and other threads go on meanwhile.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <tcpunit-event.h>

#include "pair.h"
#include "tap.h"
#include "unit.h"

enum { LIMIT = 50 };

static enum bufferevent_filter_result
swallow(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *unused)
{
	(void)to;
	(void)limit;
	(void)mode;
	(void)unused;
	evbuffer_drain(from, evbuffer_get_length(from));
	return BEV_OK;
}

static struct bufferevent *
swallowing(struct bufferevent *below, void *unused)
{
	return bufferevent_filter_new(below, swallow, NULL, 0, NULL, unused);
}

/* ---- A socket that always has zeros ---- */

static int flooded = -1;

ssize_t
recv(int fd, void *buf, size_t n, int flags)
{
	if (fd != flooded)
		return recvfrom(fd, buf, n, flags, NULL, NULL);
	memset(buf, 0, n);
	return (ssize_t)n;
}

/* A connection whose peer sends zeros for ever, with a layer that swallows
 * them; and a thread that counts its turns. */
static struct pair flood;
static tcp_thread counter;
static bool over;
static long turns;

static void *
count_turns(void *unused)
{
	for (; !over; turns++)
		tcp_thread_yield();
	return unused;
}

static void
flood_begin(void)
{
	flood = pair_accept();
	turns = 0;
	over = false;
	tcp_stack(flood.in, flood.out, swallowing, NULL);
	tcp_set_timeout(flood.in, LIMIT);
	pair_say(&flood, "0");
	flooded = tcp_port_fileno(flood.in);
	counter = tcp_thread_start(count_turns, NULL);
}

static void
flood_end(const char *name)
{
	over = true;
	tcp_thread_join(counter, NULL, -1);
	flooded = -1;
	pair_close(&flood);
	ok(turns > 0, "%s: other threads go on", name);
}

static int
selects(tcp_port in)
{
	return tcp_select(&(struct tcp_choice){.input = in}, 1, LIMIT);
}

static int
selects_until_deadline(tcp_port in)
{
	tcp_deadline outer;
	int chosen;

	tcp_set_deadline(LIMIT, &outer);
	chosen = tcp_select(&(struct tcp_choice){.input = in}, 1, -1);
	tcp_restore_deadline(outer);
	return chosen;
}

static int
reads(tcp_port in)
{
	return (int)tcp_read(in, (char[8]){0}, 8);
}

static int
reads_string(tcp_port in)
{
	return (int)tcp_read_string(in, (char[8]){0}, 8);
}

static int
reads_line(tcp_port in)
{
	char *line;
	size_t length;

	return tcp_read_line(in, 100, &line, &length);
}

static int
reads_until_deadline(tcp_port in)
{
	tcp_deadline outer;
	int byte;

	tcp_set_timeout(in, -1);
	tcp_set_deadline(LIMIT, &outer);
	byte = tcp_read_byte(in);
	tcp_restore_deadline(outer);
	return byte;
}

static int
copies(tcp_port in)
{
	return (int)tcp_copy_port(in, flood.out, -1);
}

static int
reads_at_once(tcp_port in)
{
	tcp_set_timeout(in, 0);
	return tcp_read_byte(in);
}

static int
selects_at_once(tcp_port in)
{
	return tcp_select(&(struct tcp_choice){.input = in}, 1, 0);
}

static void
limits(void)
{
	static const struct {
		const char *name;
		int (*call)(tcp_port);
	} calls[] = {
	    {"tcp_select", selects},
	    {"tcp_select with a deadline", selects_until_deadline},
	    {"tcp_read", reads},
	    {"tcp_read_string", reads_string},
	    {"tcp_read_line", reads_line},
	    {"tcp_peek_byte", tcp_peek_byte},
	    {"tcp_read_byte with a deadline", reads_until_deadline},
	    {"tcp_copy_port", copies},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		flood_begin();
		ok(failed(calls[i].call(flood.in) == -1, TCPUNIT_ERROR_TIMEOUT,
		       ETIMEDOUT),
		    "%s ends at its limit", calls[i].name);
		flood_end(calls[i].name);
	}
}

static void
questions(void)
{
	flood_begin();
	is_int(tcp_char_ready(flood.in), 0, "tcp_char_ready: there is no byte");
	is_int(tcp_read_buffered(flood.in, (char[8]){0}, 8), 0,
	    "tcp_read_buffered: there is none");
	ok(failed(selects_at_once(flood.in) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "tcp_select with a limit of 0 ends");
	ok(failed(
	       reads_at_once(flood.in) == -1, TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "tcp_read with a limit of 0 ends");
	flood_end("between them");
}

struct call {
	int (*make)(tcp_port);
	int result, code;
};

static void *
calls_without_limit(void *arg)
{
	struct call *c = arg;

	c->result = c->make(flood.in);
	c->code = errno;
	return NULL;
}

static int
selects_for_ever(tcp_port in)
{
	return tcp_select(&(struct tcp_choice){.input = in}, 1, -1);
}

static const struct {
	const char *name;
	int (*make)(tcp_port);
	int closed; /* its result if the port is closed */
} endless[] = {{"tcp_read", reads, -1}, {"tcp_select", selects_for_ever, 0}};

/* Ends each endless call by END, and checks its result. */
static void
end_each(void (*end)(tcp_thread), bool by_closing, const char *what)
{
	struct call call;
	tcp_thread t;

	for (int i = 0; i < 2; i++) {
		flood_begin();
		tcp_set_timeout(flood.in, -1);
		call.make = endless[i].make;
		t = tcp_thread_start(calls_without_limit, &call);
		while (turns < 5)
			tcp_thread_yield();
		end(t);
		tcp_thread_join(t, NULL, -1);
		ok(by_closing ? call.result == endless[i].closed
			      : call.result == -1 && call.code == ECANCELED,
		    "%s %s", endless[i].name, what);
		flood_end(endless[i].name);
	}
}

static void
terminate(tcp_thread t)
{
	tcp_thread_terminate(t);
}

static void
close_input(tcp_thread unused)
{
	(void)unused;
	tcp_close_input_port(flood.in);
}

static void
terminations(void)
{
	end_each(terminate, false, "can be terminated");
}

static void
closed(void)
{
	end_each(close_input, true, "ends when the port is closed");
}

static void
call_back(evutil_socket_t fd, short what, void *arg)
{
	struct call *c = arg;

	(void)fd;
	(void)what;
	calls_without_limit(c);
}

static void
callbacks(void)
{
	struct call call;
	struct event *e;

	for (int i = 0; i < 2; i++) {
		flood_begin();
		tcp_set_timeout(flood.in, -1);
		call = (struct call){.make = endless[i].make};
		e = evtimer_new(tcp_event_base(), call_back, &call);
		event_active(e, EV_TIMEOUT, 0);
		while (call.code == 0)
			tcp_thread_sleep(1);
		ok(call.result == -1 && call.code == EBUSY,
		    "%s is refused in a callback", endless[i].name);
		event_free(e);
		flood_end(endless[i].name);
	}
}

int
main(void)
{
	run(limits);
	run(questions);
	run(terminations);
	run(closed);
	run(callbacks);
	return done_testing();
}
