/* SPDX-License-Identifier: ISC */
/*
 * test_waiting.c - a thread that waits, in whatever call, stops no other
 * thread, and tcp_thread_terminate ends its wait.
 */
#include <errno.h>
#include <stdint.h>
#include <tcpunit.h>
#include <unistd.h>

#include "pair.h"
#include "peer.h"
#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

#define TURNS 10
#define MUCH (32 << 20) /* more bytes than two sockets hold */

static tcp_listener lonely;
static struct hole hole;
static struct pair silent, deaf;
static int pipe_fds[2];
static char much[MUCH];

static int
in_accept(void)
{
	tcp_port in, out;

	return tcp_accept(lonely, &in, &out);
}

static int
in_connect(void)
{
	tcp_port in, out;

	return tcp_connect("127.0.0.1", hole.port, NULL, &in, &out);
}

static int
in_look_up(void)
{
	tcp_port in, out;

	return tcp_connect("silent.test", 1, NULL, &in, &out);
}

static int
in_listen(void)
{
	return tcp_listener_p(listen_on("silent.test", 0)) ? 0 : -1;
}

static int
in_read(void)
{
	char byte;

	return (int)tcp_read(silent.in, &byte, 1);
}

static int
in_write(void)
{
	tcp_resume_output(deaf.out); /* an earlier write was cut */
	return (int)tcp_write(deaf.out, much, sizeof much);
}

static int
in_copy(void)
{
	return (int)tcp_copy_port(deaf.in, silent.out, -1);
}

static int
in_wait_fd(void)
{
	return tcp_wait_fd(pipe_fds[0], TCPUNIT_READABLE, -1);
}

static int
in_sleep(void)
{
	return tcp_thread_sleep(1000 * 1000);
}

static int
in_join(void)
{
	tcp_thread t = tcp_thread_start(sleep_long, NULL);
	int result = tcp_thread_join(t, NULL, -1), code = errno;

	tcp_thread_terminate(t);
	tcp_thread_detach(t);
	errno = code;
	return result;
}

struct waiter {
	const char *where;
	int (*wait)(void);
	tcp_thread thread;
	bool done, terminated;
};

static struct waiter waiters[] = {
    {.where = "accept", .wait = in_accept},
    {.where = "connect to a full backlog", .wait = in_connect},
    {.where = "a look-up for connect", .wait = in_look_up},
    {.where = "a look-up for listen", .wait = in_listen},
    {.where = "a silent read", .wait = in_read},
    {.where = "a blocked write", .wait = in_write},
    {.where = "a copy", .wait = in_copy},
    {.where = "wait_fd", .wait = in_wait_fd},
    {.where = "sleep", .wait = in_sleep},
    {.where = "join", .wait = in_join},
};

#define WAITERS (int)(sizeof waiters / sizeof *waiters)

static void *
wait_there(void *arg)
{
	struct waiter *w = arg;

	w->terminated =
	    failed(w->wait() == -1, TCPUNIT_ERROR_TERMINATED, ECANCELED);
	w->done = true;
	return NULL;
}

static void
start(struct waiter *w)
{
	w->done = w->terminated = false;
	w->thread = tcp_thread_start(wait_there, w);
}

/* Takes all its turns, however long that takes. */
static void *
take_turns(void *arg)
{
	int *turns = arg;

	while (*turns < TURNS && tcp_thread_sleep(10) == 0)
		++*turns;
	return NULL;
}

/* Whether other threads run for a while. */
static bool
others_run(void)
{
	int turns = 0;

	tcp_thread_join(tcp_thread_start(take_turns, &turns), NULL, -1);
	return turns == TURNS;
}

/* Whether W has waited until now, and stops when it is terminated. */
static bool
terminates(struct waiter *w)
{
	bool waited = !w->done;
	bool ended = tcp_thread_terminate(w->thread) == 0 &&
	    tcp_thread_join(w->thread, NULL, PATIENCE_MS) == 0;

	if (!waited || !ended || !w->terminated)
		printf("# %s: %swaited, %sended, %sterminated\n", w->where,
		    waited ? "" : "not ", ended ? "" : "not ",
		    w->terminated ? "" : "not ");
	return waited && ended && w->terminated;
}

static void
one_by_one(void)
{
	for (struct waiter *w = waiters; w < waiters + WAITERS; w++) {
		start(w);
		ok(others_run() && !w->done,
		    "a thread that waits in %s stops nobody", w->where);
		ok(terminates(w), "terminate ends %s", w->where);
	}
}

static void
all_at_once(void)
{
	int ended = 0;

	for (int i = 0; i < WAITERS; i++)
		start(&waiters[i]);
	ok(others_run(), "threads that wait in all of these stop nobody");
	for (int i = 0; i < WAITERS; i++)
		ended += terminates(&waiters[i]);
	is_int(ended, WAITERS, "terminate ends each of them");
}

static void
slow_name(void)
{
	int l = peer_listen("127.0.0.1", 0, 1);
	int64_t start_ms = now_ms();
	int turns = 0;
	tcp_thread t = tcp_thread_start(take_turns, &turns);
	tcp_port in, out;

	ok(tcp_connect("slow.test", peer_port(l), NULL, &in, &out) == 0 &&
		now_ms() - start_ms >= SLOW_MS,
	    "a name that takes 2 s connects after 2 s");
	is_int(turns, TURNS, "and stops nobody meanwhile");
	tcp_thread_join(t, NULL, -1);
	tcp_close_ports(in, out);
	close(l);
}

/* A thread that waits for a descriptor, and the result of the wait. */
struct fd_waiter {
	int fd;
	int events; /* 0: the descriptor is readable */
	bool was_closed;
};

static void *
wait_for_fd(void *arg)
{
	struct fd_waiter *w = arg;
	int events = w->events ? w->events : TCPUNIT_READABLE;

	w->was_closed = failed(tcp_wait_fd(w->fd, events, PATIENCE_MS) == -1,
	    TCPUNIT_ERROR_CLOSED, EBADF);
	return NULL;
}

static void *
read_word(void *arg)
{
	struct pair *p = arg;
	char word[5];

	return tcp_read_string(p->in, word, sizeof word) == 5 ? arg : NULL;
}

/* The descriptor is closed during the wait, and the next socket gets its
 * number. */
static void
closed_meanwhile(void)
{
	struct pair p = pair_connect();
	struct fd_waiter w = {.fd = tcp_port_fileno(p.in)};
	tcp_thread t = tcp_thread_start(wait_for_fd, &w);
	void *has_read = NULL;

	tcp_thread_yield();
	pair_close(&p);
	ok(tcp_thread_join(t, NULL, PATIENCE_MS) == 0 && w.was_closed,
	    "closing a port ends a wait for its descriptor");
	p = pair_connect();
	t = tcp_thread_start(read_word, &p);
	tcp_thread_yield();
	pair_say(&p, "hello");
	ok(tcp_port_fileno(p.in) == w.fd &&
		tcp_thread_join(t, &has_read, PATIENCE_MS) == 0 && has_read,
	    "and the next connection knows nothing of it");
	pair_close(&p);
}

/* One thread waits for one direction of a port's descriptor; then the port is
 * closed. */
static bool
ends_wait(tcp_port port, int events, int (*close_port)(tcp_port))
{
	struct fd_waiter w = {.fd = tcp_port_fileno(port), .events = events};
	tcp_thread t = tcp_thread_start(wait_for_fd, &w);

	tcp_thread_yield();
	close_port(port);
	return tcp_thread_join(t, NULL, PATIENCE_MS) == 0 && w.was_closed;
}

static void
half_closed(void)
{
	struct pair reading = pair_connect(), writing = pair_connect();
	struct fd_waiter w = {.fd = tcp_port_fileno(reading.in)};
	tcp_thread t;

	ok(ends_wait(reading.in, TCPUNIT_READABLE, tcp_close_input_port),
	    "closing the input port ends a wait for input");
	tcp_set_timeout(writing.out, 0);
	while (tcp_write(writing.out, much, sizeof much) == sizeof much)
		;
	ok(ends_wait(writing.out, TCPUNIT_WRITABLE, tcp_close_output_port),
	    "closing the output port ends a wait for room");
	pair_close(&reading);
	reading = pair_connect();
	w.fd = tcp_port_fileno(reading.in);
	t = tcp_thread_start(wait_for_fd, &w);
	tcp_thread_yield();
	tcp_close_output_port(reading.out);
	pair_say(&reading, "x");
	ok(tcp_thread_join(t, NULL, PATIENCE_MS) == 0 && !w.was_closed,
	    "closing the output port leaves a wait for input alone");
	pair_close(&reading);
	pair_close(&writing);
}

/* A reader that has buffered output to send also waits for room to send it. */
static void
reader_with_output(void)
{
	struct pair p = pair_connect();
	void *has_read = NULL;
	tcp_thread t;

	tcp_set_timeout(p.out, 0);
	while (tcp_write(p.out, much, sizeof much) == sizeof much)
		;
	tcp_set_buffer_size(p.out, 100);
	tcp_write_string(p.out, "buffered");
	t = tcp_thread_start(read_word, &p);
	tcp_thread_yield();
	tcp_close_output_port(p.out);
	pair_say(&p, "hello");
	ok(tcp_thread_join(t, &has_read, PATIENCE_MS) == 0 && has_read,
	    "closing the output port leaves its connection's reader alone");
	pair_close(&p);
}

struct closer {
	struct pair *pair;
	int told[2];
};

static void *
close_when_told(void *arg)
{
	struct closer *c = arg;

	(void)tcp_wait_fd(c->told[0], TCPUNIT_READABLE, PATIENCE_MS);
	pair_close(c->pair);
	return NULL;
}

/* Two threads are woken by the same poll; the first one closes the port. */
static void
closed_when_awake(void)
{
	struct pair p = pair_connect();
	struct fd_waiter w = {.fd = tcp_port_fileno(p.in)};
	struct closer c = {.pair = &p};
	tcp_thread closer, waiter;

	ok(pipe(c.told) == 0, "a pipe");
	closer = tcp_thread_start(close_when_told, &c);
	waiter = tcp_thread_start(wait_for_fd, &w);
	tcp_thread_yield();
	ok(write(c.told[1], "x", 1) == 1, "it is told to close");
	pair_say(&p, "x");
	tcp_thread_join(closer, NULL, PATIENCE_MS);
	ok(tcp_thread_join(waiter, NULL, PATIENCE_MS) == 0 && w.was_closed,
	    "also for one who is awake by then");
	close(c.told[0]);
	close(c.told[1]);
}

static void
nothing_is_lost(void)
{
	char buf[8];

	pair_say(&silent, "later\n");
	ok(tcp_read_string(silent.in, buf, 6) == 6 &&
		memcmp(buf, "later\n", 6) == 0,
	    "a port whose reader was terminated can be read");
	ok(tcp_write_line(silent.out, "on") == 3 &&
		peer_says(silent.peer, "on\n"),
	    "and written");
}

int
main(void)
{
	sandbox();
	lonely = listen_on("127.0.0.1", 0);
	hole = hole_open("127.0.0.1", 0);
	silent = pair_connect();
	deaf = pair_connect();
	if (pipe(pipe_fds) == -1)
		return 1;
	run(one_by_one);
	run(all_at_once);
	run(slow_name);
	run(closed_meanwhile);
	run(half_closed);
	run(reader_with_output);
	run(closed_when_awake);
	run(nothing_is_lost);
	tcp_close(lonely);
	hole_close(&hole);
	pair_close(&silent);
	pair_close(&deaf);
	return done_testing();
}
