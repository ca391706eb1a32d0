/* SPDX-License-Identifier: ISC */
/*
 * test_limits.c - a time limit bounds only the waiting: a call returns bytes
 * that arrived in time, however late its thread runs, and succeeds if it need
 * not wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <tcpunit.h>
#include <unistd.h>

#include "metronome.h"
#include "pair.h"
#include "peer.h"
#include "probe.h"
#include "tap.h"
#include "unit.h"

#define LIMIT_MS 500
#define SLEEPERS 50
#define APART_MS 4      /* between two sleepers */
#define MANY 100        /* more than libevent handles in one pass */
#define MUCH (16 << 20) /* more than two sockets hold */
#define TURN (1 << 20)  /* a late call ends after this many bytes */
#define SLACK_MS 5000

/* A thread whose call has a limit, and the result of that call. */
struct late {
	struct pair pair;
	tcp_thread thread;
	tcp_listener listener;
	tcp_thread other;
	bool good;
};

static char much[MUCH];

/* The limit of the calls: LIMIT_MS, or longer on a busy machine. */
static int limit = LIMIT_MS;

/* Does a test until what has to come in time does so, with a longer limit each
 * time.  The test returns -1 if the machine was too busy for that. */
static int
repeat(int (*test)(void))
{
	int result = -1;

	for (limit = LIMIT_MS; result == -1 && limit < PATIENCE_MS; limit *= 2)
		result = test();
	limit = LIMIT_MS;
	return result;
}

static bool
is_in_time(int64_t start)
{
	return now_ms() - start < limit;
}

static void
late_start(struct late *l, void *(*thunk)(void *))
{
	l->good = false;
	l->thread = tcp_thread_start(thunk, l);
}

/* Lets the other threads run until they wait. */
static void
let_them_wait(void)
{
	for (int i = 0; i < 10; i++)
		tcp_thread_yield();
}

/* Keeps the CPU until the time limits of all threads have passed. */
static void
be_busy(void)
{
	int64_t end = now_ms() + limit + limit / 4;

	while (now_ms() < end)
		;
}

static bool
late_join(struct late *l)
{
	return tcp_thread_join(l->thread, NULL, PATIENCE_MS) == 0 && l->good;
}

static void *
read_one(void *arg)
{
	struct late *l = arg;
	char byte;

	tcp_set_timeout(l->pair.in, limit);
	l->good = tcp_read(l->pair.in, &byte, 1) == 1;
	return NULL;
}

static int
count_readers(void)
{
	static struct late readers[MANY];
	int64_t start;
	bool in_time;
	int good = 0;

	for (int i = 0; i < MANY; i++)
		readers[i].pair = pair_connect();
	start = now_ms();
	for (int i = 0; i < MANY; i++)
		late_start(&readers[i], read_one);
	let_them_wait();
	for (int i = 0; i < MANY; i++)
		pair_say(&readers[i].pair, "x");
	in_time = is_in_time(start);
	be_busy();
	for (int i = 0; i < MANY; i++) {
		good += late_join(&readers[i]);
		pair_close(&readers[i].pair);
	}
	return in_time ? good : -1;
}

static void
readers(void)
{
	is_int(repeat(count_readers), MANY,
	    "%d late readers get what came in time", MANY);
}

static void *
read_word(void *arg)
{
	struct late *l = arg;
	char word[10];

	tcp_set_timeout(l->pair.in, limit);
	l->good = tcp_read_string(l->pair.in, word, 10) == 10 &&
	    memcmp(word, "helloworld", 10) == 0;
	return NULL;
}

static void *
read_line(void *arg)
{
	struct late *l = arg;
	char *line;
	size_t len;

	tcp_set_timeout(l->pair.in, limit);
	l->good =
	    tcp_read_line(l->pair.in, TCPUNIT_NO_LIMIT, &line, &len) == 1 &&
	    strcmp(line, "helloworld") == 0;
	return NULL;
}

/* The second half arrives after the library has read the first. */
static int
read_halves(void)
{
	struct late word = {.pair = pair_connect()};
	struct late line = {.pair = pair_connect()};
	int64_t start = now_ms();
	bool in_time, taken, good;

	late_start(&word, read_word);
	late_start(&line, read_line);
	let_them_wait();
	pair_say(&word.pair, "hello");
	pair_say(&line.pair, "hello");
	taken = pair_taken(&word.pair) && pair_taken(&line.pair);
	pair_say(&word.pair, "world");
	pair_say(&line.pair, "world\n");
	in_time = is_in_time(start);
	be_busy();
	good = late_join(&word);
	good = late_join(&line) && good && taken;
	pair_close(&word.pair);
	pair_close(&line.pair);
	return in_time ? good : -1;
}

static void
halves(void)
{
	is_int(repeat(read_halves), true,
	    "a half is read in time, the other too late, as it came in time");
}

static void *
write_much(void *arg)
{
	struct late *l = arg;

	tcp_set_timeout(l->pair.out, limit);
	l->good = failed(tcp_write(l->pair.out, much, MUCH) == -1,
		      TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
	    tcp_last_error()->transferred > 0;
	return NULL;
}

static void
no_room(void)
{
	struct late w = {.pair = pair_connect()};

	late_start(&w, write_much);
	ok(late_join(&w), "a writer without room times out");
	pair_close(&w.pair);
}

static void *
write_more(void *arg)
{
	struct late *l = arg;

	tcp_set_timeout(l->pair.out, limit);
	l->good = tcp_write(l->pair.out, much, 1000) == 1000;
	return NULL;
}

/* The peer makes room while no thread of the library runs. */
static int
write_late(void)
{
	struct late w = {.pair = pair_connect()};
	int64_t start;
	bool in_time, good;
	ssize_t n;

	tcp_set_timeout(w.pair.out, limit);
	while (tcp_write(w.pair.out, much, MUCH) == MUCH)
		;
	tcp_resume_output(w.pair.out);
	start = now_ms();
	late_start(&w, write_more);
	let_them_wait();
	n = read(w.pair.peer, much, MUCH);
	in_time = is_in_time(start);
	be_busy();
	good = late_join(&w) && n > 0;
	pair_close(&w.pair);
	return in_time ? good : -1;
}

static void
writer(void)
{
	is_int(repeat(write_late), true,
	    "a late writer has the room made in time");
}

static void *
accept_one(void *arg)
{
	struct late *l = arg;
	tcp_port in, out;

	tcp_set_accept_timeout(l->listener, limit);
	l->good = tcp_accept(l->listener, &in, &out) == 0;
	if (l->good)
		tcp_close_ports(in, out);
	return NULL;
}

static int
accept_late(void)
{
	struct late a = {.listener = listen_on("127.0.0.1", 0)};
	int64_t start = now_ms();
	bool in_time, good;
	int fd;

	late_start(&a, accept_one);
	let_them_wait();
	fd = peer_connect(
	    "127.0.0.1", tcp_listener_port(a.listener), PATIENCE_MS);
	in_time = is_in_time(start);
	be_busy();
	good = late_join(&a);
	close(fd);
	tcp_close(a.listener);
	return in_time ? good : -1;
}

static void
acceptor(void)
{
	is_int(
	    repeat(accept_late), true, "a late accept takes who came in time");
}

static void *
wait_for_input(void *arg)
{
	struct late *l = arg;

	l->good = tcp_wait_fd(tcp_port_fileno(l->pair.in), TCPUNIT_READABLE,
		      limit) == TCPUNIT_READABLE;
	return NULL;
}

static void *
sleep_half(void *arg)
{
	tcp_thread_sleep(limit / 2);
	return arg;
}

static void *
join_other(void *arg)
{
	struct late *l = arg;

	l->good = tcp_thread_join(l->other, NULL, limit) == 0;
	return NULL;
}

static int
wait_late(void)
{
	struct late w = {.pair = pair_connect()};
	int64_t start = now_ms();
	struct late j = {.other = tcp_thread_start(sleep_half, NULL)};
	bool in_time, good;

	late_start(&w, wait_for_input);
	late_start(&j, join_other);
	let_them_wait();
	pair_say(&w.pair, "x");
	in_time = is_in_time(start);
	be_busy();
	good = late_join(&w);
	good = late_join(&j) && good;
	pair_close(&w.pair);
	return in_time ? good : -1;
}

static void
waiters(void)
{
	is_int(repeat(wait_late), true,
	    "a late wait_fd, or join, sees what came in time");
}

/* The number of sleepers that have woken. */
static int woken;

struct sleeper {
	tcp_thread thread;
	int ms;
	int place;
};

static void *
sleep_and_note(void *arg)
{
	struct sleeper *s = arg;

	tcp_thread_sleep(s->ms);
	s->place = woken++;
	return NULL;
}

/* Returns how many sleepers wake in their place, or -1 if they began too
 * far apart to have certain places. */
static int
count_in_order(void)
{
	static struct sleeper s[SLEEPERS];
	int64_t start = now_ms();
	bool at_once;
	int right = 0;

	woken = 0;
	for (int i = 0; i < SLEEPERS; i++) {
		s[i].ms = APART_MS * (1 + i * 7 % SLEEPERS);
		s[i].thread = tcp_thread_start(sleep_and_note, &s[i]);
	}
	let_them_wait();
	at_once = now_ms() - start < APART_MS - 1;
	be_busy();
	for (int i = 0; i < SLEEPERS; i++) {
		tcp_thread_join(s[i].thread, NULL, PATIENCE_MS);
		right += s[i].place == s[i].ms / APART_MS - 1;
	}
	return at_once ? right : -1;
}

static void
sleepers(void)
{
	int right = -1;

	for (int i = 0; i < 100 && right == -1; i++)
		right = count_in_order();
	is_int(right, SLEEPERS, "sleepers wake in the order of their times");
}

static void
connect_at_once(void)
{
	struct tcp_connect_options at_once = {TCPUNIT_CONNECT_DEFAULTS};
	tcp_listener l = listen_on(NULL, 0);
	struct hole hole = hole_open("127.0.0.1", 0);
	tcp_port in, out;
	int n = 0;

	at_once.timeout = 0;
	for (int i = 0; i < 20; i++) {
		if (tcp_connect(i % 2 ? "127.0.0.1" : "::1",
			tcp_listener_port(l), &at_once, &in, &out) == -1)
			continue;
		n++;
		tcp_close_ports(in, out);
		tcp_accept(l, &in, &out);
		tcp_close_ports(in, out);
	}
	is_int(n, 20, "connect with limit 0 works on loopback");
	ok(failed(tcp_connect("127.0.0.1", peer_free_port("127.0.0.1"),
		      &at_once, &in, &out) == -1,
	       TCPUNIT_ERROR_NET, ECONNREFUSED),
	    "or is refused");
	ok(failed(
	       tcp_connect("127.0.0.1", hole.port, &at_once, &in, &out) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "or times out where nobody answers at once");
	hole_close(&hole);
	tcp_close(l);
}

/* Reads N bytes, of which a layer may give one at a time. */
static bool
reads(tcp_port in, ssize_t n)
{
	char buf[10];
	ssize_t r;

	for (; n > 0; n -= r) {
		r = tcp_read(in, buf, sizeof buf);
		if (r <= 0)
			return false;
	}
	return n == 0;
}

/* After a short read the library normally waits before it tries again.  With
 * the limit 0 it must try at once. */
static void
read_at_once(void)
{
	struct pair p = pair_connect();
	char buf[10];

	tcp_set_timeout(p.in, 0);
	pair_say(&p, "abc");
	ok(reads(p.in, 3), "a short read");
	pair_say(&p, "def");
	ok(reads(p.in, 3) &&
		failed(tcp_read(p.in, buf, sizeof buf) == -1,
		    TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "read with limit 0 takes what is there, and times out then");
	pair_close(&p);
}

/* A line that never ends, although its bytes need no waiting. */
static void
endless(void)
{
	tcp_port zero = tcp_open_input_fd(open("/dev/zero", O_RDONLY));
	int64_t start = now_ms();
	char *line;
	size_t len, n;

	tcp_set_timeout(zero, 0);
	ok(failed(tcp_read_line(zero, TCPUNIT_NO_LIMIT, &line, &len) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "a call with limit 0 that never has to wait ends");
	n = (size_t)tcp_read(zero, much, MUCH);
	ok(n > 0 && n <= TURN, "after a turn");
	tcp_set_timeout(zero, LIMIT_MS);
	ok(failed(tcp_read_line(zero, TCPUNIT_NO_LIMIT, &line, &len) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
		within(now_ms() - start, LIMIT_MS, SLACK_MS),
	    "and one with another limit soon after that");
	tcp_close_input_port(zero);
}

int
main(void)
{
	metronome_start();
	run(readers);
	run(halves);
	run(no_room);
	run(writer);
	run(acceptor);
	run(waiters);
	run(sleepers);
	run(connect_at_once);
	run(read_at_once);
	run(endless);
	return done_testing();
}
