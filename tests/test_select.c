/* SPDX-License-Identifier: ISC */
/*
 * test_select.c - waiting for the first of several sources.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <tcpunit.h>
#include <unistd.h>

#include "pair.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

#define MESSAGE(n) ((void *)(intptr_t)(n))

enum { MAILBOX_A, MAILBOX_B, CONDITION, INPUT, SOURCES, MANY = 3000 };

static tcp_mailbox a, b;
static tcp_condition condition;
static struct pair pair;
static struct tcp_choice choices[SOURCES];

static void
open_all(void)
{
	a = tcp_make_mailbox(2);
	b = tcp_make_mailbox(0);
	condition = tcp_make_condition();
	pair = pair_connect();
	memset(choices, 0, sizeof choices);
	choices[MAILBOX_A].mailbox = a;
	choices[MAILBOX_B].mailbox = b;
	choices[CONDITION].condition = condition;
	choices[INPUT].input = pair.in;
}

static void
close_all(void)
{
	tcp_close_mailbox(a);
	tcp_close_mailbox(b);
	tcp_close_condition(condition);
	pair_close(&pair);
}

static void
at_once(void)
{
	open_all();
	ok(failed(tcp_select(choices, SOURCES, 0) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "with a limit of 0 nothing is waited for");
	tcp_mailbox_send(a, MESSAGE(7), -1);
	pair_say(&pair, "x");
	ok(tcp_select(choices, SOURCES, -1) == MAILBOX_A &&
		choices[MAILBOX_A].message == MESSAGE(7) &&
		!choices[MAILBOX_A].closed,
	    "the first that is ready is chosen, and its message received");
	ok(tcp_select(choices, SOURCES, -1) == INPUT &&
		tcp_select(choices, SOURCES, -1) == INPUT &&
		tcp_read_byte(pair.in) == 'x',
	    "a port stays ready until it is read");
	tcp_condition_signal(condition);
	ok(failed(tcp_select(choices, SOURCES, 0) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "a signal before the wait is lost");
	close_all();
}

/* A thread that selects once, and the result of that call. */
struct selecting {
	tcp_thread thread;
	int timeout, chosen;
	enum tcp_error_kind kind;
};

static void *
select_once(void *arg)
{
	struct selecting *s = arg;

	s->chosen = tcp_select(choices, SOURCES, s->timeout);
	s->kind = tcp_last_error()->kind;
	return NULL;
}

static void
start(struct selecting *s, int timeout)
{
	open_all();
	*s = (struct selecting){.timeout = timeout, .chosen = -2};
	s->thread = tcp_thread_start(select_once, s);
	tcp_thread_yield();
}

static int
end(struct selecting *s)
{
	return tcp_thread_join(s->thread, NULL, PATIENCE_MS) == 0 ? s->chosen
								  : -3;
}

static void
waits(void)
{
	struct selecting s;
	void *message;

	start(&s, -1);
	is_int(s.chosen, -2, "otherwise it waits");
	tcp_mailbox_send(b, MESSAGE(5), -1);
	tcp_condition_signal(condition); /* the first wait is over */
	tcp_mailbox_send(a, MESSAGE(6), -1);
	ok(end(&s) == MAILBOX_B && choices[MAILBOX_B].message == MESSAGE(5),
	    "for a message");
	ok(tcp_mailbox_receive(a, &message, 0) == 0 && message == MESSAGE(6),
	    "and takes nothing else");
	close_all();
	start(&s, -1);
	tcp_condition_signal(condition);
	is_int(end(&s), CONDITION, "for a signal");
	close_all();
	start(&s, -1);
	pair_say(&pair, "x");
	is_int(end(&s), INPUT, "for bytes");
	close_all();
	start(&s, -1);
	pair_finish(&pair);
	is_int(end(&s), INPUT, "for the end of file");
	close_all();
}

static void
closed(void)
{
	struct selecting s;

	start(&s, -1);
	tcp_close_mailbox(a);
	ok(end(&s) == MAILBOX_A && choices[MAILBOX_A].closed,
	    "a mailbox that is closed is chosen");
	close_all();
	start(&s, -1);
	tcp_close_condition(condition);
	ok(end(&s) == CONDITION && choices[CONDITION].closed,
	    "and so is a condition");
	close_all();
	start(&s, -1);
	tcp_close_input_port(pair.in);
	ok(end(&s) == INPUT && choices[INPUT].closed, "and a port");
	close_all();
	open_all();
	tcp_mailbox_send(a, MESSAGE(1), -1);
	tcp_close_mailbox(a);
	ok(tcp_select(choices, SOURCES, -1) == MAILBOX_A &&
		!choices[MAILBOX_A].closed,
	    "a closed mailbox first gives the messages that are left");
	ok(tcp_select(choices, SOURCES, -1) == MAILBOX_A &&
		choices[MAILBOX_A].closed,
	    "and then is closed");
	close_all();
}

static void
failures(void)
{
	struct selecting s;

	start(&s, 20);
	ok(end(&s) == -1 && s.kind == TCPUNIT_ERROR_TIMEOUT,
	    "it gives up after its limit");
	close_all();
	start(&s, -1);
	tcp_thread_terminate(s.thread);
	ok(end(&s) == -1 && s.kind == TCPUNIT_ERROR_TERMINATED,
	    "or when the thread is terminated");
	tcp_mailbox_send(a, MESSAGE(1), -1);
	ok(tcp_select(choices, SOURCES, 0) == MAILBOX_A,
	    "and waits nowhere afterwards");
	close_all();
	open_all();
	ok(failed(tcp_select(choices, INPUT, -1) == -1, TCPUNIT_ERROR_DEADLOCK,
	       EDEADLK),
	    "without ports it can be a deadlock");
	close_all();
}

static bool
refused(struct tcp_choice *c, int n)
{
	return failed(
	    tcp_select(c, n, -1) == -1, TCPUNIT_ERROR_ARGUMENT, EINVAL);
}

static void *
read_byte(void *arg)
{
	tcp_read_byte(pair.in);
	return arg;
}

static void
misuse(void)
{
	struct tcp_choice two = {0}, wrong = {0};
	tcp_thread reader;

	open_all();
	ok(refused(NULL, 1) && refused(choices, 0) && refused(choices, -1) &&
		refused(choices, TCPUNIT_MAX_CHOICES + 1),
	    "there are some choices, and not too many");
	two.mailbox = a;
	two.condition = condition;
	ok(refused(&wrong, 1) && refused(&two, 1),
	    "each of them is one source");
	wrong.mailbox.bits = condition.bits;
	ok(refused(&wrong, 1), "of its kind");
	wrong = (struct tcp_choice){.input = pair.out};
	ok(refused(&wrong, 1), "and no output port");
	is_int(tcp_select(choices, SOURCES, -2), -1, "-2 is no limit");
	reader = tcp_thread_start(read_byte, NULL);
	tcp_thread_yield();
	ok(failed(tcp_select(choices, SOURCES, -1) == -1, TCPUNIT_ERROR_BUSY,
	       EBUSY),
	    "a port that another thread reads is busy");
	tcp_thread_terminate(reader);
	tcp_thread_join(reader, NULL, PATIENCE_MS);
	close_all();
}

/* Threads that select from two mailboxes, and one that receives from one of
 * them: nothing is lost or received twice. */
static int received[MANY + 1];

static void *
select_all(void *arg)
{
	struct tcp_choice both[2] = {{.mailbox = a}, {.mailbox = b}};
	int i, open = 2;

	while (open > 0 && (i = tcp_select(both, open, -1)) != -1) {
		if (!both[i].closed)
			received[(intptr_t)both[i].message]++;
		else
			both[i] = both[--open];
	}
	return arg;
}

static void *
receive_all(void *arg)
{
	void *message;

	while (tcp_mailbox_receive(a, &message, -1) == 0)
		received[(intptr_t)message]++;
	return arg;
}

static void
many(void)
{
	tcp_group group = tcp_make_group();
	int good = 0;

	a = tcp_make_mailbox(2);
	b = tcp_make_mailbox(0);
	tcp_group_start(group, select_all, NULL, NULL);
	tcp_group_start(group, receive_all, NULL, NULL);
	tcp_group_start(group, select_all, NULL, NULL);
	for (intptr_t i = 1; i <= MANY; i++)
		tcp_mailbox_send(i % 3 == 0 ? b : a, MESSAGE(i), -1);
	tcp_close_mailbox(a);
	tcp_close_mailbox(b);
	tcp_group_wait(group, -1);
	for (int i = 1; i <= MANY; i++)
		good += received[i] == 1;
	is_int(good, MANY, "each message is received once");
	tcp_close_group(group);
}

/* A source that is always ready. */
static void *
note_turn(void *arg)
{
	bool *has_run = arg;

	*has_run = true;
	return NULL;
}

static void
turns(void)
{
	bool has_run = false;
	tcp_thread t = tcp_thread_start(note_turn, &has_run);

	open_all();
	pair_say(&pair, "x");
	for (int i = 0; i < 100000 && !has_run; i++)
		tcp_select(choices, SOURCES, -1);
	ok(has_run, "others run though it need not wait");
	tcp_thread_join(t, NULL, -1);
	close_all();
}

static void
left_to_shutdown(void)
{
	struct selecting s[2];

	start(&s[0], -1);
	close(pair.peer);
	start(&s[1], PATIENCE_MS);
	close(pair.peer);
	tcp_shutdown();
	ok(failed(
	       tcp_mailbox_send(a, NULL, 0) == -1, TCPUNIT_ERROR_CLOSED, EBADF),
	    "shutdown closes what threads select from");
}

int
main(void)
{
	sandbox();
	run(at_once);
	run(waits);
	run(closed);
	run(failures);
	run(misuse);
	run(many);
	run(turns);
	run(left_to_shutdown);
	return done_testing();
}
