/* SPDX-License-Identifier: ISC */
/*
 * test_spinning.c - threads that wait at a connection with a layer or a rate
 * sleep until something can go on: the loop polls only a few times.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <tcpunit-event.h>
#include <unistd.h>

#include "holding.h"
#include "pair.h"
#include "peer.h"
#include "probe.h"
#include "tap.h"
#include "unit.h"

enum { PAUSE = 50, SIZE = 200 * 1024 };

/* ---- How often the loop polls ---- */

static int polls;

/* Replaces the C library's function, for libevent. */
__attribute__((visibility("default"))) int
epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)
{
	polls++;
	return (int)syscall(
	    SYS_epoll_pwait, epfd, events, maxevents, timeout, NULL, 0);
}

/* Whether the other threads sleep while this one does. */
static bool
all_sleep(void)
{
	int before;

	for (int i = 0; i < 20; i++)
		tcp_thread_yield(); /* they begin to wait */
	before = polls;
	tcp_thread_sleep(PAUSE);
	if (polls == before || polls - before > 20)
		diag("  the loop polled %d times", polls - before);
	return polls > before && polls - before <= 20;
}

static char data[SIZE];

static void *
write_all(void *arg)
{
	struct pair *p = arg;

	return tcp_write(p->out, data, sizeof(data)) == sizeof(data) ? arg
								     : NULL;
}

static void
unread_input(void)
{
	struct pair p = pair_accept();
	struct holding h;
	void *written;
	tcp_thread t;

	tcp_stack(p.in, p.out, holding_make, &h);
	t = tcp_thread_start(write_all, &p);
	pair_say(&p, "unread");
	for (int i = 0; i < 20; i++)
		tcp_thread_yield(); /* it takes them */
	pair_say(&p, "!");
	ok(all_sleep(), "a writer sleeps while input waits to be read");
	is_int(tcp_read_string(p.in, (char[6]){0}, 6), 6, "it is read");
	ok(all_sleep(), "and the layer gets what comes next");
	ok(h.permitted, "even if nobody reads");
	ok(pair_takes(&p, SIZE), "then the writer goes on");
	tcp_thread_join(t, &written, -1);
	ok(written != NULL, "to its end");
	pair_close(&p);
}

static void *
read_one(void *arg)
{
	struct pair *p = arg;

	return tcp_read_byte(p->in) == 'x' ? arg : NULL;
}

static void
buffered_output(void)
{
	struct pair p = pair_accept();
	void *got;
	tcp_thread t;

	tcp_set_rate(p.out, 1, 0);
	tcp_set_buffer_size(p.out, 100);
	tcp_write_string(p.out, "slow");
	t = tcp_thread_start(read_one, &p);
	ok(all_sleep(), "a reader sleeps while buffered output is paced");
	pair_say(&p, "x");
	tcp_thread_join(t, &got, -1);
	ok(got != NULL, "and wakes when bytes come");
	tcp_reset(p.out);
	pair_close(&p);
}

static int
finish(struct bufferevent *layer, bool last, void *unused)
{
	(void)layer;
	(void)last;
	(void)unused;
	return 0;
}

static void *
close_output(void *arg)
{
	struct pair *p = arg;

	return tcp_close_output_port(p->out) == 0 ? arg : NULL;
}

static void
full_before(void)
{
	const struct tcp_stack_options ends = {
	    TCPUNIT_STACK_DEFAULTS, .finish = finish};
	struct pair p = pair_accept();
	struct holding h;
	size_t sent = 0;
	void *closed;
	tcp_thread t;

	tcp_stack_with(p.in, p.out, holding_make, &h, &ends);
	h.permitted = true;
	tcp_set_timeout(p.out, 0);
	while (tcp_write(p.out, data, sizeof(data)) != -1)
		sent += sizeof(data);
	sent += tcp_last_error()->transferred;
	ok(pair_takes(&p, sent), "the peer takes all of a full socket");
	h.permitted = false;
	bufferevent_write(h.layer, "last", 4);
	tcp_set_timeout(p.out, -1);
	t = tcp_thread_start(close_output, &p);
	ok(all_sleep(), "a close sleeps while the layer keeps bytes");
	pair_say(&p, "!");
	tcp_thread_join(t, &closed, -1);
	ok(closed != NULL && peer_says(p.peer, "last") && peer_eof(p.peer),
	    "until it has got what it needs");
	pair_close(&p);
}

int
main(void)
{
	run(unread_input);
	run(buffered_output);
	run(full_before);
	return done_testing();
}
