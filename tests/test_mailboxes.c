/* SPDX-License-Identifier: ISC */
/*
 * test_mailboxes.c - mailboxes: order, room, limits, closing, and many threads
 * at both ends.
 */
#include <errno.h>
#include <stdint.h>
#include <tcpunit.h>

#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

#define MESSAGE(n) ((void *)(intptr_t)(n))

enum { ROOM = 4, THREADS = 5, EACH = 2000, LATE_MS = 50 };

static tcp_mailbox mailbox;

/* A thread that sends or receives once, and the result of that call. */
struct user {
	tcp_thread thread;
	void *message;
	int timeout;
	int result;
	enum tcp_error_kind kind;
};

static void *
send_once(void *arg)
{
	struct user *u = arg;

	u->result = tcp_mailbox_send(mailbox, u->message, u->timeout);
	u->kind = tcp_last_error()->kind;
	return NULL;
}

static void *
receive_once(void *arg)
{
	struct user *u = arg;

	u->result = tcp_mailbox_receive(mailbox, &u->message, u->timeout);
	u->kind = tcp_last_error()->kind;
	return NULL;
}

static void
start(struct user *u, void *(*f)(void *), intptr_t message, int timeout)
{
	*u = (struct user){
	    .message = MESSAGE(message), .timeout = timeout, .result = 1};
	u->thread = tcp_thread_start(f, u);
	tcp_thread_yield();
}

static bool
end(struct user *u)
{
	return tcp_thread_join(u->thread, NULL, PATIENCE_MS) == 0 &&
	    u->result == 0;
}

/* Returns the next message, or -1 on failure. */
static intptr_t
receive(int timeout)
{
	void *message;

	return tcp_mailbox_receive(mailbox, &message, timeout) == 0
	    ? (intptr_t)message
	    : -1;
}

static bool
full(void)
{
	return failed(tcp_mailbox_send(mailbox, NULL, 0) == -1,
	    TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT);
}

static bool
empty(void)
{
	return failed(receive(0) == -1, TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT);
}

/* Whether the mailbox can be filled and then emptied. */
static bool
fills(void)
{
	for (int i = 0; i < ROOM; i++)
		if (tcp_mailbox_send(mailbox, MESSAGE(i), 0) == -1)
			return false;
	if (!full())
		return false;
	for (int i = 0; i < ROOM; i++)
		if (receive(0) != i)
			return false;
	return empty();
}

static void
queues(void)
{
	int good = 0;

	mailbox = tcp_make_mailbox(ROOM);
	ok(tcp_mailbox_p(mailbox) && empty(), "a new mailbox is empty");
	for (int i = 0; i < ROOM; i++) /* starting at each place of the ring */
		good += fills() &&
		    tcp_mailbox_send(mailbox, MESSAGE(9), 0) == 0 &&
		    receive(0) == 9;
	ok(good == ROOM,
	    "it holds as many messages as it has room for, in order");
	ok(tcp_mailbox_send(mailbox, NULL, 0) == 0 && receive(0) == 0,
	    "a message may be NULL");
	tcp_close_mailbox(mailbox);
}

static void
receivers_wait(void)
{
	struct user u[2];

	mailbox = tcp_make_mailbox(ROOM);
	start(&u[0], receive_once, 0, -1);
	start(&u[1], receive_once, 0, -1);
	ok(u[0].result == 1 && u[1].result == 1,
	    "receivers wait while it is empty");
	tcp_mailbox_send(mailbox, MESSAGE(1), -1);
	tcp_mailbox_send(mailbox, MESSAGE(2), -1);
	ok(empty(), "what they wait for goes to no other");
	ok(end(&u[0]) && u[0].message == MESSAGE(1) && end(&u[1]) &&
		u[1].message == MESSAGE(2),
	    "and reaches them in the order they came");
	tcp_close_mailbox(mailbox);
}

static void
senders_wait(void)
{
	struct user u[2];

	mailbox = tcp_make_mailbox(1);
	tcp_mailbox_send(mailbox, MESSAGE(1), -1);
	start(&u[0], send_once, 2, -1);
	start(&u[1], send_once, 3, -1);
	ok(u[0].result == 1 && u[1].result == 1 && full(),
	    "senders wait while it is full");
	ok(receive(0) == 1 && end(&u[0]) && u[1].result == 1,
	    "the first gets the room of a message that was received");
	ok(receive(0) == 2 && end(&u[1]) && receive(0) == 3 && empty(),
	    "and what they send is received in order");
	tcp_close_mailbox(mailbox);
}

static void
without_room(void)
{
	struct user u;

	mailbox = tcp_make_mailbox(0);
	ok(full() && empty(), "without capacity neither end goes on alone");
	start(&u, send_once, 5, -1);
	ok(u.result == 1 && receive(0) == 5 && end(&u),
	    "a sender waits until its message is received");
	start(&u, receive_once, 0, -1);
	ok(tcp_mailbox_send(mailbox, MESSAGE(6), 0) == 0 && end(&u) &&
		u.message == MESSAGE(6),
	    "or finds a receiver that waits");
	tcp_close_mailbox(mailbox);
}

static void
limits(void)
{
	struct user u;

	mailbox = tcp_make_mailbox(0);
	start(&u, send_once, 5, 20);
	ok(!end(&u) && u.kind == TCPUNIT_ERROR_TIMEOUT && empty(),
	    "a message that was not sent in time is not received");
	start(&u, receive_once, 0, 20);
	ok(!end(&u) && u.kind == TCPUNIT_ERROR_TIMEOUT && full(),
	    "and a receiver that has given up gets none");
	start(&u, send_once, 5, -1);
	tcp_thread_terminate(u.thread);
	ok(!end(&u) && u.kind == TCPUNIT_ERROR_TERMINATED && empty(),
	    "nor is a message of a terminated thread received");
	tcp_close_mailbox(mailbox);
}

static void
compute(int ms)
{
	int64_t end_time = now_ms() + ms;

	while (now_ms() < end_time)
		;
}

static void
late(void)
{
	struct user u;

	mailbox = tcp_make_mailbox(0);
	start(&u, receive_once, 0, LATE_MS);
	tcp_mailbox_send(mailbox, MESSAGE(7), -1);
	compute(2 * LATE_MS);
	ok(end(&u) && u.message == MESSAGE(7),
	    "a message that came in time is received, however late");
	start(&u, send_once, 8, LATE_MS);
	is_int(receive(-1), 8, "and is taken");
	compute(2 * LATE_MS);
	ok(end(&u), "which the sender learns, however late");
	tcp_close_mailbox(mailbox);
}

static void
closed(void)
{
	struct user u[2];
	intptr_t first;

	mailbox = tcp_make_mailbox(2);
	tcp_mailbox_send(mailbox, MESSAGE(1), 0);
	tcp_mailbox_send(mailbox, MESSAGE(2), 0);
	start(&u[0], send_once, 3, -1);
	ok(tcp_close_mailbox(mailbox) == 0 && !end(&u[0]) &&
		u[0].kind == TCPUNIT_ERROR_CLOSED,
	    "closing it wakes senders that wait");
	ok(failed(tcp_mailbox_send(mailbox, NULL, -1) == -1,
	       TCPUNIT_ERROR_CLOSED, EBADF) &&
		failed(tcp_close_mailbox(mailbox) == -1, TCPUNIT_ERROR_CLOSED,
		    EBADF),
	    "nothing can be sent, or closed again");
	first = receive(-1);
	ok(first == 1 && receive(-1) == 2,
	    "the messages that are left are received");
	ok(failed(receive(-1) == -1, TCPUNIT_ERROR_CLOSED, EBADF) &&
		failed(tcp_close_mailbox(mailbox) == -1, TCPUNIT_ERROR_CLOSED,
		    EBADF),
	    "and then it is closed");

	mailbox = tcp_make_mailbox(2);
	start(&u[0], receive_once, 0, -1);
	start(&u[1], receive_once, 0, PATIENCE_MS);
	tcp_close_mailbox(mailbox);
	ok(!end(&u[0]) && !end(&u[1]) && u[0].kind == TCPUNIT_ERROR_CLOSED &&
		u[1].kind == TCPUNIT_ERROR_CLOSED,
	    "closing it wakes receivers that wait");
}

static void
sizes(void)
{
	ok(failed(!tcp_mailbox_p(tcp_make_mailbox((size_t)-1)),
	       TCPUNIT_ERROR_SYSTEM, ENOMEM) &&
		failed(!tcp_mailbox_p(tcp_make_mailbox(SIZE_MAX / 8 + 1)),
		    TCPUNIT_ERROR_SYSTEM, ENOMEM),
	    "a mailbox larger than memory is refused");
}

static void
deadlock(void)
{
	mailbox = tcp_make_mailbox(1);
	ok(failed(receive(-1) == -1, TCPUNIT_ERROR_DEADLOCK, EDEADLK),
	    "receiving what nobody can send is a deadlock");
	tcp_mailbox_send(mailbox, NULL, -1);
	ok(failed(tcp_mailbox_send(mailbox, NULL, -1) == -1,
	       TCPUNIT_ERROR_DEADLOCK, EDEADLK),
	    "and so is sending what nobody can receive");
	tcp_close_mailbox(mailbox);
}

/* Many threads send and many receive: no message is lost or received twice,
 * and the messages of one sender stay in order. */
static int sums[THREADS + 1];
static bool disordered;

static void *
send_many(void *arg)
{
	for (intptr_t i = 1; i <= EACH; i++)
		if (tcp_mailbox_send(
			mailbox, MESSAGE((intptr_t)arg * EACH + i), -1) == -1)
			return NULL;
	return arg;
}

static void *
receive_many(void *arg)
{
	int last[THREADS] = {0};
	intptr_t n;

	while ((n = receive(-1)) != -1) {
		int sender = (int)((n - 1) / EACH);

		disordered = disordered || n <= last[sender];
		last[sender] = (int)n;
		sums[sender]++;
	}
	return arg;
}

static bool
crowd(size_t capacity)
{
	tcp_thread senders[THREADS], receivers[THREADS];
	bool whole = true;

	mailbox = tcp_make_mailbox(capacity);
	disordered = false;
	for (intptr_t i = 0; i < THREADS; i++) {
		sums[i] = 0;
		receivers[i] = tcp_thread_start(receive_many, NULL);
		senders[i] = tcp_thread_start(send_many, MESSAGE(i));
	}
	for (int i = 0; i < THREADS; i++)
		tcp_thread_join(senders[i], NULL, -1);
	tcp_close_mailbox(mailbox);
	for (int i = 0; i < THREADS; i++) {
		tcp_thread_join(receivers[i], NULL, -1);
		whole = whole && sums[i] == EACH;
	}
	return whole && !disordered;
}

static void
crowds(void)
{
	ok(crowd(0), "many senders and receivers without capacity");
	ok(crowd(1), "with room for one message");
	ok(crowd(7), "and for several");
}

static void
left_to_shutdown(void)
{
	tcp_mailbox old = tcp_make_mailbox(1);
	struct user u[2];

	mailbox = old;
	tcp_mailbox_send(mailbox, NULL, -1);
	tcp_close_mailbox(mailbox);
	mailbox = tcp_make_mailbox(0);
	start(&u[0], receive_once, 0, -1);
	mailbox = tcp_make_mailbox(0);
	start(&u[1], send_once, 0, PATIENCE_MS);
	tcp_shutdown();
	ok(failed(tcp_mailbox_send(mailbox, NULL, 0) == -1,
	       TCPUNIT_ERROR_CLOSED, EBADF),
	    "shutdown closes mailboxes that are waited for, or not empty");
	mailbox = old;
	ok(failed(receive(0) == -1, TCPUNIT_ERROR_CLOSED, EBADF),
	    "and closed ones");
}

int
main(void)
{
	sandbox();
	run(queues);
	run(receivers_wait);
	run(senders_wait);
	run(without_room);
	run(limits);
	run(late);
	run(closed);
	run(sizes);
	run(deadlock);
	run(crowds);
	run(left_to_shutdown);
	return done_testing();
}
