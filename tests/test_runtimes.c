/* SPDX-License-Identifier: ISC */
/*
 * test_runtimes.c - one scheduler for each OS thread: several at the same time,
 * handles of another thread, forked processes, and freeing everything.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <tcpunit.h>
#include <unistd.h>

#include "peer.h"
#include "probe.h"
#include "sandbox.h"
#include "tap.h"
#include "unit.h"

#define RUNTIMES 4
#define CONNECTIONS 100

/* Runs F in an OS thread of its own. */
static void
elsewhere(void *(*f)(void *), void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, f, arg) == 0)
		pthread_join(t, NULL);
}

/* Sends back the lines of CONNECTIONS clients. */
static void *
echo_lines(void *arg)
{
	tcp_listener *l = arg;
	tcp_port in, out;
	char *line;
	size_t len;

	for (int i = 0; i < CONNECTIONS; i++) {
		tcp_accept(*l, &in, &out);
		while (tcp_read_line(in, 100, &line, &len) == 1)
			tcp_write_line(out, line);
		tcp_close_ports(in, out);
	}
	return NULL;
}

/* Returns how many of the clients get back what they sent. */
static int
talk(tcp_listener l)
{
	tcp_port in, out;
	char *line, said[32];
	size_t len;
	int n = 0;

	for (int i = 0; i < CONNECTIONS; i++) {
		if (tcp_connect("localhost", tcp_listener_port(l), NULL, &in,
			&out) == -1)
			return n;
		snprintf(said, sizeof said, "line %d", i);
		tcp_write_line(out, said);
		n += tcp_read_line(in, 100, &line, &len) == 1 &&
		    strcmp(line, said) == 0;
		tcp_close_ports(in, out);
	}
	return n;
}

/* Leaves a listener and a connection open; they are closed with the OS
 * thread. */
static void *
serve_and_talk(void *arg)
{
	tcp_listener l = listen_on("localhost", 0);
	tcp_thread t = tcp_thread_start(echo_lines, &l);

	*(int *)arg = talk(l);
	tcp_thread_join(t, NULL, PATIENCE_MS);
	both_connect(l, "127.0.0.1");
	return NULL;
}

static void
several(void)
{
	pthread_t t[RUNTIMES];
	int n[RUNTIMES] = {0}, fds, all = 0;

	elsewhere(serve_and_talk, n); /* makes the lasting things */
	fds = settled_fds();
	for (int i = 0; i < RUNTIMES; i++)
		pthread_create(&t[i], NULL, serve_and_talk, &n[i]);
	for (int i = 0; i < RUNTIMES; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < RUNTIMES; i++)
		all += n[i];
	is_int(all, RUNTIMES * CONNECTIONS,
	    "%d OS threads serve %d connections each", RUNTIMES, CONNECTIONS);
	is_int(
	    settled_fds(), fds, "an OS thread that ends gives everything back");
}

/* The threads and handles of the process when it forks. */
static struct {
	tcp_listener l;
	struct both c;
	char said[6];
	bool accepted;
	struct ticker ticker;
} at_fork;

static void *
accept_one(void *arg)
{
	tcp_port in, out;

	at_fork.accepted = tcp_accept(at_fork.l, &in, &out) == 0;
	tcp_close_ports(in, out);
	return arg;
}

static void *
read_said(void *arg)
{
	tcp_read_string(at_fork.c.server_in, at_fork.said, 6);
	return arg;
}

static bool
talk_alone(void)
{
	int n = 0;

	serve_and_talk(&n);
	return n == CONNECTIONS;
}

/* The child gives up its parent's handles and works on by itself. */
static bool
let_go(void)
{
	tcp_abandon_port(at_fork.c.server_in);
	tcp_abandon_port(at_fork.c.server_out);
	tcp_abandon_port(at_fork.c.client_in);
	tcp_abandon_port(at_fork.c.client_out);
	both_close(&at_fork.c);
	return tcp_close(at_fork.l) == 0 && talk_alone();
}

/* The child gives up all its handles in one call. */
static bool
shut_down(void)
{
	tcp_shutdown();
	return talk_alone();
}

/* The child gives up all handles while it can open no descriptor for a loop. */
static bool
shut_down_short(void)
{
	bool closed;

	forbid_fds();
	tcp_shutdown();
	closed = tcp_close_input_port(at_fork.c.server_in) == 0;
	permit_fds();
	return closed && talk_alone();
}

/* The child uses the connection; its parent's reader does not notice. */
static bool
talk_back(void)
{
	char *line;
	size_t len;

	return tcp_write_line(at_fork.c.server_out, "child") == 6 &&
	    tcp_read_line(at_fork.c.client_in, 100, &line, &len) == 1 &&
	    strcmp(line, "child") == 0;
}

/* At first, the child has no descriptors for a scheduler of its own. */
static bool
run_short(void)
{
	bool told_so;

	forbid_fds();
	told_so = failed(
	    tcp_listener_port(at_fork.l) == -1, TCPUNIT_ERROR_SYSTEM, EMFILE);
	permit_fds();
	return told_so && talk_alone();
}

/* Whether the child succeeds and the parent's threads still work afterwards. */
static bool
forks(bool (*child)(void))
{
	tcp_thread acceptor, reader;
	bool well;
	int fd;

	memset(&at_fork, 0, sizeof at_fork);
	at_fork.l = listen_on("127.0.0.1", 0);
	at_fork.c = both_connect(at_fork.l, "127.0.0.1");
	acceptor = tcp_thread_start(accept_one, NULL);
	reader = tcp_thread_start(read_said, NULL);
	ticker_start(&at_fork.ticker);
	tcp_thread_yield();
	well = in_child(child);
	if (!well)
		diag("the child fails");
	fd = peer_connect(
	    "127.0.0.1", tcp_listener_port(at_fork.l), PATIENCE_MS);
	tcp_write_string(at_fork.c.client_out, "parent");
	well = tcp_thread_join(acceptor, NULL, PATIENCE_MS) == 0 &&
	    tcp_thread_join(reader, NULL, PATIENCE_MS) == 0 &&
	    at_fork.accepted && memcmp(at_fork.said, "parent", 6) == 0 && well;
	at_fork.ticker.done = true;
	tcp_thread_join(at_fork.ticker.thread, NULL, PATIENCE_MS);
	close(fd);
	both_close(&at_fork.c);
	tcp_close(at_fork.l);
	return well;
}

/* The child has its parent's ports, but none of its threads. */
static bool
go_on_alone(void)
{
	int ticks = at_fork.ticker.ticks;

	tcp_thread_sleep(5 * 10);
	return at_fork.ticker.ticks == ticks &&
	    failed(tcp_thread_join(at_fork.ticker.thread, NULL, -1) == -1,
		TCPUNIT_ERROR_CLOSED, EBADF) &&
	    failed(
		tcp_thread_sleep(-1) == -1, TCPUNIT_ERROR_DEADLOCK, EDEADLK) &&
	    tcp_char_ready(at_fork.c.server_in) == 0 &&
	    tcp_accept_ready(at_fork.l) == 0;
}

static void
forked(void)
{
	ok(forks(let_go),
	    "a child that abandons and closes leaves its parent alone");
	ok(forks(shut_down), "and so does one that shuts down");
	ok(forks(shut_down_short), "even without descriptors");
	ok(forks(talk_back), "a child can go on with a connection");
	ok(forks(run_short), "a child without descriptors is told so");
	ok(forks(go_on_alone),
	    "only the thread that forked goes on in a child");
}

/* A thread that is not the first one forks, and returns in the child. */
static struct {
	void (*child)(void);
	pid_t pid;
	int exits[2]; /* a pipe to which a process that exits writes */
} turned;

static void
note_exit(void)
{
	if (turned.exits[1] != -1 && write(turned.exits[1], "x", 1) == -1)
		perror("write");
}

static void *
fork_and_return(void *arg)
{
	turned.pid = fork();
	if (turned.pid == 0)
		turned.child();
	return arg;
}

static void
do_nothing(void)
{
}

static void
work_on(void)
{
	void *result = NULL;

	if (!talk_alone() ||
	    tcp_thread_join(tcp_thread_start(fork_and_return, turned.exits),
		&result, -1) == -1 ||
	    result != turned.exits)
		_exit(1);
}

/* The grandchildren do nothing. */
static void
work_once(void)
{
	turned.child = do_nothing;
	work_on();
}

static void
work_and_shut_down(void)
{
	if (!talk_alone())
		_exit(1);
	tcp_shutdown();
}

/* Whether the child exits, and EXITS processes in all exit with it. */
static bool
ends_well(void (*child)(void), int exits)
{
	int marks = 0;
	char mark;
	bool well;

	turned.child = child;
	if (pipe(turned.exits) == -1)
		return false;
	tcp_thread_start(sleep_long, NULL);
	well = tcp_thread_join(
		   tcp_thread_start(fork_and_return, NULL), NULL, -1) == 0 &&
	    status_of(turned.pid) == 0;
	close(turned.exits[1]);
	turned.exits[1] = -1;
	while (read(turned.exits[0], &mark, 1) == 1)
		marks++;
	close(turned.exits[0]);
	return well && marks == exits;
}

static void
forked_by_another(void)
{
	turned.exits[1] = -1;
	atexit(note_exit);
	ok(ends_well(do_nothing, 1),
	    "a child ends when the thread that forked returns");
	ok(ends_well(work_once, 2), "a child can start threads, and fork");
	ok(ends_well(work_and_shut_down, 1), "a child can shut down");
}

/* Threads that wait in calls that hold a resource while they wait. */
static struct hole hole;

static void *
in_connect(void *arg)
{
	tcp_port in, out;

	tcp_connect("127.0.0.1", hole.port, NULL, &in, &out);
	return arg;
}

static void *
in_look_up(void *arg)
{
	tcp_port in, out;

	tcp_connect("slow.test", hole.port, NULL, &in, &out);
	return arg;
}

static void *
in_accept(void *arg)
{
	tcp_listener *l = arg;
	tcp_port in, out;

	tcp_accept(*l, &in, &out);
	return NULL;
}

static void *
in_wait_fd(void *arg)
{
	tcp_wait_fd(hole.listener, TCPUNIT_WRITABLE, -1);
	return arg;
}

static void *
in_printf(void *arg)
{
	struct both *c = arg;

	while (tcp_printf(c->client_out, "%099999d", 0) > 0)
		;
	return arg;
}

static void *
in_copy(void *arg)
{
	struct both *c = arg;

	tcp_copy_port(c->client_in, c->server_out, -1);
	return arg;
}

static void *
leave_all_waiting(void *arg)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	tcp_listener closed = listen_on("127.0.0.1", 0);
	struct both c = both_connect(l, "127.0.0.1");

	tcp_thread_start(in_connect, NULL);
	tcp_thread_start(in_look_up, NULL);
	tcp_thread_start(in_accept, &l);
	tcp_thread_start(in_accept, &closed);
	tcp_thread_start(in_wait_fd, NULL);
	tcp_thread_start(in_printf, &c);
	tcp_thread_start(in_copy, &c);
	tcp_thread_detach(tcp_thread_start(sleep_long, NULL));
	tcp_thread_sleep(100);
	tcp_thread_start(sleep_long, NULL);
	tcp_close(closed);
	return arg;
}

static void
vanishing(void)
{
	int fds;

	hole = hole_open("127.0.0.1", 0);
	fds = settled_fds();
	elsewhere(leave_all_waiting, NULL);
	is_int(
	    settled_fds(), fds, "threads that wait vanish with what they hold");
	hole_close(&hole);
}

/* The shared library beside this program. */
static void *
load(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	path[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < 2 && strrchr(path, '/') != NULL; i++)
		*strrchr(path, '/') = '\0'; /* the program; tests */
	strncat(path, "/libtcpunit.so.1", sizeof path - strlen(path) - 1);
	return dlopen(path, RTLD_NOW);
}

static void *
use_and_unload(void *arg)
{
	void *library = load();
	int (*sleep_there)(int);

	if (library == NULL) {
		diag("%s", dlerror());
		return arg;
	}
	*(void **)&sleep_there = dlsym(library, "tcp_thread_sleep");
	*(bool *)arg = sleep_there(1) == 0 && dlclose(library) == 0;
	return arg;
}

/* Unloads the library in a process of its own, and then forks. */
static bool
unload(void)
{
	bool used = false;
	pid_t child;

	elsewhere(use_and_unload, &used);
	child = fork();
	if (child == 0)
		_exit(0);
	return used && status_of(child) == 0;
}

static void
unloading(void)
{
	ok(in_child(unload),
	    "an OS thread ends, and a process forks, after dlclose");
}

static int fds_at_start;

/* An OS thread opens its first listener, which is closed with the thread. */
static void *
leave_listener(void *arg)
{
	*(tcp_listener *)arg = listen_on("127.0.0.1", 0);
	return NULL;
}

/* Whether a stale handle is refused by a thread that has a listener of its own
 * in the same slot. */
static void *
close_stale(void *arg)
{
	tcp_listener *stale = arg, mine = listen_on("127.0.0.1", 0);
	bool refused =
	    failed(tcp_close(*stale) == -1, TCPUNIT_ERROR_CLOSED, EBADF);

	return refused && tcp_listener_port(mine) > 0 ? NULL : arg;
}

/* Starts and ends the runtime as many times as ARG says. */
static void *
restart(void *arg)
{
	for (int i = 0; i < *(int *)arg; i++) {
		tcp_thread_yield();
		tcp_shutdown();
	}
	return NULL;
}

static void
stale_handles(void)
{
	int many = 65535 - RUNTIMES;
	tcp_listener stale;
	pthread_t t;
	void *wrong = &t;

	elsewhere(leave_listener, &stale);
	elsewhere(restart, &many);
	for (int i = 0; i < 2 * RUNTIMES; i++) {
		if (pthread_create(&t, NULL, close_stale, &stale) == 0)
			pthread_join(t, &wrong);
		if (wrong != NULL)
			break;
	}
	ok(wrong == NULL, "a stale handle of an OS thread stays stale");
}

static void *
shut_down_here(void *arg)
{
	tcp_shutdown();
	return arg;
}

static void
everything_back(void)
{
	tcp_listener l = listen_on("localhost", 0);
	struct both c = both_connect(l, "127.0.0.1");
	tcp_thread t;

	tcp_thread_join(tcp_thread_start(shut_down_here, NULL), NULL, -1);
	ok(tcp_listener_port(l) > 0,
	    "tcp_shutdown from another green thread has no effect");
	t = tcp_thread_start(sleep_long, NULL);
	tcp_thread_yield();
	tcp_shutdown();
	is_int(
	    settled_fds(), fds_at_start, "tcp_shutdown gives everything back");
	ok(failed(tcp_accept_ready(l) == -1, TCPUNIT_ERROR_CLOSED, EBADF) &&
		failed(tcp_char_ready(c.server_in) == -1, TCPUNIT_ERROR_CLOSED,
		    EBADF) &&
		failed(tcp_thread_join(t, NULL, 0) == -1, TCPUNIT_ERROR_CLOSED,
		    EBADF),
	    "the handles from before it are closed");
	tcp_shutdown();
	ok(tcp_close_input_port(c.server_in) == 0 &&
		tcp_close_output_port(c.server_out) == 0 &&
		settled_fds() == fds_at_start,
	    "closing a port from before it has no effect");
	l = listen_on("localhost", 0);
	ok(tcp_listener_port(l) > 0, "and the library works again");
	tcp_shutdown();
}

int
main(void)
{
	sandbox();
	fds_at_start = settled_fds();
	run(several);
	run(forked);
	run(forked_by_another);
	run(vanishing);
	run(unloading);
	run(everything_back);
	run(stale_handles);
	return done_testing();
}
