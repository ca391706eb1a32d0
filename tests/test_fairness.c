/* SPDX-License-Identifier: ISC */
/*
 * test_fairness.c - a thread that calls the library lets the other threads run,
 * whatever its calls return.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <tcpunit.h>
#include <unistd.h>

#include "metronome.h"
#include "pair.h"
#include "peer.h"
#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

#define CALLS 10000
#define TURNS 20 /* turns that the other thread needs during the calls */

static struct pair silent, full, ended, talking;
static tcp_listener lonely, closed_listener;
static tcp_port closed_port, busy_port, held;
static tcp_thread sleeper;
static char buf[100], *line;
static size_t len;
static tcp_port in, out;

static void
read_nothing(void)
{
	(void)tcp_read(silent.in, buf, sizeof buf);
}

static void
read_line_in_vain(void)
{
	(void)tcp_read_line(silent.in, 100, &line, &len);
}

static void
read_end(void)
{
	(void)tcp_read(ended.in, buf, sizeof buf);
}

static void
read_no_bytes(void)
{
	(void)tcp_read(talking.in, buf, 0);
}

static void
peek(void)
{
	(void)tcp_peek_byte(talking.in);
}

static void
read_empty_line(void)
{
	(void)tcp_read_line(talking.in, 0, &line, &len);
}

static void
ask_for_byte(void)
{
	(void)tcp_char_ready(silent.in);
}

static void
ask_for_byte_there(void)
{
	(void)tcp_char_ready(talking.in);
}

static void
read_arrived(void)
{
	(void)tcp_read_buffered(silent.in, buf, sizeof buf);
}

static void
write_without_room(void)
{
	(void)tcp_write(full.out, "x", 1);
}

static void
write_no_bytes(void)
{
	(void)tcp_write(silent.out, "", 0);
}

static void
print_nonsense(void)
{
	(void)tcp_printf(silent.out, "%ls", L"\x7fffffff");
}

static void
flush_nothing(void)
{
	(void)tcp_flush_output(silent.out);
}

static void
copy_nothing(void)
{
	(void)tcp_copy_port(silent.in, talking.out, -1);
}

static void
accept_nobody(void)
{
	(void)tcp_accept(lonely, &in, &out);
}

static void
ask_for_client(void)
{
	(void)tcp_accept_ready(lonely);
}

static void
connect_in_vain(void)
{
	(void)tcp_connect("127.0.0.1:1", 0, NULL, &in, &out);
}

static void
join_sleeper(void)
{
	(void)tcp_thread_join(sleeper, NULL, 0);
}

static void
wait_for_silence(void)
{
	(void)tcp_wait_fd(tcp_port_fileno(silent.in), TCPUNIT_READABLE, 0);
}

static void
use_closed_port(void)
{
	(void)tcp_read(closed_port, buf, sizeof buf);
}

static void
close_again(void)
{
	(void)tcp_close_output_port(closed_port);
}

static void
use_closed_listener(void)
{
	(void)tcp_accept(closed_listener, &in, &out);
}

static void
use_busy_port(void)
{
	(void)tcp_read(busy_port, buf, sizeof buf);
}

static void
argue(void)
{
	(void)tcp_read(silent.in, NULL, 1);
	(void)tcp_write_string(silent.out, NULL);
	(void)tcp_wait_fd(-1, 0, 0);
	(void)tcp_thread_sleep(-2);
}

static const struct {
	const char *what;
	void (*call)(void);
} calls[] = {
    {"read with limit 0", read_nothing},
    {"read-line with limit 0", read_line_in_vain},
    {"read at the end of file", read_end},
    {"read of no bytes", read_no_bytes},
    {"peek-byte", peek},
    {"read-line of no bytes", read_empty_line},
    {"char-ready without bytes", ask_for_byte},
    {"char-ready with bytes", ask_for_byte_there},
    {"read-buffered", read_arrived},
    {"write with limit 0", write_without_room},
    {"write of no bytes", write_no_bytes},
    {"formats that fail", print_nonsense},
    {"flush-output", flush_nothing},
    {"copy-port with limit 0", copy_nothing},
    {"accept with limit 0", accept_nobody},
    {"accept-ready", ask_for_client},
    {"refused connects", connect_in_vain},
    {"thread-join with limit 0", join_sleeper},
    {"wait-fd with limit 0", wait_for_silence},
    {"a closed port", use_closed_port},
    {"closing again", close_again},
    {"a closed listener", use_closed_listener},
    {"a busy port", use_busy_port},
    {"wrong arguments", argue},
};

static void *
count_turns(void *arg)
{
	int *turns = arg;

	while (*turns >= 0) {
		++*turns;
		tcp_thread_yield();
	}
	return NULL;
}

static void
each_call(void)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		int turns = 0, n = 0;
		tcp_thread t = tcp_thread_start(count_turns, &turns);

		while (n < CALLS && turns < TURNS) {
			calls[i].call();
			n++;
		}
		ok(turns == TURNS, "a loop around %s lets others run",
		    calls[i].what);
		turns = -1;
		tcp_thread_join(t, NULL, PATIENCE_MS);
	}
}

static void *
read_busily(void *arg)
{
	(void)tcp_read(busy_port, buf, sizeof buf);
	return arg;
}

/* Reads the byte as soon as this thread gets a turn. */
static void *
take_byte(void *arg)
{
	int *taken = arg;

	*taken = tcp_read(talking.in, buf, 1) == 1;
	return NULL;
}

static void
true_answers(void)
{
	int wrong = 0, taken;
	tcp_thread t;

	for (int i = 0; i < 20; i++) {
		taken = 0;
		t = tcp_thread_start(take_byte, &taken);
		while (taken == 0)
			wrong += tcp_char_ready(talking.in) == 1 && taken;
		tcp_thread_join(t, NULL, PATIENCE_MS);
		pair_say(&talking, "x");
	}
	is_int(wrong, 0, "an answer is still true when the call returns");
}

/* Closes the port once a thread waits for it, and notes when that thread has
 * had enough time to wake. */
static void *
give_up_port(void *arg)
{
	bool *late = arg;

	tcp_thread_yield();
	tcp_close_input_port(held);
	tcp_thread_sleep(20);
	*late = true;
	return NULL;
}

static void
no_descriptors(void)
{
	struct rlimit before, few;
	int peer =
	    peer_connect("127.0.0.1", tcp_listener_port(lonely), PATIENCE_MS);
	struct ticker ticker;
	tcp_thread t;
	int failures = 0;
	bool late = false;

	held = tcp_open_input_fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = (rlim_t)tcp_port_fileno(held) + 1;
	setrlimit(RLIMIT_NOFILE, &few);
	ok(failed(tcp_accept(lonely, &in, &out) == -1, TCPUNIT_ERROR_SYSTEM,
	       EMFILE),
	    "accept with limit 0 says at once that there is no descriptor");
	tcp_set_accept_timeout(lonely, -1);
	ticker_start(&ticker);
	for (int i = 0; i < 10; i++)
		failures += failed(tcp_accept(lonely, &in, &out) == -1,
		    TCPUNIT_ERROR_SYSTEM, EMFILE);
	ok(ticker_stop(&ticker) && failures == 10,
	    "a loop around accept without descriptors lets others run");
	t = tcp_thread_start(give_up_port, &late);
	ok(tcp_accept(lonely, &in, &out) == 0 && !late,
	    "accept goes on as soon as a descriptor is closed");
	tcp_thread_join(t, NULL, PATIENCE_MS);
	setrlimit(RLIMIT_NOFILE, &before);
	tcp_close_ports(in, out);
	close(peer);
}

static void *
accept_lonely(void *arg)
{
	bool *accepted = arg;

	*accepted = tcp_accept(lonely, &in, &out) == 0;
	return NULL;
}

/* The first connection gives the acceptor nothing, as if another process had
 * accepted it. */
static void
second_shortage(void)
{
	int port = tcp_listener_port(lonely);
	int first = peer_connect("127.0.0.1", port, PATIENCE_MS), second, taken;
	bool accepted = false;
	tcp_thread t;

	held = tcp_open_input_fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
	tcp_set_accept_timeout(lonely, -1);
	forbid_fds();
	t = tcp_thread_start(accept_lonely, &accepted);
	tcp_thread_yield();
	permit_fds();
	taken = accept(tcp_listener_fileno(lonely, 0), NULL, NULL);
	tcp_thread_sleep(60); /* more than the acceptor waits (50 ms) */
	second = peer_connect("127.0.0.1", port, PATIENCE_MS);
	forbid_fds();
	tcp_thread_yield();
	tcp_close_input_port(held);
	tcp_thread_join(t, NULL, PATIENCE_MS);
	permit_fds();
	ok(accepted, "an accept waits out each shortage of descriptors");
	tcp_close_ports(in, out);
	close(taken);
	close(first);
	close(second);
}

static void
set_up(void)
{
	static char much[32 << 20];
	struct pair p = pair_connect();

	silent = pair_connect();
	full = pair_connect();
	ended = pair_connect();
	talking = pair_connect();
	tcp_set_timeout(silent.in, 0);
	tcp_set_timeout(full.out, 0);
	while (tcp_write(full.out, much, sizeof much) == sizeof much)
		;
	tcp_resume_output(full.out);
	pair_finish(&ended);
	pair_say(&talking, "x");
	closed_port = p.out;
	pair_close(&p);
	p = pair_connect();
	busy_port = p.in;
	tcp_thread_detach(tcp_thread_start(read_busily, NULL));
	closed_listener = listen_on("127.0.0.1", 0);
	tcp_close(closed_listener);
	lonely = listen_on("127.0.0.1", 0);
	tcp_set_accept_timeout(lonely, 0);
	sleeper = tcp_thread_start(sleep_long, NULL);
	tcp_thread_yield();
}

int
main(void)
{
	sandbox();
	metronome_start();
	set_up();
	run(each_call);
	run(true_answers);
	run(no_descriptors);
	run(second_shortage);
	return done_testing();
}
