/* SPDX-License-Identifier: ISC */
/*
 * test_deadlines.c - deadlines: one limit for a sequence of calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <tcpunit.h>
#include <unistd.h>

#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

enum { SHORT_MS = 50, LONG_MS = 60000 };

static bool
timed_out(bool yes)
{
	return failed(yes, TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT);
}

/* Makes each of the calls that wait, one after the other.  Each fails, and
 * all of them together take no longer than the deadline. */
static void
every_call(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct both c = both_connect(l, "127.0.0.1");
	tcp_mutex mutex = tcp_make_mutex();
	tcp_condition condition = tcp_make_condition();
	tcp_mailbox mailbox = tcp_make_mailbox(1);
	tcp_thread t = tcp_thread_start(sleep_long, NULL);
	tcp_deadline outer;
	char byte, *line;
	size_t length;
	void *message;
	tcp_port in, out;
	int64_t begun = now_ms();

	tcp_mutex_lock(mutex, -1);
	ok(tcp_set_deadline(SHORT_MS, &outer) == 0, "a deadline can be set");
	ok(timed_out(tcp_read(c.client_in, &byte, 1) == -1) &&
		now_ms() - begun >= SHORT_MS - 1,
	    "a read waits until then");
	ok(timed_out(tcp_read_line(c.client_in, 10, &line, &length) == -1) &&
		timed_out(tcp_accept(l, &in, &out) == -1) &&
		timed_out(tcp_condition_wait(condition, -1) == -1) &&
		timed_out(
		    tcp_mailbox_receive(mailbox, &message, LONG_MS) == -1) &&
		timed_out(tcp_thread_join(t, NULL, -1) == -1) &&
		timed_out(tcp_thread_sleep(LONG_MS) == -1) &&
		timed_out(tcp_wait_fd(tcp_port_fileno(c.server_in),
			      TCPUNIT_READABLE, LONG_MS) == -1),
	    "and no later call waits longer");
	ok(tcp_write_string(c.server_out, "abc\n") == 4 &&
		tcp_mailbox_send(mailbox, NULL, -1) == 0 &&
		tcp_thread_sleep(0) == 0,
	    "what needs no waiting goes on");
	tcp_restore_deadline(outer);
	ok(tcp_read_line(c.client_in, 10, &line, &length) == 1 &&
		strcmp(line, "abc") == 0,
	    "after it has ended, calls wait again");
	ok(tcp_set_deadline(SHORT_MS, NULL) == 0 &&
		tcp_write_string(c.server_out, "d") == 1 &&
		timed_out(tcp_thread_sleep(-1) == -1) &&
		tcp_read(c.client_in, &byte, 1) == 1,
	    "what came in time is read, however late");
	tcp_restore_deadline(outer);
	tcp_thread_terminate(t);
	tcp_thread_join(t, NULL, -1);
	both_close(&c);
	tcp_close(l);
	tcp_close_mutex(mutex);
	tcp_close_condition(condition);
	tcp_close_mailbox(mailbox);
}

static void
nesting(void)
{
	tcp_deadline outer, inner;
	int64_t begun = now_ms();

	tcp_set_deadline(SHORT_MS, &outer);
	tcp_set_deadline(LONG_MS, &inner);
	ok(timed_out(tcp_thread_sleep(LONG_MS) == -1) &&
		now_ms() - begun < LONG_MS,
	    "a later deadline does not replace an earlier one");
	tcp_restore_deadline(inner);
	ok(timed_out(tcp_thread_sleep(LONG_MS) == -1),
	    "which is in force again after it");
	tcp_restore_deadline(outer);
	ok(tcp_thread_sleep(1) == 0, "and until it is ended itself");

	tcp_set_deadline(LONG_MS, &outer);
	tcp_set_deadline(SHORT_MS, &inner);
	ok(timed_out(tcp_thread_sleep(LONG_MS) == -1),
	    "an earlier deadline counts");
	tcp_restore_deadline(inner);
	ok(tcp_thread_sleep(1) == 0, "until it is ended");
	tcp_restore_deadline(outer);
	tcp_set_deadline(-1, &outer);
	ok(tcp_thread_sleep(1) == 0, "-1 sets none");
	tcp_restore_deadline((tcp_deadline){0});
	ok(tcp_thread_sleep(1) == 0, "and so is the null deadline");
}

static void
own_limit(void)
{
	tcp_condition condition = tcp_make_condition();
	tcp_deadline outer;
	int64_t begun = now_ms();

	tcp_set_deadline(LONG_MS, &outer);
	ok(timed_out(tcp_condition_wait(condition, SHORT_MS) == -1) &&
		now_ms() - begun < LONG_MS,
	    "a call's own limit counts if it is earlier");
	tcp_restore_deadline(outer);
	ok(failed(tcp_condition_wait(condition, -1) == -1,
	       TCPUNIT_ERROR_DEADLOCK, EDEADLK),
	    "without a deadline it is a deadlock again");
	tcp_set_deadline(0, &outer);
	ok(timed_out(tcp_condition_wait(condition, LONG_MS) == -1),
	    "a deadline of 0 is now");
	tcp_restore_deadline(outer);
	ok(failed(tcp_set_deadline(-2, &outer) == -1, TCPUNIT_ERROR_ARGUMENT,
	       EINVAL),
	    "-2 is none");
	tcp_close_condition(condition);
}

static void *
sleep_ten(void *arg)
{
	return tcp_thread_sleep(10) == 0 ? arg : NULL;
}

static void
other_threads_go_on(void)
{
	tcp_deadline outer;
	tcp_thread t;
	void *slept;

	tcp_set_deadline(0, &outer);
	t = tcp_thread_start(sleep_ten, &outer);
	tcp_restore_deadline(outer);
	ok(tcp_thread_join(t, &slept, PATIENCE_MS) == 0 && slept != NULL,
	    "a deadline is one thread's, and not inherited");
}

/* A copy moves on without waiting, so that only the deadline can stop it. */
static void
endless_copy(void)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	tcp_port in = tcp_open_input_fd(zero);
	tcp_port out = tcp_open_output_fd(null);
	tcp_deadline outer;

	tcp_set_deadline(SHORT_MS, &outer);
	ok(timed_out(tcp_copy_port(in, out, -1) == -1),
	    "bytes that move do not move the deadline");
	tcp_restore_deadline(outer);
	tcp_set_timeout(in, LONG_MS);
	tcp_set_timeout(out, 0);
	tcp_set_deadline(SHORT_MS, &outer);
	ok(timed_out(tcp_copy_port(in, out, -1) == -1),
	    "also if the ports have limits");
	tcp_restore_deadline(outer);
	tcp_close_ports(in, out);
}

static void
connecting(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	tcp_port in, out;
	tcp_deadline outer;
	int connected = 0;

	/* Nobody accepts: the connections fill the queue, and then a connect
	 * waits. */
	tcp_set_deadline(500, &outer);
	for (int i = 0; i < 20; i++)
		if (tcp_connect("127.0.0.1", tcp_listener_port(l), NULL, &in,
			&out) == 0)
			connected++;
		else
			break;
	ok(connected < 20 && timed_out(true), "a connect ends at the deadline");
	tcp_restore_deadline(outer);
	tcp_shutdown();
}

int
main(void)
{
	sandbox();
	run(every_call);
	run(nesting);
	run(own_limit);
	run(other_threads_go_on);
	run(endless_copy);
	run(connecting);
	return done_testing();
}
