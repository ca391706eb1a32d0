/* SPDX-License-Identifier: ISC */
/*
 * test_threads.c - green threads: joining, terminating, reported deadlocks, two
 * threads at one port, and very many threads.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <tcpunit.h>
#include <unistd.h>

#include "metronome.h"
#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

#define LIMIT_MS 300
#define SLACK_MS 700 /* how late a time limit may expire on a busy machine */
#define PROMPT_MS 500
#define MANY (sizeof(void *) < 8 ? 2000 : 20000) /* each stack has 1.25 MiB */

/* Valgrind keeps no more than 30,000 mappings. */
static int
how_many(void)
{
	const char *valgrind = getenv("VALGRIND");

	return valgrind != NULL && *valgrind != '\0' ? 2000 : (int)MANY;
}

static void *
same(void *arg)
{
	return arg;
}

static void *
sleep_for_ever(void *arg)
{
	tcp_thread_sleep(-1);
	return arg;
}

/* Ends a thread that waits. */
static void
stop(tcp_thread t)
{
	tcp_thread_terminate(t);
	tcp_thread_join(t, NULL, -1);
}

static void
joins(void)
{
	int x = 0;
	void *result = NULL;
	tcp_thread t = tcp_thread_start(same, &x);

	ok(tcp_thread_p(t) && tcp_thread_join(t, &result, -1) == 0 &&
		result == &x,
	    "join stores what the thread returned");
	t = tcp_thread_start(same, NULL);
	tcp_thread_yield();
	ok(tcp_thread_join(t, NULL, 0) == 0,
	    "join with limit 0 takes a thread that has ended");
	t = tcp_thread_start(same, NULL);
	ok(tcp_thread_detach(t) == 0 &&
		failed(tcp_thread_join(t, NULL, -1) == -1, TCPUNIT_ERROR_CLOSED,
		    0),
	    "a detached thread cannot be joined");
}

static void *
is_current(void *t)
{
	return tcp_thread_equal(*(tcp_thread *)t, tcp_current_thread()) ? t
									: NULL;
}

static void
equal(void)
{
	tcp_thread me = tcp_current_thread(), t, next;
	void *result = NULL;

	t = tcp_thread_start(is_current, &t);
	ok(tcp_thread_equal(t, t) && tcp_thread_equal(me, tcp_current_thread()),
	    "a thread equals itself");
	ok(!tcp_thread_equal(t, me) && !tcp_thread_equal(me, (tcp_thread){0}),
	    "a thread equals no other");
	ok(tcp_thread_join(t, &result, -1) == 0 && result == &t,
	    "the handle that it was started with is the running thread's");
	next = tcp_thread_start(same, NULL);
	ok(tcp_thread_equal(t, t) && !tcp_thread_equal(t, next),
	    "a thread that has ended does not equal the next one");
	tcp_thread_join(next, NULL, -1);
	ok(tcp_thread_equal((tcp_thread){0}, (tcp_thread){0}),
	    "null handles are equal");
}

static void *
join_it(void *arg)
{
	tcp_thread *t = arg;

	return tcp_thread_join(*t, NULL, -1) == 0 ? arg : NULL;
}

static void
join_limits(void)
{
	tcp_thread t = tcp_thread_start(sleep_long, NULL), joiner;
	int64_t start = now_ms();

	ok(failed(tcp_thread_join(t, NULL, LIMIT_MS) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
		within(now_ms() - start, LIMIT_MS, LIMIT_MS + SLACK_MS),
	    "join gives up after its limit");
	start = now_ms();
	ok(failed(tcp_thread_join(t, NULL, 0) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT) &&
		within(now_ms() - start, 0, PROMPT_MS),
	    "join with limit 0 does not wait");
	joiner = tcp_thread_start(join_it, &t);
	tcp_thread_yield();
	ok(failed(
	       tcp_thread_join(t, NULL, -1) == -1, TCPUNIT_ERROR_BUSY, EBUSY),
	    "who joins what another joins is told that it is busy");
	ok(tcp_thread_terminate(t) == 0 &&
		tcp_thread_join(joiner, NULL, PATIENCE_MS) == 0,
	    "and the other gets it");
}

static tcp_thread
start_named(void *(*thunk)(void *), const char *name)
{
	struct tcp_thread_options o = {TCPUNIT_THREAD_DEFAULTS};

	o.name = name;
	return tcp_thread_start_with(thunk, NULL, &o);
}

static void
names(void)
{
	char name[] = "reader";
	tcp_thread t = start_named(sleep_long, name);

	memset(name, '?', sizeof(name) - 1);
	is_str(tcp_thread_name(t), "reader", "a thread has a name of its own");
	is_str(tcp_thread_name(tcp_current_thread()), "primordial",
	    "the first thread is called so");
	ok(failed(tcp_thread_join(t, NULL, 0) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT) &&
		told("thread-join reader: timed out"),
	    "an error names the thread");
	stop(t);
	ok(failed(tcp_thread_name(t) == NULL, TCPUNIT_ERROR_CLOSED, EBADF),
	    "a thread that is gone has no name");
	t = tcp_thread_start(same, NULL);
	is_str(tcp_thread_name(t), "", "a thread may have none");
	tcp_thread_join(t, NULL, -1);
}

/* A thread that is terminated, and its next calls. */
struct ending {
	tcp_port in, out;
	tcp_thread helper;
	bool first, wait, join, write, close;
};

static void *
end_well(void *arg)
{
	struct ending *e = arg;
	char byte;

	e->first = failed(tcp_read(e->in, &byte, 1) == -1,
	    TCPUNIT_ERROR_TERMINATED, ECANCELED);
	e->wait =
	    tcp_thread_sleep(1) == 0 && tcp_thread_terminate(e->helper) == 0;
	e->join = tcp_thread_join(e->helper, NULL, PATIENCE_MS) == 0;
	e->write = tcp_write_line(e->out, "bye") == 4;
	e->close = tcp_close_output_port(e->out) == 0 &&
	    tcp_close_input_port(e->in) == 0;
	return e;
}

static void
terminated(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct both c = both_connect(l, "127.0.0.1");
	struct ending e = {.in = c.server_in,
	    .out = c.server_out,
	    .helper = tcp_thread_start(sleep_for_ever, NULL)};
	tcp_thread t = tcp_thread_start(end_well, &e);
	void *result = NULL;
	char *line;
	size_t len;

	tcp_thread_yield();
	ok(tcp_thread_terminate(t) == 0 &&
		tcp_thread_join(t, &result, PATIENCE_MS) == 0 && result == &e &&
		e.first,
	    "the wait of a terminated thread fails");
	ok(e.wait && e.join,
	    "its later waits are ordinary, so that it can end others");
	ok(e.write && e.close &&
		tcp_read_line(c.client_in, 100, &line, &len) == 1 &&
		strcmp(line, "bye") == 0 &&
		tcp_read_line(c.client_in, 100, &line, &len) == 0,
	    "and clean up");
	both_close(&c);
	tcp_close(l);

	t = tcp_thread_start(sleep_for_ever, &e);
	ok(tcp_thread_terminate(t) == 0 &&
		tcp_thread_join(t, &result, PATIENCE_MS) == 0 && result == &e,
	    "a thread terminated before it ran fails in its first wait");
}

/* Counts how many of four waits fail. */
static void *
count_failures(void *arg)
{
	int *failures = arg;

	for (int i = 0; i < 4; i++) {
		tcp_thread_yield();
		tcp_thread_sleep(0);
		*failures += failed(tcp_thread_sleep(1) == -1,
		    TCPUNIT_ERROR_TERMINATED, ECANCELED);
	}
	return NULL;
}

static void
terminated_twice(void)
{
	int failures = 0;
	tcp_thread t = tcp_thread_start(count_failures, &failures);

	tcp_thread_terminate(t);
	tcp_thread_terminate(t);
	tcp_thread_join(t, NULL, PATIENCE_MS);
	is_int(
	    failures, 2, "terminating twice ends two waits; yielding is none");
}

/* The thread reads, is terminated, and then reads the bytes that have
 * arrived. */
static void *
read_twice(void *arg)
{
	struct both *c = arg;
	char buf[10];
	bool good = tcp_read(c->server_in, buf, sizeof buf) == 3;

	while (tcp_char_ready(c->client_in) == 0)
		tcp_thread_yield();
	good = good && tcp_read(c->server_in, buf, sizeof buf) == 3 &&
	    memcmp(buf, "def", 3) == 0;
	return good && tcp_read(c->server_in, buf, sizeof buf) == -1 ? arg
								     : NULL;
}

static void
terminated_with_data(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct both c = both_connect(l, "127.0.0.1");
	tcp_thread t = tcp_thread_start(read_twice, &c);
	void *result = NULL;

	tcp_write_string(c.client_out, "abc");
	while (tcp_port_position(c.server_in) < 3)
		tcp_thread_yield();
	tcp_write_string(c.client_out, "def");
	tcp_thread_terminate(t);
	tcp_write_string(c.server_out, "go on");
	ok(tcp_thread_join(t, &result, PATIENCE_MS) == 0 && result,
	    "a terminated thread reads what is there, then fails to wait");
	both_close(&c);
	tcp_close(l);
}

/* The thread is terminated while it waits; then what it waited for arrives. */
static void
terminated_as_it_ends(void)
{
	tcp_thread t = tcp_thread_start(sleep_for_ever, NULL);
	tcp_thread joiner = tcp_thread_start(join_it, &t);
	void *result = &t;

	tcp_thread_yield();
	tcp_thread_terminate(t);
	tcp_thread_terminate(joiner);
	ok(tcp_thread_join(joiner, &result, PATIENCE_MS) == 0 &&
		result == NULL && tcp_thread_join(t, NULL, PATIENCE_MS) == 0,
	    "who is terminated is told so, though the wait is over as well");
}

static void
deadlocks(void)
{
	tcp_thread t;

	ok(failed(tcp_thread_sleep(-1) == -1, TCPUNIT_ERROR_DEADLOCK, EDEADLK),
	    "sleeping for ever alone is a deadlock");
	ok(failed(tcp_thread_join(tcp_current_thread(), NULL, -1) == -1,
	       TCPUNIT_ERROR_DEADLOCK, EDEADLK),
	    "joining oneself is a deadlock");
	t = tcp_thread_start(sleep_for_ever, NULL);
	tcp_thread_yield();
	ok(failed(tcp_thread_join(t, NULL, -1) == -1, TCPUNIT_ERROR_DEADLOCK,
	       EDEADLK),
	    "joining one that sleeps for ever is a deadlock");
	stop(t);
}

/* Each thread joins the next one, and the last one joins the first. */
static tcp_thread circle[3];
static int named;

static void *
join_next(void *arg)
{
	tcp_thread *next = arg;

	named += tcp_thread_join(*next, NULL, -1) == -1 &&
	    failed(true, TCPUNIT_ERROR_DEADLOCK, EDEADLK);
	return NULL;
}

static void
circle_of_joins(void)
{
	struct ticker t;

	ticker_start(&t);
	for (int i = 0; i < 3; i++)
		circle[i] = tcp_thread_start(join_next, &circle[(i + 1) % 3]);
	for (int i = 0; i < 100 && named == 0; i++)
		tcp_thread_yield();
	is_int(named, 1, "a circle of joins is a deadlock though others run");
	tcp_thread_terminate(circle[0]);
	tcp_thread_join(circle[0], NULL, PATIENCE_MS);
	ticker_stop(&t);
}

/* A thread that reads, and the result of its call. */
struct user {
	tcp_port port;
	char *buf;
	ssize_t n;
};

static void *
read_some(void *arg)
{
	struct user *u = arg;

	u->n = tcp_read(u->port, u->buf, 10);
	return NULL;
}

static void
second_reader(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct both c = both_connect(l, "127.0.0.1");
	char byte, *line, buf[10];
	struct user u = {.port = c.server_in, .buf = buf};
	tcp_thread t = tcp_thread_start(read_some, &u);
	size_t len;

	tcp_thread_yield();
	ok(failed(tcp_read(c.server_in, &byte, 1) == -1, TCPUNIT_ERROR_BUSY,
	       EBUSY) &&
		failed(tcp_read_line(c.server_in, 10, &line, &len) == -1,
		    TCPUNIT_ERROR_BUSY, EBUSY) &&
		failed(tcp_peek_byte(c.server_in) == -1, TCPUNIT_ERROR_BUSY,
		    EBUSY),
	    "a second reader of a port is told that it is busy");
	ok(tcp_write_line(c.server_out, "ab") == 3 &&
		tcp_write_line(c.client_out, "cd") == 3 &&
		tcp_thread_join(t, NULL, PATIENCE_MS) == 0 && u.n == 3 &&
		memcmp(buf, "cd\n", 3) == 0,
	    "a writer is not, and the first reader gets what comes");
	both_close(&c);
	tcp_close(l);
}

static void *
fail_at_once(void *arg)
{
	tcp_close((tcp_listener){0});
	return arg;
}

static void
own_errors(void)
{
	tcp_thread t;

	tcp_thread_sleep(-1);
	t = tcp_thread_start(fail_at_once, NULL);
	tcp_thread_join(t, NULL, -1);
	is_int(tcp_last_error()->kind, TCPUNIT_ERROR_DEADLOCK,
	    "another thread's failure is not this one's");
}

static void
many(void)
{
	static tcp_thread t[MANY];
	int n = 0, ended = 0;
	void *result;

	while (n < how_many() &&
	    tcp_thread_p(t[n] = tcp_thread_start(sleep_long, &t[n])))
		n++;
	is_int(n, how_many(), "%d threads at once", how_many());
	tcp_thread_yield();
	for (int i = 0; i < n; i++)
		ended += tcp_thread_terminate(t[i]) == 0 &&
		    tcp_thread_join(t[i], &result, PATIENCE_MS) == 0 &&
		    result == &t[i];
	is_int(ended, how_many(), "and each of them ends");
}

/* Returns the number of memory mappings of this process. */
static bool stop_returning;

static void *
return_when_told(void *arg)
{
	while (!stop_returning)
		tcp_thread_yield();
	return arg;
}

/* The thread ends while it is joined, by one that is terminated just before. */
static void
ends_as_joiner_fails(void)
{
	int x;
	tcp_thread t = tcp_thread_start(return_when_told, &x);
	tcp_thread joiner = tcp_thread_start(join_it, &t);
	void *result = &t;

	stop_returning = false;
	tcp_thread_yield();
	stop_returning = true;
	tcp_thread_terminate(joiner);
	ok(tcp_thread_join(joiner, &result, PATIENCE_MS) == 0 && result == NULL,
	    "a terminated join fails though the thread has ended");
	ok(tcp_thread_join(t, &result, PATIENCE_MS) == 0 && result == &x,
	    "and the next join gets the result");
}

/* The bytes of address space. */
static long long
address_space(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long long pages = 0;

	if (f != NULL && fscanf(f, "%lld", &pages) != 1)
		pages = 0;
	if (f != NULL)
		fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static void
not_joined_yet(void)
{
	enum { N = 200 };
	tcp_thread t[N];
	long long before = address_space();
	const char *name = NULL;
	void *result;
	int joined = 0;

	for (int i = 0; i < N; i++) {
		t[i] = start_named(same, "ended");
		if (i == 0)
			name = tcp_thread_name(t[i]);
		tcp_thread_yield();
	}
	ok(address_space() - before < N / 2 * TCPUNIT_STACK_SIZE,
	    "threads that ended have no stack");
	is_str(name, "ended", "the name stays where it is");
	for (int i = 0; i < N; i++)
		joined +=
		    tcp_thread_join(t[i], &result, -1) == 0 && result == NULL;
	is_int(joined, N, "each can be joined");
}

static int
mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	int c, n = 0;

	if (f == NULL)
		return -1;
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

static void
one_after_another(void)
{
	int before = mappings(), fds = open_fds();

	for (int i = 0; i < how_many(); i++)
		tcp_thread_join(tcp_thread_start(same, NULL), NULL, -1);
	for (int i = 0; i < how_many(); i++) {
		tcp_thread_detach(tcp_thread_start(same, NULL));
		tcp_thread_yield();
	}
	ok(mappings() < before + 100 && open_fds() == fds,
	    "threads that ended leave nothing behind");
}

static void *
note_turn(void *arg)
{
	bool *has_run = arg;

	*has_run = true;
	return NULL;
}

static void
ready_descriptor(void)
{
	bool has_run = false;
	tcp_thread t = tcp_thread_start(note_turn, &has_run);
	int fds[2];

	if (pipe(fds) == -1)
		return;
	for (int i = 0; i < 10000; i++)
		tcp_wait_fd(fds[1], TCPUNIT_WRITABLE, -1);
	ok(has_run, "wait_fd lets others run though it need not wait");
	tcp_thread_join(t, NULL, -1);
	close(fds[0]);
	close(fds[1]);
}

static void
waits_for_descriptors(void)
{
	int fds[2], file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (pipe(fds) == -1)
		return;
	ok(tcp_wait_fd(fds[1], TCPUNIT_READABLE | TCPUNIT_WRITABLE, -1) ==
		TCPUNIT_WRITABLE,
	    "wait_fd tells which of the events there is");
	ok(failed(tcp_wait_fd(fds[0], TCPUNIT_READABLE, 50) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT) &&
		failed(tcp_wait_fd(fds[0], TCPUNIT_READABLE, 0) == -1,
		    TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "wait_fd gives up after its limit");
	close(fds[1]);
	is_int(tcp_wait_fd(fds[0], TCPUNIT_READABLE, -1), TCPUNIT_READABLE,
	    "the end of a pipe is readable");
	close(fds[0]);
	ok(failed(tcp_wait_fd(fds[0], TCPUNIT_READABLE, -1) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EBADF),
	    "a closed descriptor is EBADF");
	is_int(tcp_wait_fd(file, TCPUNIT_READABLE, -1), TCPUNIT_READABLE,
	    "a regular file makes nobody wait");
	close(file);
}

int
main(void)
{
	sandbox();
	metronome_start();
	run(joins);
	run(equal);
	run(join_limits);
	run(names);
	run(terminated);
	run(terminated_twice);
	run(terminated_with_data);
	run(terminated_as_it_ends);
	run(deadlocks);
	run(circle_of_joins);
	run(ends_as_joiner_fails);
	run(not_joined_yet);
	run(second_reader);
	run(own_errors);
	run(many);
	run(one_after_another);
	run(waits_for_descriptors);
	run(ready_descriptor);
	return done_testing();
}
