/* SPDX-License-Identifier: ISC */
/*
 * test_thread_groups.c - groups of threads: waiting for all, terminating all,
 * the first error.
 */
#include <errno.h>
#include <string.h>
#include <tcpunit.h>

#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

enum { MANY = 20 };

static tcp_group group;
static int ended;

static void *
sleep_a_little(void *arg)
{
	tcp_thread_sleep(1);
	ended++;
	return arg;
}

static void *
sleep_for_ever(void *arg)
{
	(void)arg;
	tcp_thread_sleep(-1);
	ended++;
	return NULL;
}

/* A thread that ends only when it has been terminated as many times as ARG
 * says. */
static void *
be_stubborn(void *arg)
{
	int *times = arg;

	while (*times > 0)
		if (tcp_thread_sleep(-1) == -1)
			--*times;
	ended++;
	return NULL;
}

static tcp_thread
start(void *(*f)(void *), void *arg)
{
	return tcp_group_start(group, f, arg, NULL);
}

static void
waits(void)
{
	int started = 0;

	group = tcp_make_group();
	ok(tcp_group_p(group) && tcp_group_wait(group, 0) == 0,
	    "nobody waits for an empty group");
	ended = 0;
	for (int i = 0; i < MANY; i++)
		started += tcp_thread_p(start(sleep_a_little, NULL));
	ok(failed(tcp_group_wait(group, 0) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "waiting with a limit gives up");
	ok(started == MANY && tcp_group_wait(group, PATIENCE_MS) == 0 &&
		ended == MANY,
	    "otherwise it waits for all threads of the group");
	start(sleep_a_little, NULL);
	ok(tcp_group_wait(group, PATIENCE_MS) == 0 && ended == MANY + 1,
	    "and again for later ones");
	ok(tcp_close_group(group) == 0 && tcp_group_p(group),
	    "a closed group is still a group");
}

static void
members(void)
{
	struct tcp_thread_options o = {TCPUNIT_THREAD_DEFAULTS};
	tcp_thread t;

	group = tcp_make_group();
	o.name = "member";
	t = tcp_group_start(group, sleep_for_ever, NULL, &o);
	is_str(tcp_thread_name(t), "member", "a member can have a name");
	ok(failed(
	       tcp_thread_join(t, NULL, 0) == -1, TCPUNIT_ERROR_CLOSED, EBADF),
	    "and cannot be joined");
	ok(tcp_thread_terminate(t) == 0 &&
		tcp_group_wait(group, PATIENCE_MS) == 0,
	    "but terminated");
	ok(failed(!tcp_thread_p(start(NULL, NULL)), TCPUNIT_ERROR_ARGUMENT,
	       EINVAL) &&
		told("group-start: ") && tcp_group_wait(group, 0) == 0,
	    "a thread that cannot be started is no member");
	tcp_close_group(group);
}

static void
terminates(void)
{
	int once = 1, thrice = 3;

	group = tcp_make_group();
	ended = 0;
	ok(tcp_group_terminate(group, 0) == 0, "an empty group is terminated");
	start(sleep_for_ever, NULL);
	start(be_stubborn, &once);
	tcp_thread_yield();
	start(sleep_for_ever, NULL); /* a thread that has not run yet */
	ok(tcp_group_terminate(group, PATIENCE_MS) == 0 && ended == 3,
	    "all threads of a group are terminated");
	start(be_stubborn, &thrice);
	ok(tcp_group_terminate(group, PATIENCE_MS) == 0 && thrice == 0,
	    "also one that goes on, again and again");
	thrice = MANY;
	start(be_stubborn, &thrice);
	ok(failed(tcp_group_terminate(group, 10) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "until the limit runs out");
	thrice = 1;
	ok(tcp_group_terminate(group, PATIENCE_MS) == 0, "and later again");
	tcp_close_group(group);
}

/* A thread that takes some time to clean up when it is terminated. */
static void *
end_slowly(void *cleaned)
{
	tcp_thread_sleep(-1);
	*(bool *)cleaned = tcp_thread_sleep(20) == 0;
	return NULL;
}

static void
cleaning_up(void)
{
	bool cleaned = false;

	group = tcp_make_group();
	start(end_slowly, &cleaned);
	tcp_thread_yield();
	ok(tcp_group_terminate(group, PATIENCE_MS) == 0 && cleaned,
	    "a terminated thread has time to clean up");
	tcp_close_group(group);
}

/* A thread that counts its terminations, and ends after the second one. */
static void *
count_terminations(void *count)
{
	int *n = count;

	while (*n < 2)
		*n += tcp_thread_sleep(-1) == -1;
	return NULL;
}

static void
limit_shorter_than_pause(void)
{
	int n = 0;

	group = tcp_make_group();
	start(count_terminations, &n);
	tcp_thread_yield();
	ok(failed(tcp_group_terminate(group, 1) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "a limit may run out before threads are terminated again");
	tcp_thread_yield();
	is_int(n, 1, "and its end does not terminate them again");
	tcp_group_terminate(group, PATIENCE_MS);
	tcp_close_group(group);
}

static void *
fail(void *arg)
{
	tcp_close((tcp_listener){0});
	return arg;
}

/* A member cannot be joined. */
static void *
join_itself(void *arg)
{
	tcp_thread_join(tcp_current_thread(), NULL, -1);
	return arg;
}

static void
errors(void)
{
	const struct tcp_error *e;

	group = tcp_make_group();
	is_int(tcp_group_error(group)->kind, TCPUNIT_ERROR_NONE,
	    "at first there is no error");
	start(sleep_a_little, NULL);
	start(join_itself, &group);
	start(fail, &group);
	tcp_group_wait(group, PATIENCE_MS);
	e = tcp_group_error(group);
	ok(e->kind == TCPUNIT_ERROR_CLOSED &&
		strstr(e->text, "thread-join") != NULL,
	    "the error of the first thread that failed is kept");
	tcp_close_group(group);
	ok(failed(tcp_group_error(group) == NULL, TCPUNIT_ERROR_CLOSED, EBADF),
	    "until the group is closed");

	group = tcp_make_group();
	start(sleep_a_little, &group); /* fails after the first */
	start(fail, &group);
	tcp_group_wait(group, PATIENCE_MS);
	is_int(tcp_group_error(group)->kind, TCPUNIT_ERROR_ARGUMENT,
	    "the first to end counts");
	tcp_close_group(group);
	group = tcp_make_group();
	start(sleep_a_little, &group);
	tcp_group_wait(group, PATIENCE_MS);
	is_int(tcp_group_error(group)->kind, TCPUNIT_ERROR_NONE,
	    "a thread may fail without an error");
	tcp_close_group(group);
}

static void *
wait_for_group(void *kind)
{
	if (tcp_group_wait(group, -1) == -1)
		*(enum tcp_error_kind *)kind = tcp_last_error()->kind;
	return NULL;
}

static void
closed(void)
{
	enum tcp_error_kind kind = TCPUNIT_ERROR_NONE;
	tcp_thread t;

	group = tcp_make_group();
	ended = 0;
	start(sleep_a_little, &ended); /* fails after group 0 is closed */
	t = tcp_thread_start(wait_for_group, &kind);
	tcp_thread_yield();
	tcp_close_group(group);
	ok(tcp_thread_join(t, NULL, PATIENCE_MS) == 0 &&
		kind == TCPUNIT_ERROR_CLOSED,
	    "closing a group wakes the threads that wait for it");
	while (ended == 0 && tcp_thread_sleep(1) == 0)
		;
	is_int(ended, 1, "and its threads go on");
	ok(failed(tcp_close_group(group) == -1, TCPUNIT_ERROR_CLOSED, EBADF) &&
		failed(!tcp_thread_p(start(sleep_for_ever, NULL)),
		    TCPUNIT_ERROR_CLOSED, EBADF) &&
		failed(tcp_group_terminate(group, 0) == -1,
		    TCPUNIT_ERROR_CLOSED, EBADF),
	    "a closed group is refused by every call");
}

static void *
wait_for_own(void *arg)
{
	(void)arg;
	return failed(tcp_group_wait(group, -1) == -1, TCPUNIT_ERROR_DEADLOCK,
		   EDEADLK) &&
		failed(tcp_group_terminate(group, -1) == -1,
		    TCPUNIT_ERROR_DEADLOCK, EDEADLK)
	    ? NULL
	    : &group;
}

static void *
join_it(void *t)
{
	tcp_thread_join(*(tcp_thread *)t, NULL, -1);
	return NULL;
}

/* Each member of the first group waits for the second, whose member waits for
 * the caller. */
static tcp_group inner;
static tcp_mutex held;

static void *
wait_for_inner(void *arg)
{
	(void)arg;
	return tcp_group_wait(inner, -1) == 0 ? NULL : &inner;
}

static void *
lock_it(void *arg)
{
	int *deadlocked = arg;

	tcp_thread_yield(); /* the caller waits first */
	*deadlocked += failed(
	    tcp_mutex_lock(held, -1) == -1, TCPUNIT_ERROR_DEADLOCK, EDEADLK);
	return NULL;
}

static void
circles(void)
{
	struct ticker ticker;
	tcp_thread me = tcp_current_thread(), t;
	int deadlocked = 0;

	ticker_start(&ticker);
	held = tcp_make_mutex();
	group = tcp_make_group();
	inner = tcp_make_group();
	tcp_mutex_lock(held, -1);
	start(lock_it, &deadlocked);
	ok(tcp_group_wait(group, -1) == 0 && deadlocked == 1,
	    "a thread may not wait for one that waits for its group");
	start(wait_for_inner, NULL);
	start(wait_for_inner, NULL);
	t = tcp_group_start(inner, join_it, &me, NULL);
	tcp_thread_yield();
	ok(failed(tcp_group_wait(group, PATIENCE_MS) == -1,
	       TCPUNIT_ERROR_DEADLOCK, EDEADLK),
	    "nor if there is another group in the circle");
	tcp_thread_terminate(t);
	ok(tcp_group_wait(group, PATIENCE_MS) == 0,
	    "without the circle the wait for both groups ends");
	ticker_stop(&ticker);
	tcp_close_mutex(held);
	tcp_close_group(inner);
	tcp_close_group(group);
}

static void
deadlocks(void)
{
	struct ticker ticker;
	tcp_thread me = tcp_current_thread(), t;

	ticker_start(&ticker);
	group = tcp_make_group();
	start(wait_for_own, NULL);
	ok(tcp_group_wait(group, PATIENCE_MS) == 0 &&
		tcp_group_error(group)->kind == TCPUNIT_ERROR_NONE,
	    "a thread that waits for its own group is told so");
	t = start(join_it, &me);
	tcp_thread_yield();
	ok(failed(tcp_group_wait(group, -1) == -1, TCPUNIT_ERROR_DEADLOCK,
	       EDEADLK),
	    "and so is one that a thread of the group waits for");
	tcp_thread_terminate(t);
	tcp_group_wait(group, PATIENCE_MS);
	ticker_stop(&ticker);
	start(sleep_for_ever, NULL);
	tcp_thread_yield();
	ok(failed(tcp_group_wait(group, -1) == -1, TCPUNIT_ERROR_DEADLOCK,
	       EDEADLK),
	    "waiting for threads that nobody could wake is a deadlock");
	tcp_group_terminate(group, PATIENCE_MS);
	tcp_close_group(group);
}

static void
terminates_what_waits_for_the_caller(void)
{
	tcp_thread me = tcp_current_thread();

	group = tcp_make_group();
	start(join_it, &me);
	tcp_thread_yield();
	ok(tcp_group_terminate(group, PATIENCE_MS) == 0,
	    "a thread that waits for the caller is terminated");
	tcp_close_group(group);
}

static void *
echo(void *connection)
{
	struct both *c = connection;

	return tcp_copy_port(c->server_in, c->server_out, -1) == -1 ? c : NULL;
}

/* A server that stops: it waits for its handlers without counting them. */
static void
server(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct both c[3];
	char *line;
	size_t length;

	group = tcp_make_group();
	for (int i = 0; i < 3; i++) {
		c[i] = both_connect(l, "127.0.0.1");
		start(echo, &c[i]);
	}
	ok(tcp_write_line(c[1].client_out, "hello") == 6 &&
		tcp_read_line(c[1].client_in, 100, &line, &length) == 1,
	    "handlers serve their connections");
	tcp_close_output_port(c[0].client_out);
	ok(tcp_group_wait(group, 10) == -1 &&
		tcp_group_terminate(group, PATIENCE_MS) == 0 &&
		tcp_group_error(group)->kind == TCPUNIT_ERROR_TERMINATED,
	    "and are ended together");
	for (int i = 0; i < 3; i++)
		both_close(&c[i]);
	tcp_close_group(group);
	tcp_close(l);
}

static void
left_to_shutdown(void)
{
	enum tcp_error_kind kind;

	group = tcp_make_group();
	start(sleep_for_ever, NULL);
	start(fail, &group);
	tcp_thread_detach(tcp_thread_start(wait_for_group, &kind));
	tcp_thread_yield();
	start(sleep_for_ever, NULL);
	tcp_shutdown();
	ok(failed(tcp_group_wait(group, 0) == -1, TCPUNIT_ERROR_CLOSED, EBADF),
	    "shutdown closes groups that have threads");
}

int
main(void)
{
	sandbox();
	run(waits);
	run(members);
	run(terminates);
	run(cleaning_up);
	run(limit_shorter_than_pause);
	run(errors);
	run(closed);
	run(deadlocks);
	run(circles);
	run(terminates_what_waits_for_the_caller);
	run(server);
	run(left_to_shutdown);
	return done_testing();
}
