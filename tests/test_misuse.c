/* SPDX-License-Identifier: ISC */
/*
 * test_misuse.c - calls every function with every handle of the wrong kind, and
 * with invalid sizes, times, numbers and pointers: each call fails with the
 * documented error, harms nothing, and neither closes nor leaks a descriptor.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <tcpunit.h>

#include "pair.h"
#include "peer.h"
#include "tap.h"
#include "unit.h"

#define HUGE_SIZE ((size_t)-1)
#define COUNT(a) (sizeof(a) / sizeof *(a))

static char memory[16];
static int number;
static char *line;
static size_t length;

static long long
call_read(uint64_t bits)
{
	return tcp_read((tcp_port){bits}, memory, 1);
}

static long long
call_read_string(uint64_t bits)
{
	return tcp_read_string((tcp_port){bits}, memory, 1);
}

static long long
call_read_line(uint64_t bits)
{
	return tcp_read_line((tcp_port){bits}, 1, &line, &length);
}

static long long
call_read_byte(uint64_t bits)
{
	return tcp_read_byte((tcp_port){bits});
}

static long long
call_peek_byte(uint64_t bits)
{
	return tcp_peek_byte((tcp_port){bits});
}

static long long
call_read_buffered(uint64_t bits)
{
	return tcp_read_buffered((tcp_port){bits}, memory, 1);
}

static long long
call_char_ready(uint64_t bits)
{
	return tcp_char_ready((tcp_port){bits});
}

static long long
call_set_line_ending(uint64_t bits)
{
	return tcp_set_line_ending((tcp_port){bits}, TCPUNIT_LINE_LF);
}

static long long
call_write(uint64_t bits)
{
	return tcp_write((tcp_port){bits}, "", 0);
}

static long long
call_write_string(uint64_t bits)
{
	return tcp_write_string((tcp_port){bits}, "x");
}

static long long
call_write_line(uint64_t bits)
{
	return tcp_write_line((tcp_port){bits}, "x");
}

static long long
call_write_byte(uint64_t bits)
{
	return tcp_write_byte((tcp_port){bits}, 'x');
}

static long long
call_printf(uint64_t bits)
{
	return tcp_printf((tcp_port){bits}, "%d", 1);
}

static long long
call_flush_output(uint64_t bits)
{
	return tcp_flush_output((tcp_port){bits});
}

static long long
call_set_buffer_size(uint64_t bits)
{
	return tcp_set_buffer_size((tcp_port){bits}, 8);
}

static long long
call_set_timeout(uint64_t bits)
{
	return tcp_set_timeout((tcp_port){bits}, 8);
}

static long long
call_port_fileno(uint64_t bits)
{
	return tcp_port_fileno((tcp_port){bits});
}

static long long
call_addresses(uint64_t bits)
{
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN];

	return tcp_addresses((tcp_port){bits}, local, remote);
}

static long long
call_port_numbers(uint64_t bits)
{
	return tcp_port_numbers((tcp_port){bits}, &number, &number);
}

static long long
call_abandon_port(uint64_t bits)
{
	return tcp_abandon_port((tcp_port){bits});
}

static long long
call_reset(uint64_t bits)
{
	return tcp_reset((tcp_port){bits});
}

static long long
call_accept(uint64_t bits)
{
	tcp_port in, out;

	return tcp_accept((tcp_listener){bits}, &in, &out);
}

static long long
call_accept_ready(uint64_t bits)
{
	return tcp_accept_ready((tcp_listener){bits});
}

static long long
call_listener_port(uint64_t bits)
{
	return tcp_listener_port((tcp_listener){bits});
}

static long long
call_listener_fileno(uint64_t bits)
{
	return tcp_listener_fileno((tcp_listener){bits}, 0);
}

static long long
call_listener_addresses(uint64_t bits)
{
	char local[TCPUNIT_ADDRLEN];

	return tcp_listener_addresses((tcp_listener){bits}, 0, local);
}

static long long
call_set_accept_timeout(uint64_t bits)
{
	return tcp_set_accept_timeout((tcp_listener){bits}, 8);
}

static long long
call_close(uint64_t bits)
{
	return tcp_close((tcp_listener){bits});
}

static long long
call_join(uint64_t bits)
{
	return tcp_thread_join((tcp_thread){bits}, NULL, 0);
}

static long long
call_detach(uint64_t bits)
{
	return tcp_thread_detach((tcp_thread){bits});
}

static long long
call_terminate(uint64_t bits)
{
	return tcp_thread_terminate((tcp_thread){bits});
}

static long long
call_mutex_lock(uint64_t bits)
{
	return tcp_mutex_lock((tcp_mutex){bits}, 0);
}

static long long
call_mutex_unlock(uint64_t bits)
{
	return tcp_mutex_unlock((tcp_mutex){bits});
}

static long long
call_close_mutex(uint64_t bits)
{
	return tcp_close_mutex((tcp_mutex){bits});
}

static long long
call_condition_wait(uint64_t bits)
{
	return tcp_condition_wait((tcp_condition){bits}, 0);
}

static long long
call_condition_signal(uint64_t bits)
{
	return tcp_condition_signal((tcp_condition){bits});
}

static long long
call_condition_broadcast(uint64_t bits)
{
	return tcp_condition_broadcast((tcp_condition){bits});
}

static long long
call_close_condition(uint64_t bits)
{
	return tcp_close_condition((tcp_condition){bits});
}

static long long
call_mailbox_send(uint64_t bits)
{
	return tcp_mailbox_send((tcp_mailbox){bits}, NULL, 0);
}

static long long
call_mailbox_receive(uint64_t bits)
{
	void *message;

	return tcp_mailbox_receive((tcp_mailbox){bits}, &message, 0);
}

static long long
call_close_mailbox(uint64_t bits)
{
	return tcp_close_mailbox((tcp_mailbox){bits});
}

static long long
call_group_start(uint64_t bits)
{
	tcp_thread t =
	    tcp_group_start((tcp_group){bits}, sleep_long, NULL, NULL);

	return tcp_thread_p(t) ? 0 : -1;
}

static long long
call_group_wait(uint64_t bits)
{
	return tcp_group_wait((tcp_group){bits}, 0);
}

static long long
call_group_terminate(uint64_t bits)
{
	return tcp_group_terminate((tcp_group){bits}, 0);
}

static long long
call_group_error(uint64_t bits)
{
	return tcp_group_error((tcp_group){bits}) != NULL ? 0 : -1;
}

static long long
call_close_group(uint64_t bits)
{
	return tcp_close_group((tcp_group){bits});
}

enum takes {
	INPUT = 1,
	OUTPUT = 2,
	EITHER = 3,
	LISTENER = 4,
	THREAD = 8,
	MUTEX = 16,
	CONDITION = 32,
	MAILBOX = 64,
	GROUP = 128,
};

static const struct {
	const char *name;
	long long (*make)(uint64_t);
	enum takes takes;
} calls[] = {
    {"read", call_read, INPUT},
    {"read_string", call_read_string, INPUT},
    {"read_line", call_read_line, INPUT},
    {"read_byte", call_read_byte, INPUT},
    {"peek_byte", call_peek_byte, INPUT},
    {"read_buffered", call_read_buffered, INPUT},
    {"char_ready", call_char_ready, INPUT},
    {"set_line_ending", call_set_line_ending, INPUT},
    {"write", call_write, OUTPUT},
    {"write_string", call_write_string, OUTPUT},
    {"write_line", call_write_line, OUTPUT},
    {"write_byte", call_write_byte, OUTPUT},
    {"printf", call_printf, OUTPUT},
    {"flush_output", call_flush_output, OUTPUT},
    {"set_buffer_size", call_set_buffer_size, OUTPUT},
    {"set_timeout", call_set_timeout, EITHER},
    {"port_fileno", call_port_fileno, EITHER},
    {"addresses", call_addresses, EITHER},
    {"port_numbers", call_port_numbers, EITHER},
    {"abandon_port", call_abandon_port, EITHER},
    {"reset", call_reset, EITHER},
    {"accept", call_accept, LISTENER},
    {"accept_ready", call_accept_ready, LISTENER},
    {"listener_port", call_listener_port, LISTENER},
    {"listener_fileno", call_listener_fileno, LISTENER},
    {"listener_addresses", call_listener_addresses, LISTENER},
    {"set_accept_timeout", call_set_accept_timeout, LISTENER},
    {"close", call_close, LISTENER},
    {"thread_join", call_join, THREAD},
    {"thread_detach", call_detach, THREAD},
    {"thread_terminate", call_terminate, THREAD},
    {"mutex_lock", call_mutex_lock, MUTEX},
    {"mutex_unlock", call_mutex_unlock, MUTEX},
    {"close_mutex", call_close_mutex, MUTEX},
    {"condition_wait", call_condition_wait, CONDITION},
    {"condition_signal", call_condition_signal, CONDITION},
    {"condition_broadcast", call_condition_broadcast, CONDITION},
    {"close_condition", call_close_condition, CONDITION},
    {"mailbox_send", call_mailbox_send, MAILBOX},
    {"mailbox_receive", call_mailbox_receive, MAILBOX},
    {"close_mailbox", call_close_mailbox, MAILBOX},
    {"group_start", call_group_start, GROUP},
    {"group_wait", call_group_wait, GROUP},
    {"group_terminate", call_group_terminate, GROUP},
    {"group_error", call_group_error, GROUP},
    {"close_group", call_close_group, GROUP},
};

/* One open handle of each kind. */
static _Thread_local struct pair p;
static _Thread_local tcp_listener listener;
static _Thread_local tcp_thread thread;
static _Thread_local tcp_mutex mutex;
static _Thread_local tcp_condition condition;
static _Thread_local tcp_mailbox mailbox;
static _Thread_local tcp_group group;

static const struct {
	enum takes kind;
	const char *name;
} kinds[] = {
    {INPUT, "input port"},
    {OUTPUT, "output port"},
    {LISTENER, "listener"},
    {THREAD, "thread"},
    {MUTEX, "mutex"},
    {CONDITION, "condition"},
    {MAILBOX, "mailbox"},
    {GROUP, "group"},
};

/* Lists the handles in the order of kinds. */
static void
list_all(uint64_t handles[COUNT(kinds)])
{
	const uint64_t all[] = {p.in.bits, p.out.bits, listener.bits,
	    thread.bits, mutex.bits, condition.bits, mailbox.bits, group.bits};

	memcpy(handles, all, sizeof all);
}

static void
open_all(void)
{
	mutex = tcp_make_mutex();
	condition = tcp_make_condition();
	mailbox = tcp_make_mailbox(1);
	group = tcp_make_group();
	p = pair_connect();
	listener = tcp_listen(0, NULL);
	thread = tcp_thread_start(sleep_long, NULL);
}

static void
close_all(void)
{
	pair_close(&p);
	tcp_close(listener);
	tcp_thread_terminate(thread);
	tcp_thread_join(thread, NULL, -1);
	tcp_close_mutex(mutex);
	tcp_close_condition(condition);
	tcp_close_mailbox(mailbox);
	tcp_close_group(group);
}

/* Whether the objects that threads wait for are still as open_all made them. */
static bool
all_wait(void)
{
	void *message;

	return tcp_mutex_lock(mutex, 0) == 0 && tcp_mutex_unlock(mutex) == 0 &&
	    tcp_mailbox_send(mailbox, &mailbox, 0) == 0 &&
	    tcp_mailbox_receive(mailbox, &message, 0) == 0 &&
	    message == &mailbox && tcp_group_wait(group, 0) == 0 &&
	    failed(tcp_condition_wait(condition, 0) == -1,
		TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT);
}

/* Whether all that open_all opened still works. */
static bool
all_work(void)
{
	int client;
	bool yes;

	pair_say(&p, "x");
	yes = all_wait() && tcp_write_string(p.out, "still") == 5 &&
	    peer_says(p.peer, "still") && tcp_read_byte(p.in) == 'x' &&
	    tcp_accept_ready(listener) == 0 &&
	    failed(tcp_thread_join(thread, NULL, 0) == -1,
		TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT);
	client = peer_connect("127.0.0.1", tcp_listener_port(listener), 1000);
	yes = yes && client != -1;
	close(client);
	return yes;
}

static bool
not_taken(long long result)
{
	return failed(result == -1, TCPUNIT_ERROR_ARGUMENT, EINVAL);
}

/* Checks that every call refuses the handle, except those that take BUT. */
static void
refused(uint64_t bits, enum takes but, const char *what)
{
	bool all = true;

	for (size_t i = 0; i < COUNT(calls); i++) {
		if (calls[i].takes & but || not_taken(calls[i].make(bits)))
			continue;
		diag("%s", calls[i].name);
		all = false;
	}
	if (!(but & INPUT))
		all = not_taken(tcp_close_input_port((tcp_port){bits})) && all;
	if (!(but & OUTPUT))
		all = not_taken(tcp_close_output_port((tcp_port){bits})) && all;
	if (!(but & EITHER))
		all = not_taken(tcp_close_port((tcp_port){bits})) && all;
	ok(all, "D07 L27 X15 %s is an argument error everywhere", what);
	if (!(but & EITHER))
		is_int((long long)tcp_port_position((tcp_port){bits}), 0,
		    "%s has no position", what);
}

static void
wrong_kinds(void)
{
	uint64_t handles[COUNT(kinds)];
	char text[64];

	open_all();
	refused(0, 0, "the null handle");
	refused(42, 0, "42");
	refused(UINT64_MAX, 0, "all ones");
	list_all(handles);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		(void)snprintf(
		    text, sizeof text, "elsewhere, the %s", kinds[i].name);
		refused(handles[i], kinds[i].kind, text);
	}
	ok(not_taken(tcp_close_ports(p.out, p.in)),
	    "two ports in the wrong order are an argument error");
	ok(all_work(), "none was harmed");
	close_all();
}

/* A handle with one flipped bit belongs to another object or to none. */
static void
forged(void)
{
	uint64_t real[COUNT(kinds)];
	int taken = 0;

	open_all();
	list_all(real);
	for (size_t i = 0; i < COUNT(real); i++)
		for (int bit = 0; bit < 64; bit++) {
			uint64_t bits = real[i] ^ (1ULL << bit);

			if (bits == real[0] || bits == real[1])
				continue;
			taken += tcp_port_fileno((tcp_port){bits}) != -1 ||
			    tcp_read_buffered((tcp_port){bits}, memory, 1) !=
				-1 ||
			    tcp_accept_ready((tcp_listener){bits}) != -1 ||
			    tcp_close((tcp_listener){bits}) != -1 ||
			    tcp_close_mutex((tcp_mutex){bits}) != -1 ||
			    tcp_close_condition((tcp_condition){bits}) != -1 ||
			    tcp_close_mailbox((tcp_mailbox){bits}) != -1 ||
			    tcp_close_group((tcp_group){bits}) != -1;
		}
	is_int(taken, 0, "L27 no handle with a wrong bit is taken");
	ok(all_work(), "L27 nor does it do harm");
	close_all();
}

static void
closed(void)
{
	uint64_t handles[COUNT(kinds)];
	bool all = true;

	open_all();
	close_all();
	list_all(handles);
	for (size_t i = 0; i < COUNT(calls); i++)
		for (size_t k = 0; k < COUNT(kinds); k++) {
			if (!(calls[i].takes & kinds[k].kind))
				continue;
			if (failed(calls[i].make(handles[k]) == -1,
				TCPUNIT_ERROR_CLOSED, EBADF))
				continue;
			diag("%s", calls[i].name);
			all = false;
		}
	ok(all,
	    "D08 L30 L32 R25 W10 X13 a closed handle is the closed error "
	    "everywhere");
	ok(tcp_input_port_p(p.in) && tcp_output_port_p(p.out) &&
		tcp_listener_p(listener) && tcp_thread_p(thread) &&
		tcp_mutex_p(mutex) && tcp_condition_p(condition) &&
		tcp_mailbox_p(mailbox) && tcp_group_p(group),
	    "it is still what it was");
	is_int((long long)tcp_port_position(p.in), 0, "without a position");
}

static void
predicates(void)
{
	open_all();
	ok(tcp_port_p(p.in) && tcp_input_port_p(p.in) &&
		!tcp_output_port_p(p.in),
	    "an input port is a port");
	ok(tcp_port_p(p.out) && tcp_output_port_p(p.out) &&
		!tcp_input_port_p(p.out),
	    "an output port is a port");
	ok(!tcp_listener_p((tcp_listener){p.in.bits}) &&
		!tcp_thread_p((tcp_thread){p.in.bits}),
	    "a port is nothing else");
	ok(!tcp_port_p((tcp_port){listener.bits}), "a listener is no port");
	ok(!tcp_port_p((tcp_port){0}) && !tcp_listener_p((tcp_listener){0}) &&
		!tcp_thread_p((tcp_thread){0}) &&
		!tcp_mutex_p((tcp_mutex){0}) &&
		!tcp_condition_p((tcp_condition){0}) &&
		!tcp_mailbox_p((tcp_mailbox){0}) &&
		!tcp_group_p((tcp_group){0}),
	    "the null handle is nothing");
	close_all();
}

/* Handles that belong to another OS thread, which runs or has ended. */
static struct foreign {
	pthread_barrier_t made, used;
	uint64_t handles[COUNT(kinds)];
	bool fine;
} other;

static void *
have_some(void *arg)
{
	(void)arg;
	open_all();
	list_all(other.handles);
	pthread_barrier_wait(&other.made);
	pthread_barrier_wait(&other.used);
	other.fine = all_work();
	close_all();
	return NULL;
}

/* Opens the same handles as the other OS thread, so that the two sets are as
 * similar as possible, and then uses the other's. */
static void *
use_them(void *arg)
{
	char text[64];

	open_all();
	pthread_barrier_wait(&other.made);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		(void)snprintf(
		    text, sizeof text, "another OS thread's %s", kinds[i].name);
		refused(other.handles[i], 0, text);
	}
	pthread_barrier_wait(&other.used);
	pthread_join(*(pthread_t *)arg, NULL);
	ok(other.fine, "it is none the worse for it");
	refused(other.handles[0], 0, "the port of an OS thread that ended");
	close_all();
	return NULL;
}

static void
foreign(void)
{
	pthread_t owner, user;

	pthread_barrier_init(&other.made, NULL, 2);
	pthread_barrier_init(&other.used, NULL, 2);
	pthread_create(&owner, NULL, have_some, NULL);
	pthread_create(&user, NULL, use_them, &owner);
	pthread_join(user, NULL);
}

static void
is_refused(long long result, const char *name)
{
	ok(not_taken(result), "%s", name);
}

static void
null_pointers(void)
{
	char text[TCPUNIT_ADDRLEN];
	tcp_port port;

	open_all();
	pair_say(&p, "data\n");
	is_refused(tcp_read(p.in, NULL, 1), "read into NULL");
	is_refused(tcp_read_string(p.in, NULL, 1), "read_string into NULL");
	is_refused(tcp_read_buffered(p.in, NULL, 1), "read_buffered to NULL");
	is_refused(tcp_read_line(p.in, 9, NULL, &length), "no line");
	is_refused(tcp_read_line(p.in, 9, &line, NULL), "no length");
	is_refused(tcp_write(p.out, NULL, 1), "write from NULL");
	is_refused(tcp_write_string(p.out, NULL), "write_string of NULL");
	is_refused(tcp_write_line(p.out, NULL), "write_line of NULL");
	is_refused(tcp_addresses(p.in, NULL, text), "no local address");
	is_refused(tcp_addresses(p.in, text, NULL), "no remote address");
	is_refused(tcp_port_numbers(p.in, NULL, &number), "no local port");
	is_refused(tcp_port_numbers(p.in, &number, NULL), "no remote port");
	is_refused(
	    tcp_listener_addresses(listener, 0, NULL), "no listener's address");
	is_refused(tcp_accept(listener, NULL, &port), "accept without input");
	is_refused(tcp_accept(listener, &port, NULL), "accept without output");
	is_refused(tcp_connect(NULL, 1, NULL, &port, &port), "C06 no host");
	is_refused(tcp_connect("127.0.0.1", 1, NULL, NULL, &port),
	    "connect without input");
	is_refused(tcp_connect("127.0.0.1", 1, NULL, &port, NULL),
	    "connect without output");
	is_refused(tcp_mailbox_receive(mailbox, NULL, 0), "receive into NULL");
	is_int(tcp_read(p.in, NULL, 0), 0, "nothing can be read into NULL");
	is_int(tcp_write(p.out, NULL, 0), 0, "and written from it");
	is_int(tcp_read_string(p.in, memory, 5), 5, "nothing was taken");
	close_all();
}

static void
null_makers(void)
{
	ok(!tcp_thread_p(tcp_thread_start(NULL, NULL)) &&
		failed(true, TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "no thunk");
	ok(!tcp_listener_p(tcp_listener_from_fds(NULL, 1)) &&
		failed(true, TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "no descriptors");
}

static void
sizes(void)
{
	open_all();
	pair_say(&p, "data\n");
	is_refused(tcp_read(p.in, memory, HUGE_SIZE), "read of too much");
	is_refused(tcp_read_string(p.in, memory, HUGE_SIZE),
	    "read_string of too much");
	is_refused(tcp_read_buffered(p.in, memory, HUGE_SIZE),
	    "read_buffered of too much");
	is_refused(tcp_write(p.out, memory, HUGE_SIZE), "write of too much");
	is_refused(tcp_copy_port(p.in, p.out, -2), "a copy of -2 bytes");
	is_int(tcp_read(p.in, memory, 0), 0, "read of nothing");
	is_int(tcp_read_string(p.in, memory, 5), 5, "nothing was taken");
	is_refused(tcp_set_line_ending(p.in, (enum tcp_line_ending)99),
	    "a line ending that is none");
	close_all();
}

static void
times(void)
{
	void *message;

	open_all();
	is_refused(tcp_set_timeout(p.in, -2), "R23 a time limit of -2");
	is_refused(tcp_set_accept_timeout(listener, -2), "for accept");
	is_refused(tcp_thread_sleep(-2), "for sleep");
	is_refused(tcp_thread_join(thread, NULL, -2), "for join");
	is_refused(tcp_wait_fd(0, TCPUNIT_READABLE, -2), "for wait_fd");
	is_refused(tcp_mutex_lock(mutex, -2), "for locking");
	is_refused(tcp_condition_wait(condition, -2), "for a condition");
	is_refused(tcp_mailbox_send(mailbox, NULL, -2), "for sending");
	is_refused(tcp_mailbox_receive(mailbox, &message, -2), "for receiving");
	is_refused(tcp_group_wait(group, -2), "for a group");
	is_refused(tcp_group_terminate(group, -2), "for its end");
	is_refused(tcp_set_deadline(-2, NULL), "for a deadline");
	close_all();
}

static void
descriptors(void)
{
	int closed_fd = dup(0), pipes[2], fds[TCPUNIT_MAX_SOCKETS + 1];

	close(closed_fd);
	ok(!tcp_port_p(tcp_open_input_fd(-1)) &&
		failed(true, TCPUNIT_ERROR_ARGUMENT, EBADF),
	    "-1 is no input");
	ok(!tcp_port_p(tcp_open_output_fd(closed_fd)) &&
		failed(true, TCPUNIT_ERROR_ARGUMENT, EBADF),
	    "a closed descriptor is no output");
	ok(failed(tcp_wait_fd(-1, TCPUNIT_READABLE, 0) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EBADF),
	    "-1 cannot be waited for");
	is_refused(tcp_wait_fd(0, 0, 0), "nor can no event");
	is_refused(tcp_wait_fd(0, 64, 0), "nor one that is none");
	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = -1;
	if (pipe2(pipes, O_CLOEXEC) == -1)
		return;
	ok(!tcp_listener_p(tcp_listener_from_fds(pipes, 1)) &&
		failed(true, TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "a pipe is no listener");
	ok(!tcp_listener_p(tcp_listener_from_fds(fds, 1)) &&
		failed(true, TCPUNIT_ERROR_ARGUMENT, 0),
	    "nor is -1");
	ok(!tcp_listener_p(tcp_listener_from_fds(fds, 0)) &&
		failed(true, TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "nor are none");
	ok(!tcp_listener_p(tcp_listener_from_fds(fds, COUNT(fds))) &&
		failed(true, TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "nor too many");
	ok(fcntl(pipes[0], F_GETFD) != -1, "the pipe is still open");
	close(pipes[0]);
	close(pipes[1]);
}

static void
listen_is_refused(
    int port, const struct tcp_listen_options *o, const char *name)
{
	tcp_listener l = tcp_listen(port, o);

	ok(!tcp_listener_p(l) && failed(true, TCPUNIT_ERROR_ARGUMENT, 0), "%s",
	    name);
}

/* Options as a program passes them that was compiled with another version of
 * the header. */
static struct {
	struct tcp_listen_options known;
	unsigned char unknown[8 * sizeof(size_t)];
} longer_listen;

static struct {
	struct tcp_connect_options known;
	unsigned char unknown[8 * sizeof(size_t)];
} longer_connect;

static bool
listens(const struct tcp_listen_options *o)
{
	tcp_listener l = tcp_listen(0, o);

	return tcp_listener_p(l) && tcp_close(l) == 0;
}

static void
listen_sizes(void)
{
	const struct tcp_listen_options standard = {TCPUNIT_LISTEN_DEFAULTS};
	struct tcp_listen_options o = {0};

	listen_is_refused(0, &o, "listen with zeroed options");
	o = standard;
	o.host = "127.0.0.1";
	o.loopback = true; /* invalid, but outside the size below */
	o.size = offsetof(struct tcp_listen_options, loopback);
	ok(listens(&o), "listen with an older program's options");
	o.size++;
	listen_is_refused(0, &o, "listen with options that end in a member");
	o.size = SIZE_MAX / 8 * 8;
	listen_is_refused(0, &o, "listen with options of no size");
	longer_listen.known = standard;
	longer_listen.known.size = sizeof longer_listen;
	ok(listens(&longer_listen.known),
	    "listen with a newer program's options");
	longer_listen.unknown[sizeof longer_listen.unknown - 1] = 1;
	listen_is_refused(0, &longer_listen.known,
	    "listen with an option that is not known yet");
}

static void
listen_options(void)
{
	const struct tcp_listen_options standard = {TCPUNIT_LISTEN_DEFAULTS};
	struct tcp_listen_options o = {0};

	listen_is_refused(-1, NULL, "L02 listen on -1");
	listen_is_refused(65536, NULL, "L03 listen on 65536");
	o = standard;
	o.backlog = -5;
	listen_is_refused(0, &o, "L09 a backlog of -5");
	o = standard;
	o.family = 5;
	listen_is_refused(0, &o, "a family that is none");
	o = standard;
	o.loopback = true;
	o.host = "127.0.0.1";
	listen_is_refused(0, &o, "loopback and a host");
}

static void
connect_is_refused(const char *host, int port,
    const struct tcp_connect_options *o, const char *name)
{
	tcp_port in = {1}, out = {2};
	int result = tcp_connect(host, port, o, &in, &out);

	ok(failed(result == -1, TCPUNIT_ERROR_ARGUMENT, 0) && in.bits == 1 &&
		out.bits == 2,
	    "%s", name);
}

static bool
connects(tcp_listener l, const struct tcp_connect_options *o)
{
	tcp_port in, out;

	if (tcp_connect("127.0.0.1", tcp_listener_port(l), o, &in, &out) == -1)
		return false;
	tcp_close_ports(in, out);
	return true;
}

static void
connect_sizes(void)
{
	const struct tcp_connect_options standard = {TCPUNIT_CONNECT_DEFAULTS};
	struct tcp_connect_options o = standard;
	tcp_listener l = listen_on("127.0.0.1", 0);

	o.local_port = -1; /* invalid, but outside the size below */
	o.size = offsetof(struct tcp_connect_options, local_port);
	ok(connects(l, &o), "connect with an older program's options");
	longer_connect.known = standard;
	longer_connect.known.size = sizeof longer_connect;
	ok(connects(l, &longer_connect.known),
	    "connect with a newer program's options");
	longer_connect.unknown[0] = 1;
	connect_is_refused("127.0.0.1", 1, &longer_connect.known,
	    "connect with an option that is not known yet");
	tcp_close(l);
}

static void
connect_options(void)
{
	const struct tcp_connect_options standard = {TCPUNIT_CONNECT_DEFAULTS};
	struct tcp_connect_options o = {0};

	connect_is_refused("127.0.0.1", 1, &o, "connect with zeroed options");
	o = standard;
	o.timeout = -2;
	connect_is_refused("127.0.0.1", 1, &o, "a limit of -2");
	o = standard;
	o.family = 5;
	connect_is_refused("127.0.0.1", 1, &o, "a family that is none");
	o = standard;
	o.local_port = 65536;
	connect_is_refused("127.0.0.1", 1, &o, "a local port of 65536");
	o = standard;
	o.local_port = -1;
	connect_is_refused("127.0.0.1", 1, &o, "a local port of -1");
}

static void
long_host(void)
{
	char host[10001];
	tcp_port in = {1}, out = {2};
	enum tcp_error_kind kind;

	memset(host, 'h', sizeof host - 1);
	host[sizeof host - 1] = '\0';
	is_int(tcp_connect(host, 1, NULL, &in, &out), -1,
	    "a host of 10 kB is not found");
	kind = tcp_last_error()->kind;
	ok(kind == TCPUNIT_ERROR_RESOLVE || kind == TCPUNIT_ERROR_ARGUMENT,
	    "and that is the error");
	ok(in.bits == 1 && out.bits == 2, "no port is made");
}

/* The error's text stays on one line, and an overlong host does not hide the
 * reason. */
static void
unruly_hosts(void)
{
	struct tcp_connect_options o = {TCPUNIT_CONNECT_DEFAULTS};
	char host[401];
	tcp_port in, out;

	o.numeric = true;
	ok(failed(tcp_connect("one\nerror: two", 1, &o, &in, &out) == -1,
	       TCPUNIT_ERROR_RESOLVE, 0),
	    "a host of two lines");
	memset(host, 'h', sizeof host - 1);
	host[sizeof host - 1] = '\0';
	ok(failed(tcp_connect(host, 1, &o, &in, &out) == -1,
	       TCPUNIT_ERROR_RESOLVE, 0) &&
		told("hhh") && told("Name or service not known"),
	    "a host of 400 letters, and why it failed");
}

static void
nothing_left(void)
{
	static void (*const all[])(void) = {wrong_kinds, forged, closed,
	    foreign, null_pointers, null_makers, sizes, times, descriptors,
	    listen_sizes, listen_options, connect_sizes, connect_options,
	    long_host, unruly_hosts};
	int fds = open_fds();

	for (size_t i = 0; i < COUNT(all); i++)
		all[i]();
	is_int(open_fds(), fds, "no descriptor is gone or left");
}

/* Whether the text of the last error is TEXT. */
static void
reads(const char *text)
{
	is_str(tcp_last_error()->text, text, "it says \"%s\"", text);
}

static void *
use_of_another(void *port)
{
	tcp_read_byte(*(tcp_port *)port);
	reads("read-byte: the input port belongs to another OS thread");
	return NULL;
}

static void
texts_of_wrong_handles(void)
{
	struct pair c = pair_connect();
	pthread_t foreign;
	tcp_port in, out;

	tcp_read_byte(c.out);
	reads("read-byte: the handle is not an input port");
	tcp_write_byte(c.in, 'x');
	reads("write-byte: the handle is not an output port");
	tcp_set_timeout((tcp_port){0}, 0);
	reads("set-timeout: the handle is not a port");
	tcp_accept((tcp_listener){c.in.bits}, &in, &out);
	reads("accept: the handle is not a listener");
	pthread_create(&foreign, NULL, use_of_another, &c.in);
	pthread_join(foreign, NULL);
	pair_close(&c);
}

/* The error names the peer even after the connection has been closed. */
static void
texts_of_closed_ports(void)
{
	struct pair c = pair_connect(), next;
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN];
	char text[TCPUNIT_ADDRLEN + 40];
	int here, there;

	tcp_addresses(c.in, local, remote);
	tcp_port_numbers(c.in, &here, &there);
	pair_close(&c);
	snprintf(text, sizeof(text), "read-byte %s:%d: already closed", remote,
	    there);
	tcp_read_byte(c.in);
	reads(text);
	next = pair_connect();
	tcp_read_byte(c.in);
	reads(text);
	pair_close(&next);
	tcp_set_timeout(c.in, 1);
	ok(failed(true, TCPUNIT_ERROR_CLOSED, EBADF),
	    "even if its place has been used twice");
}

static void
texts_of_wrong_sockets(void)
{
	int fd[2] = {socket(AF_UNIX, SOCK_SEQPACKET, 0),
	    socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)};
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	/* The system chooses the socket's name. */
	ok(bind(fd[0], (struct sockaddr *)&a, sizeof(a.sun_family)) == 0 &&
		listen(fd[0], 1) == 0,
	    "a Unix socket listens");
	tcp_listener_from_fds(&fd[0], 1);
	ok(told("is a listening Unix socket, but not a stream"),
	    "a Unix socket is called one");
	tcp_listener_from_fds(&fd[1], 1);
	ok(told("is a TCP socket that does not listen"), "so is a TCP socket");
	close(fd[0]);
	close(fd[1]);
	tcp_listener_from_fds(&fd[1], 1);
	ok(told("is not open"), "and a descriptor that is closed");
}

int
main(void)
{
	run(predicates);
	run(nothing_left);
	run(texts_of_wrong_handles);
	run(texts_of_closed_ports);
	run(texts_of_wrong_sockets);
	return done_testing();
}
