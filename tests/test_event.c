/* SPDX-License-Identifier: ISC */
/*
 * test_event.c - events of the program's on the library's base, and the library
 * inside a foreign event loop.
 */
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <tcpunit-event.h>
#include <time.h>
#include <unistd.h>

#include "pair.h"
#include "probe.h"
#include "tap.h"
#include "unit.h"

enum { SOON_MS = 20, QUIET_MS = 200 };
enum { NAPS = 20, NAP_MS = 7 };

/* One event of the program's: what it saw when it was called. */
struct trial {
	void (*f)(struct trial *);
	struct event *event;
	tcp_mailbox mailbox;
	tcp_thread thread;
	tcp_port in;
	tcp_mutex mutex;
	int calls;
	bool passed;
};

static void
called(evutil_socket_t fd, short what, void *arg)
{
	struct trial *t = arg;

	(void)fd;
	(void)what;
	t->calls++;
	if (t->f != NULL)
		t->f(t);
}

static void
add_event(struct trial *t, int fd, short what, int ms)
{
	struct timeval tv = {.tv_usec = ms * 1000};

	t->event = event_new(tcp_event_base(), fd, what, called, t);
	if (t->event == NULL || event_add(t->event, ms >= 0 ? &tv : NULL) != 0)
		abort();
}

/* Runs f in a callback, while this thread waits. */
static bool
in_callback(struct trial *t)
{
	add_event(t, -1, 0, 0);
	while (t->calls == 0)
		tcp_thread_sleep(1);
	event_free(t->event);
	return t->passed;
}

static void
send_message(struct trial *t)
{
	t->passed = tcp_mailbox_send(t->mailbox, t, 0) == 0;
}

static void
timers(void)
{
	struct trial t = {send_message, .mailbox = tcp_make_mailbox(1)};
	void *message = NULL;

	add_event(&t, -1, 0, SOON_MS);
	ok(tcp_mailbox_receive(t.mailbox, &message, PATIENCE_MS) == 0 &&
		message == &t,
	    "a timer of the program's wakes a thread");
	event_free(t.event);
	tcp_close_mailbox(t.mailbox);
}

static void
take_byte(struct trial *t)
{
	char c;

	if (read(event_get_fd(t->event), &c, 1) != 1)
		abort();
	send_message(t);
}

static void *
write_byte(void *fd)
{
	tcp_thread_sleep(SOON_MS);
	if (write(*(int *)fd, "", 1) != 1)
		abort();
	return NULL;
}

static void
descriptors(void)
{
	struct trial t = {take_byte, .mailbox = tcp_make_mailbox(1)};
	tcp_thread writer;
	void *message;
	int fds[2];

	if (pipe(fds) == -1)
		abort();
	writer = tcp_thread_start(write_byte, &fds[1]);
	add_event(&t, fds[0], EV_READ | EV_PERSIST, -1);
	ok(tcp_mailbox_receive(t.mailbox, &message, PATIENCE_MS) == 0 &&
		t.calls == 1,
	    "and so does a descriptor");
	tcp_thread_join(writer, NULL, -1);
	event_free(t.event);
	tcp_close_mailbox(t.mailbox);
	close(fds[0]);
	close(fds[1]);
}

/* Whether a call failed, as YES says, because a callback cannot wait. */
static bool
busy(bool yes)
{
	return failed(yes, TCPUNIT_ERROR_BUSY, EBUSY) &&
	    told(": a callback of the event loop cannot wait");
}

static void
wait_everywhere(struct trial *t)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	int fd = tcp_port_fileno(t->in);
	tcp_port in, out;
	void *result;
	char c;

	t->passed = busy(tcp_thread_sleep(1) == -1) &&
	    busy(tcp_mailbox_receive(t->mailbox, &result, 0) == -1) &&
	    busy(tcp_thread_join(t->thread, &result, 1) == -1) &&
	    busy(tcp_read(t->in, &c, 1) == -1) &&
	    busy(tcp_accept(l, &in, &out) == -1) &&
	    busy(tcp_mutex_lock(t->mutex, -1) == -1) &&
	    busy(tcp_wait_fd(fd, TCPUNIT_READABLE, -1) == -1) &&
	    busy(tcp_wait_wake(-1) == -1) && busy(tcp_event_run() == -1);
	t->passed = t->passed &&
	    tcp_connect("127.0.0.1", tcp_listener_port(l), NULL, &in, &out) ==
		0 &&
	    tcp_close_ports(in, out) == 0;
	tcp_close(l);
}

static void *
hold_mutex(void *arg)
{
	struct trial *t = arg;
	void *result;

	tcp_mutex_lock(t->mutex, -1);
	tcp_mailbox_receive(t->mailbox, &result, -1);
	return NULL;
}

static void
waits_in_callbacks(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct both b = both_connect(l, "127.0.0.1");
	struct trial t = {wait_everywhere, .mailbox = tcp_make_mailbox(1),
	    .mutex = tcp_make_mutex(), .in = b.server_in};
	int fds;

	t.thread = tcp_thread_start(hold_mutex, &t);
	tcp_thread_yield();
	fds = open_fds();
	ok(in_callback(&t), "a call that would wait in a callback is busy");
	is_int(open_fds(), fds, "and leaves no descriptor");
	tcp_close_mailbox(t.mailbox);
	ok(tcp_thread_join(t.thread, NULL, -1) == 0 &&
		tcp_write_string(b.client_out, "x") != -1 &&
		tcp_flush_output(b.client_out) == 0 &&
		tcp_read_byte(b.server_in) == 'x' &&
		tcp_mutex_lock(t.mutex, 0) == 1,
	    "and all can be used afterwards");
	tcp_close_mutex(t.mutex);
	both_close(&b);
	tcp_close(l);
}

static void *
count_one(void *arg)
{
	(*(int *)arg)++;
	return arg;
}

static int started;

static void
use_library(struct trial *t)
{
	tcp_thread thread = tcp_thread_start(count_one, &started);

	tcp_shutdown();
	tcp_thread_yield();
	t->passed = tcp_thread_p(thread) && started == 0 &&
	    tcp_thread_detach(thread) == 0 &&
	    failed(!tcp_thread_p(tcp_current_thread()), TCPUNIT_ERROR_ARGUMENT,
		EINVAL) &&
	    tcp_mutex_lock(t->mutex, -1) == 0 &&
	    tcp_mutex_unlock(t->mutex) == 0 && tcp_mailbox_p(t->mailbox);
}

static void
other_calls_in_callbacks(void)
{
	struct trial t = {use_library, .mailbox = tcp_make_mailbox(1),
	    .mutex = tcp_make_mutex()};
	const struct tcp_error *before;

	failed(tcp_thread_sleep(-2) == -1, TCPUNIT_ERROR_ARGUMENT, EINVAL);
	before = tcp_last_error();
	ok(in_callback(&t), "a callback may use the library otherwise");
	ok(tcp_last_error() == before && told("thread-sleep: -2 ms"),
	    "and leaves the error of the thread that waits alone");
	tcp_thread_yield();
	is_int(started, 1, "a thread that it starts runs later");
	ok(tcp_close_mailbox(t.mailbox) == 0 && tcp_close_mutex(t.mutex) == 0,
	    "tcp_shutdown has no effect there");
}

static void
join_all(struct trial *t)
{
	send_message(t);
	t->passed = busy(tcp_thread_join(t->thread, NULL, -1) == -1);
}

static void
detach_all(struct trial *t)
{
	tcp_thread_detach(t->thread);
	send_message(t);
}

/* The thread's stack runs the event loop, as no other thread is ready. */
static void
ended_threads(void)
{
	struct trial join = {join_all, .mailbox = tcp_make_mailbox(1)};
	struct trial detach = {detach_all, .mailbox = join.mailbox};
	void *message;
	int n = 0;

	add_event(&join, -1, 0, SOON_MS);
	join.thread = tcp_thread_start(count_one, &n);
	ok(tcp_mailbox_receive(join.mailbox, &message, PATIENCE_MS) == 0 &&
		join.passed && tcp_thread_join(join.thread, NULL, 0) == 0,
	    "a thread whose stack the callback runs on cannot be joined");
	add_event(&detach, -1, 0, SOON_MS);
	detach.thread = tcp_thread_start(count_one, &n);
	ok(tcp_mailbox_receive(join.mailbox, &message, PATIENCE_MS) == 0 &&
		failed(tcp_thread_join(detach.thread, NULL, 0) == -1,
		    TCPUNIT_ERROR_CLOSED, EBADF),
	    "but it can be detached");
	event_free(join.event);
	event_free(detach.event);
	tcp_close_mailbox(join.mailbox);
}

static void
deadlocks(void)
{
	tcp_mailbox b;
	void *message;
	tcp_mutex m;

	tcp_shutdown();
	b = tcp_make_mailbox(1);
	ok(failed(tcp_mailbox_receive(b, &message, -1) == -1,
	       TCPUNIT_ERROR_DEADLOCK, EDEADLK),
	    "a wait that nothing could end fails before");
	tcp_event_base();
	ok(failed(tcp_mailbox_receive(b, &message, SOON_MS) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "and lasts once the base was asked for");
	m = tcp_make_mutex();
	ok(tcp_mutex_lock(m, -1) == 0 &&
		failed(tcp_mutex_lock(m, -1) == -1, TCPUNIT_ERROR_DEADLOCK,
		    EDEADLK),
	    "a circle is still reported");
	tcp_close_mailbox(b);
	tcp_close_mutex(m);
}

/* Microseconds of CPU time. */
static int64_t
cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void
quiet_base(void)
{
	struct trial t = {send_message};
	void *message;
	int64_t used;

	tcp_shutdown();
	t.mailbox = tcp_make_mailbox(1);
	add_event(&t, -1, 0, QUIET_MS);
	used = cpu_time();
	ok(tcp_mailbox_receive(t.mailbox, &message, -1) == 0,
	    "a wait without a limit is ended by a timer of the program's");
	ok(cpu_time() - used < QUIET_MS * 1000 / 2,
	    "and takes no time of the CPU");
	event_free(t.event);
	tcp_close_mailbox(t.mailbox);
}

/* Ends by a signal: of the clock, or if it uses the CPU. */
static void
wait_for_ever(void)
{
	const struct itimerval limit = {
	    .it_value.tv_usec = 4 * QUIET_MS * 1000};
	const struct itimerval cpu = {.it_value.tv_usec = 2 * QUIET_MS * 1000};
	void *message;

	tcp_event_base();
	setitimer(ITIMER_REAL, &limit, NULL);
	setitimer(ITIMER_PROF, &cpu, NULL);
	(void)tcp_mailbox_receive(tcp_make_mailbox(1), &message, -1);
	_exit(1);
}

/* libevent's loop would return at once. */
static void
empty_base(void)
{
	int status;
	pid_t pid;

	tcp_shutdown();
	pid = fork();
	if (pid == 0)
		wait_for_ever();
	status = status_of(pid);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM,
	    "a wait without any event lasts, and leaves the CPU alone");
}

/* A foreign loop: runs until *DONE.  How often it was woken; -1 after too
 * many times or too long. */
static int
foreign_loop(const int *done)
{
	struct pollfd p = {.fd = tcp_event_fileno(), .events = POLLIN};
	int n;

	for (n = 0; n < 1000; n++) {
		if (tcp_event_run() == -1)
			return -1;
		if (*done)
			return n;
		if (poll(&p, 1, PATIENCE_MS) != 1)
			return -1;
	}
	return -1;
}

static int finished;

static void *
sleep_often(void *arg)
{
	int i;

	for (i = 0; i < NAPS; i++)
		tcp_thread_sleep(NAP_MS);
	finished = 1;
	return arg;
}

static void *
activate(void *event)
{
	event_active(event, EV_READ, 1);
	return NULL;
}

static void
timers_in_a_foreign_loop(void)
{
	struct trial t = {NULL}, active = {NULL};
	int64_t begun = now_ms();
	int n;

	finished = 0;
	tcp_thread_detach(tcp_thread_start(sleep_often, NULL));
	n = foreign_loop(&finished);
	ok(n > 0 && now_ms() - begun >= NAPS * NAP_MS,
	    "in a foreign loop threads sleep");
	ok(n <= 3 * NAPS, "which is woken when they are due, %d times", n);
	add_event(&t, -1, 0, SOON_MS);
	n = foreign_loop(&t.calls);
	ok(n >= 0 && n <= 40, "and for timers of the program's, %d times", n);
	add_event(&active, -1, EV_READ, -1);
	tcp_thread_detach(tcp_thread_start(activate, active.event));
	ok(foreign_loop(&active.calls) >= 0,
	    "and for an event that a thread makes active");
	event_free(active.event);
	event_free(t.event);
}

static void *
echo(void *arg)
{
	struct both *b = arg;
	int c;

	while ((c = tcp_read_byte(b->server_in)) >= 0)
		if (tcp_write_byte(b->server_out, c) == -1 ||
		    tcp_flush_output(b->server_out) == -1)
			break;
	return NULL;
}

static void *
ask(void *arg)
{
	struct both *b = arg;
	int i;

	for (i = 0; i < 10; i++)
		if (tcp_write_byte(b->client_out, 'a' + i) == -1 ||
		    tcp_flush_output(b->client_out) == -1 ||
		    tcp_read_byte(b->client_in) != 'a' + i)
			return arg;
	finished = 1;
	return NULL;
}

static void
connections_in_a_foreign_loop(void)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct both b = both_connect(l, "127.0.0.1");
	struct pollfd p = {.fd = tcp_event_fileno(), .events = POLLIN};
	tcp_thread server = tcp_thread_start(echo, &b);
	tcp_thread client = tcp_thread_start(ask, &b);

	finished = 0;
	ok(foreign_loop(&finished) >= 0, "connections work in a foreign loop");
	is_int(tcp_thread_join(client, NULL, -1), 0, "to their end");
	tcp_write_string(b.client_out, "nobody");
	tcp_thread_terminate(server);
	tcp_thread_join(server, NULL, -1);
	tcp_flush_output(b.client_out);
	while (
	    unread(tcp_port_fileno(b.server_in)) < (int)(sizeof("nobody") - 1))
		sched_yield();
	tcp_event_run();
	tcp_event_run();
	is_int(poll(&p, 1, SOON_MS), 0,
	    "bytes that no thread waits for do not wake the loop");
	both_close(&b);
	tcp_close(l);
}

static void *
yield_for_ever(void *stop)
{
	while (!*(int *)stop)
		tcp_thread_yield();
	return NULL;
}

static void
busy_threads(void)
{
	struct pollfd p = {.fd = tcp_event_fileno(), .events = POLLIN};
	int stop = 0;
	tcp_thread t = tcp_thread_start(yield_for_ever, &stop);

	ok(tcp_event_run() == 0, "a thread that is always ready lets run end");
	is_int(poll(&p, 1, 0), 1, "and the descriptor stays readable");
	stop = 1;
	tcp_thread_join(t, NULL, -1);
	tcp_event_run();
	is_int(poll(&p, 1, SOON_MS), 0, "until it ends");
}

/* The events and the descriptor of the parent are of no use here. */
static bool
child_has_its_own(struct trial *t)
{
	struct trial late = {take_byte, .mailbox = tcp_make_mailbox(1)};
	void *message;
	int fds[2];

	if (pipe(fds) == -1 ||
	    tcp_mailbox_receive(t->mailbox, &message, PATIENCE_MS) == -1)
		return false;
	add_event(&late, fds[0], EV_READ | EV_PERSIST, -1);
	tcp_thread_detach(tcp_thread_start(write_byte, &fds[1]));
	return foreign_loop(&late.calls) >= 0;
}

static void
fork_outside(void)
{
	struct trial t = {send_message, .mailbox = tcp_make_mailbox(1)};
	void *message;
	pid_t pid;

	tcp_event_fileno();
	add_event(&t, -1, 0, SOON_MS);
	pid = fork();
	if (pid == 0)
		_exit(!child_has_its_own(&t));
	is_int(status_of(pid), 0,
	    "a child has a base and a descriptor of its own");
	ok(tcp_mailbox_receive(t.mailbox, &message, PATIENCE_MS) == 0,
	    "and the parent keeps its own");
	finished = 0;
	tcp_thread_detach(tcp_thread_start(sleep_often, NULL));
	ok(foreign_loop(&finished) > 0, "of both");
	event_free(t.event);
	tcp_close_mailbox(t.mailbox);
}

static void
fork_inside(struct trial *t)
{
	pid_t pid = fork();

	if (pid == 0) {
		tcp_shutdown();
		_exit(!failed(
		    tcp_thread_sleep(1) == -1, TCPUNIT_ERROR_SYSTEM, EBUSY));
	}
	t->passed = status_of(pid) == 0;
}

static void
fork_in_a_callback(void)
{
	struct trial t = {fork_inside};

	ok(in_callback(&t), "a child that a callback forked gets errors");
	ok(tcp_thread_sleep(1) == 0, "and the parent goes on");
}

static void
misuse(void)
{
	int fds;

	tcp_shutdown();
	fds = open_fds();
	tcp_event_base();
	forbid_fds();
	ok(failed(tcp_event_fileno() == -1, TCPUNIT_ERROR_SYSTEM, EMFILE),
	    "without descriptors there is none");
	permit_fds();
	ok(tcp_event_fileno() >= 0 && tcp_event_fileno() == tcp_event_fileno(),
	    "there is one for each OS thread");
	tcp_shutdown();
	is_int(open_fds(), fds, "which shutdown closes");
}

int
main(void)
{
	run(timers);
	run(descriptors);
	run(waits_in_callbacks);
	run(other_calls_in_callbacks);
	run(ended_threads);
	run(deadlocks);
	run(quiet_base);
	run(empty_base);
	run(timers_in_a_foreign_loop);
	run(connections_in_a_foreign_loop);
	run(busy_threads);
	run(fork_outside);
	run(fork_in_a_callback);
	run(misuse);
	return done_testing();
}
