/* SPDX-License-Identifier: ISC */
/*
 * test_close.c - closing, abandoning and resetting the ports of a connection,
 * by one process alone and by two processes that share it: section X of the
 * conformance table.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "drain.h"
#include "pair.h"
#include "peer.h"
#include "probe.h"
#include "tap.h"
#include "unit.h"

/* Whether neither a byte nor the end of file has arrived. */
static bool
silent(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
	    errno == EAGAIN;
}

/* Whether the next read of FD would return end of file. */
static bool
ended(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static bool
open_fd(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

static bool
peer_reset_by_us(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) == -1 && errno == ECONNRESET;
}

static void
input_first(void)
{
	struct pair p = pair_connect();
	int fd = tcp_port_fileno(p.in);

	is_int(tcp_close_input_port(p.in), 0, "X01 the input port closes");
	ok(ended(fd), "X01 its direction is shut down");
	ok(open_fd(fd), "X01 the descriptor is open");
	is_int(tcp_write_byte(p.out, 'x'), 1, "X01 the output port works");
	ok(peer_says(p.peer, "x"), "X01 and the peer hears it");
	is_int(tcp_close_output_port(p.out), 0, "X02 the output port closes");
	ok(peer_eof(p.peer), "X02 the peer is told the end of file");
	ok(!open_fd(fd), "X02 the descriptor is closed");
	pair_close(&p);
}

static void
output_first(void)
{
	struct pair p = pair_connect();
	int fd = tcp_port_fileno(p.out);

	is_int(tcp_close_output_port(p.out), 0, "X03 the output port closes");
	ok(peer_eof(p.peer), "X03 the peer is told the end of file");
	ok(open_fd(fd), "X03 the descriptor is open");
	pair_say(&p, "y");
	is_int(tcp_read_byte(p.in), 'y', "X03 the input port works");
	is_int(tcp_close_input_port(p.in), 0, "X03 the input port closes");
	ok(!open_fd(fd), "X03 then the descriptor is closed");
	pair_close(&p);
}

static void
twice(void)
{
	struct pair p = pair_connect();
	int fd = tcp_port_fileno(p.in), other;

	tcp_close_input_port(p.in);
	is_int(tcp_close_input_port(p.in), 0, "X04 input closed twice");
	tcp_close_output_port(p.out);
	is_int(tcp_close_output_port(p.out), 0, "X04 output closed twice");
	tcp_abandon_port((tcp_port){0});
	tcp_close_input_port(p.in);
	tcp_close_output_port(p.out);
	is_int(tcp_last_error()->kind, TCPUNIT_ERROR_ARGUMENT,
	    "X04 that leaves the last error alone");
	other = fcntl(p.peer, F_DUPFD_CLOEXEC, fd);
	is_int(other, fd, "X04 the number is used for something else");
	is_int(tcp_close_input_port(p.in), 0, "X04 input closed once more");
	is_int(tcp_close_output_port(p.out), 0, "X04 output closed once more");
	ok(open_fd(other), "X04 which is nobody else's descriptor");
	close(other);
	pair_close(&p);
}

static void
either_kind(void)
{
	struct pair p = pair_connect();
	int fd = tcp_port_fileno(p.in);

	is_int(tcp_close_port(p.out), 0, "close_port closes an output port");
	ok(peer_eof(p.peer), "the peer is told the end of file");
	is_int(tcp_close_port(p.in), 0, "close_port closes an input port");
	ok(!open_fd(fd), "then the descriptor is closed");
	ok(tcp_close_port(p.in) == 0 && tcp_close_port(p.out) == 0,
	    "closing either again has no effect");
	pair_close(&p);
}

static void
both(void)
{
	struct pair p = pair_connect();
	int fd = tcp_port_fileno(p.in);

	tcp_set_buffer_size(p.out, 100);
	tcp_write_string(p.out, "all of it");
	is_int(tcp_close_ports(p.in, p.out), 0, "close_ports closes both");
	ok(peer_says(p.peer, "all of it") && peer_eof(p.peer),
	    "what was buffered is sent, then the end of file");
	ok(!open_fd(fd), "the descriptor is closed");
	is_int(tcp_close_ports(p.in, p.out), 0, "again it has no effect");
	pair_close(&p);
}

static void *
close_both(void *pair)
{
	struct pair *p = pair;

	return tcp_close_ports(p->in, p->out) == 0 ? p : NULL;
}

static void
both_output_first(void)
{
	struct pair p = pair_connect();
	size_t n = 20000000;
	char *data = numbered(0, n);
	struct drain d;
	void *result = NULL;
	tcp_thread t;

	tcp_set_buffer_size(p.out, 2 * n);
	tcp_write(p.out, data, n);
	t = tcp_thread_start(close_both, &p);
	while (tcp_port_position(p.out) == 0)
		tcp_thread_yield();
	pair_say(&p, "a"); /* close(2) resets a connection with unread input */
	is_int(tcp_read_byte(p.in), 'a',
	    "the input can be read while close_ports sends the output");
	drain_start(&d, p.peer);
	ok(tcp_thread_join(t, &result, -1) == 0 && result == &p,
	    "both are closed once all is sent");
	ok(failed(tcp_read_byte(p.in) == -1, TCPUNIT_ERROR_CLOSED, EBADF),
	    "and the input is not read any more");
	drain_join(&d);
	ok(d.n == n && d.right, "the peer got all of it");
	free(data);
	pair_close(&p);
}

static void
both_though_one_fails(void)
{
	struct pair p = pair_connect();
	size_t n = 20000000;
	char *data = numbered(0, n);
	int fd = tcp_port_fileno(p.in);

	tcp_set_buffer_size(p.out, 2 * n);
	tcp_set_timeout(p.out, 0);
	tcp_write(p.out, data, n);
	ok(failed(tcp_close_ports(p.in, p.out) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT) &&
		errno == ETIMEDOUT,
	    "close_ports says that the output did not get out");
	ok(!open_fd(fd), "and has closed both ports");
	free(data);
	pair_close(&p);
}

static void
abandoned_output(void)
{
	struct pair p = pair_connect();
	int fd = tcp_port_fileno(p.out);

	is_int(tcp_abandon_port(p.out), 0, "X05 the output is abandoned");
	ok(silent(p.peer), "X05 the peer is told nothing");
	is_int(tcp_write_byte(p.out, 'x'), 1, "X05 the port still works");
	ok(peer_says(p.peer, "x"), "X05 and the peer hears it");
	is_int(tcp_close_output_port(p.out), 0, "X06 it is closed");
	is_int(tcp_state(fd), TCP_ESTABLISHED, "X06 nothing is shut down");
	ok(silent(p.peer), "X06 the peer is told no end of file");
	pair_say(&p, "y");
	is_int(tcp_read_byte(p.in), 'y', "X06 the other direction works");
	is_int(tcp_close_input_port(p.in), 0, "X07 the input is closed too");
	ok(peer_eof(p.peer), "X07 the peer is told the end of file");
	ok(!open_fd(fd), "X07 the descriptor is closed");
	pair_close(&p);
}

static void
abandoned_input(void)
{
	struct pair p = pair_connect();
	int fd = tcp_port_fileno(p.in);

	is_int(tcp_abandon_port(p.in), 0, "X08 the input is abandoned");
	is_int(tcp_close_input_port(p.in), 0, "X08 and closed");
	ok(silent(fd), "X08 its direction is not shut down");
	is_int(tcp_write_byte(p.out, 'w'), 1, "X08 the output port works");
	is_int(tcp_close_output_port(p.out), 0, "X08 it is closed");
	ok(peer_says(p.peer, "w"), "X08 the peer gets what was written");
	ok(peer_eof(p.peer), "X08 and then the end of file");
	pair_close(&p);

	p = pair_connect();
	tcp_abandon_port(p.in);
	is_int(tcp_close_output_port(p.out), 0,
	    "X09 the output port of an abandoned input closes");
	ok(peer_eof(p.peer), "X09 the peer is told the end of file at once");
	pair_close(&p);
}

static void
abandoned_both(void)
{
	struct pair p = pair_connect();
	int fd = tcp_port_fileno(p.in);

	is_int(tcp_abandon_port(p.in), 0, "X10 the input is abandoned");
	is_int(tcp_abandon_port(p.out), 0, "X10 the output is abandoned");
	tcp_close_input_port(p.in);
	ok(silent(fd), "X10 closing the input shuts nothing down");
	tcp_close_output_port(p.out);
	ok(!open_fd(fd), "X10 closing both closes the descriptor");
	ok(peer_eof(p.peer), "X10 which ends the connection");
	pair_close(&p);
}

static void
abandoned_with_buffer(void)
{
	struct pair p = pair_connect();

	tcp_set_buffer_size(p.out, 100);
	tcp_write_string(p.out, "buffered");
	tcp_abandon_port(p.out);
	is_int(tcp_close_output_port(p.out), 0,
	    "X11 an abandoned port with a full buffer closes");
	ok(peer_says(p.peer, "buffered"), "X11 the buffer was sent");
	ok(silent(p.peer), "X11 and no end of file");
	pair_close(&p);
}

static void
abandon_again(void)
{
	struct pair p = pair_connect();

	tcp_abandon_port(p.out);
	is_int(tcp_abandon_port(p.out), 0, "X12 abandoned twice");
	tcp_close_output_port(p.out);
	ok(silent(p.peer), "X12 it is still abandoned");
	pair_close(&p);
}

static void
abandon_others(void)
{
	tcp_port out = tcp_open_output_fd(dup(STDOUT_FILENO));

	ok(failed(tcp_abandon_port(out) == -1, TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "X14 standard output cannot be abandoned");
	tcp_close_output_port(out);
}

/* The ports that the child process of the next two tests closes. */
static struct pair shared;

static bool
close_in_child(void)
{
	return tcp_close_output_port(shared.out) == 0 &&
	    tcp_close_input_port(shared.in) == 0;
}

static bool
abandon_in_child(void)
{
	return tcp_abandon_port(shared.out) == 0 &&
	    tcp_abandon_port(shared.in) == 0 && close_in_child();
}

static void
closed_in_child(void)
{
	shared = pair_connect();
	ok(in_child(close_in_child), "X16 a child process closes both ports");
	ok(peer_eof(shared.peer), "X16 the peer is told the end of file");
	ok(failed(
	       tcp_write_byte(shared.out, 'x') == -1, TCPUNIT_ERROR_NET, EPIPE),
	    "X16 the parent can write no more");
	pair_close(&shared);
}

static void *
read_a_byte(void *arg)
{
	int *byte = arg;

	*byte = tcp_read_byte(shared.in);
	return NULL;
}

static void
abandoned_in_child(void)
{
	int byte = 0;
	tcp_thread t;

	shared = pair_connect();
	t = tcp_thread_start(read_a_byte, &byte);
	tcp_thread_yield();
	ok(in_child(abandon_in_child),
	    "X17 a child process abandons and closes both ports");
	ok(silent(shared.peer), "X17 the peer is told nothing");
	is_int(tcp_write_string(shared.out, "alive"), 5,
	    "X17 the parent can write");
	ok(peer_says(shared.peer, "alive"), "X17 and the peer hears it");
	pair_say(&shared, "z");
	is_int(tcp_thread_join(t, NULL, PATIENCE_MS), 0,
	    "X17 a thread of the parent that was reading is woken");
	is_int(byte, 'z', "X17 and has what the peer wrote");
	pair_close(&shared);
}

/* The child serves the connection that the parent abandons. */
static bool
serve_in_child(void)
{
	char *line;
	size_t len;

	return tcp_read_line(shared.in, 100, &line, &len) == 1 &&
	    tcp_printf(shared.out, "you said %s\n", line) > 0;
}

static void
handed_over(void)
{
	int status[2];
	bool served = false;
	pid_t child;

	shared = pair_accept();
	if (pipe2(status, O_CLOEXEC) == -1 || fflush(stdout) == EOF)
		return;
	child = fork();
	if (child == 0) {
		served = serve_in_child();
		_exit(write(status[1], &served, sizeof served) == -1);
	}
	tcp_abandon_port(shared.in);
	tcp_abandon_port(shared.out);
	tcp_close_input_port(shared.in);
	tcp_close_output_port(shared.out);
	ok(silent(shared.peer), "a connection that was handed over lives on");
	peer_send(shared.peer, "hello\n");
	ok(peer_says(shared.peer, "you said hello\n"), "the child serves it");
	ok(read(status[0], &served, sizeof served) == sizeof served && served,
	    "and the child knows");
	waitpid(child, NULL, 0);
	ok(peer_eof(shared.peer), "it ends with the child");
	close(status[0]);
	close(status[1]);
	pair_close(&shared);
}

static void
addresses_of_half(void)
{
	struct pair p = pair_connect();
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN];

	tcp_close_output_port(p.out);
	is_int(tcp_addresses(p.in, local, remote), 0,
	    "X18 half closed, the open port knows its addresses");
	is_str(remote, "127.0.0.1", "X18 and they are right");
	pair_close(&p);
}

static void
finished(void)
{
	struct pair p = pair_connect();
	char got[4];

	tcp_set_buffer_size(p.out, 100);
	tcp_write_string(p.out, "last");
	is_int(tcp_finish_output(p.out), 0, "output can be finished");
	ok(read(p.peer, got, 4) == 4 && peer_eof(p.peer),
	    "the peer gets what was buffered, and the end");
	is_int(tcp_finish_output(p.out), 0, "a second time has no effect");
	is_int(tcp_await_acknowledgement(p.out), 0,
	    "and the acknowledgement can be awaited");
	ok(tcp_port_position(p.out) == 4, "with the number of bytes");
	tcp_set_buffer_size(p.out, 0);
	ok(failed(tcp_write_string(p.out, "x") == -1, TCPUNIT_ERROR_NET, EPIPE),
	    "but nothing can be written");
	pair_say(&p, "back");
	is_int(tcp_read_string(p.in, got, 4), 4, "the peer still can");
	pair_close(&p);
}

static void
finished_though_abandoned(void)
{
	struct pair p = pair_connect();
	char got[5];

	tcp_abandon_port(p.out);
	is_int(tcp_finish_output(p.out), 0, "an abandoned port has no end:");
	tcp_write_string(p.out, "after");
	ok(read(p.peer, got, 5) == 5, "one can write to it");
	pair_close(&p);
}

/* Stores the first line that COMMAND prints. */
static void
output_of(const char *command, char *got, size_t size)
{
	FILE *f = popen(command, "re");

	if (f == NULL || fgets(got, (int)size, f) == NULL)
		snprintf(got, size, "?");
	if (f != NULL)
		pclose(f);
}

static void
process_left_alone(void)
{
	static const char ignored[] = "grep ^SigIgn /proc/self/status";
	struct sigaction pipe_action;
	char before[256], after[256], sockets[16];
	tcp_listener l;
	struct pair p;

	output_of(ignored, before, sizeof before);
	l = tcp_listen(0, NULL);
	p = pair_connect();
	tcp_write_string(p.out, "x");
	output_of(ignored, after, sizeof after);
	output_of(
	    "ls -l /proc/self/fd | grep -c socket:", sockets, sizeof sockets);
	sigaction(SIGPIPE, NULL, &pipe_action);
	ok(pipe_action.sa_handler == SIG_DFL, "X19 SIGPIPE is what it was");
	is_str(after, before, "X19 also in a child");
	is_str(sockets, "0\n", "X20 a child inherits no socket");
	pair_close(&p);
	tcp_close(l);
}

static void
reset_on_purpose(void)
{
	struct pair p = pair_connect();
	int fd = tcp_port_fileno(p.in);

	tcp_set_buffer_size(p.out, 100);
	tcp_write_string(p.out, "dropped");
	is_int(tcp_reset(p.out), 0, "a connection is reset");
	ok(peer_reset_by_us(p.peer), "the peer is told, and nothing else");
	ok(!open_fd(fd), "the descriptor is closed");
	ok(failed(tcp_reset(p.in) == -1, TCPUNIT_ERROR_CLOSED, EBADF),
	    "both ports are closed");
	ok(failed(tcp_read_byte(p.in) == -1, TCPUNIT_ERROR_CLOSED, EBADF),
	    "nothing can be read");
	is_int(tcp_close_input_port(p.in), 0, "closing it has no effect");
	pair_close(&p);

	p = pair_connect();
	tcp_close_output_port(p.out);
	peer_eof(p.peer);
	is_int(tcp_reset(p.in), 0, "half a connection is reset");
	ok(!peer_send(p.peer, "x") || peer_reset_by_us(p.peer),
	    "and the peer is told");
	pair_close(&p);
}

/* Reads all bytes that come to PEER.  Returns 0 if they end with end of
 * file, and otherwise the error. */
static int
end_of_all(int peer)
{
	static char some[1 << 20];
	ssize_t n;

	while ((n = recv(peer, some, sizeof(some), 0)) > 0)
		continue;
	return n == 0 ? 0 : errno;
}

/* Returns a connection whose ports are closed although its output could not
 * be flushed. */
static struct pair
cut_short(bool abandoned)
{
	struct pair p = pair_connect();
	size_t n = 20000000;
	char *data = numbered(0, n);

	tcp_set_buffer_size(p.out, 2 * n);
	tcp_set_timeout(p.out, 0);
	tcp_write(p.out, data, n);
	if (abandoned)
		tcp_abandon_port(p.out);
	is_int(tcp_close_output_port(p.out), -1, "a part does not get out");
	free(data);
	return p;
}

/* Whether PEER can read the bytes that were sent, and finds no end of file
 * after them. */
static bool
goes_on(int peer)
{
	static char some[1 << 20];
	ssize_t n;

	do {
		n = recv(peer, some, sizeof(some), MSG_DONTWAIT);
	} while (n > 0);
	return n == -1 && errno == EAGAIN;
}

struct sending {
	tcp_port from, to;
	const char *data;
	size_t size;
};

static void *
write_there(void *sending)
{
	struct sending *s = sending;

	tcp_write(s->to, s->data, s->size);
	return NULL;
}

static void *
copy_there(void *sending)
{
	struct sending *s = sending;

	tcp_copy_port(s->from, s->to, -1);
	return NULL;
}

/* Closes a port while THUNK writes to it and waits because the socket is
 * full. */
static void
cut_by_close(void *(*thunk)(void *), struct sending *s, const char *name)
{
	struct pair p = pair_connect();
	tcp_thread t;

	s->to = p.out;
	t = tcp_thread_start(thunk, s);
	tcp_thread_sleep(0);
	is_int(
	    tcp_close_output_port(p.out), 0, "a port closes amid a %s", name);
	tcp_thread_join(t, NULL, -1);
	ok(goes_on(p.peer), "the peer of that %s reads no end of file", name);
	tcp_close_input_port(p.in);
	is_int(end_of_all(p.peer), ECONNRESET, "but a reset after both closes");
	pair_close(&p);
}

static void
writes_that_were_cut(void)
{
	struct sending s = {.size = 20000000};
	char *data = numbered(0, s.size);
	FILE *file = tmpfile();

	s.data = data;
	cut_by_close(write_there, &s, "write");
	fwrite(data, 1, s.size, file);
	rewind(file);
	s.from = tcp_open_input_fd(dup(fileno(file)));
	cut_by_close(copy_there, &s, "copy of a file");
	tcp_close_input_port(s.from);
	fclose(file);
	free(data);
}

static void
output_that_was_cut(void)
{
	struct pair p = cut_short(false);

	ok(goes_on(p.peer), "its peer reads no end of file");
	pair_say(&p, "answer");
	is_int(tcp_read_byte(p.in), 'a', "the input can still be read");
	tcp_close_input_port(p.in);
	is_int(end_of_all(p.peer), ECONNRESET,
	    "the peer gets a reset once both ports are closed");
	pair_close(&p);

	p = cut_short(true);
	tcp_close_input_port(p.in);
	is_int(end_of_all(p.peer), 0, "but not if the output was abandoned");
	pair_close(&p);

	p = pair_connect();
	tcp_close_input_port(p.in);
	tcp_set_buffer_size(p.out, 100);
	tcp_write_string(p.out, "all of it");
	is_int(tcp_close_output_port(p.out), 0, "nor if all of it got out");
	is_int(end_of_all(p.peer), 0, "which an end of file says");
	pair_close(&p);
}

static void
buffer_that_cannot_leave(void)
{
	struct pair p = pair_connect();
	size_t n = 20000000;
	char *data = numbered(0, n);
	int fd = tcp_port_fileno(p.out);

	tcp_set_buffer_size(p.out, 2 * n);
	tcp_set_timeout(p.out, 50);
	is_int(tcp_write(p.out, data, n), (long long)n, "20 MB are buffered");
	ok(failed(tcp_close_output_port(p.out) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "the peer does not read them before the time limit");
	ok(failed(
	       tcp_write_byte(p.out, 'x') == -1, TCPUNIT_ERROR_CLOSED, EBADF),
	    "yet the port is closed");
	tcp_close_input_port(p.in);
	ok(!open_fd(fd), "and so is the descriptor");
	free(data);
	pair_close(&p);

	p = pair_connect();
	tcp_set_buffer_size(p.out, 100);
	tcp_write_string(p.out, "too late");
	pair_reset(&p);
	ok(failed(tcp_close_output_port(p.out) == -1, TCPUNIT_ERROR_NET,
	       ECONNRESET),
	    "closing says that the buffer did not get out");
	pair_close(&p);
}

static void *
flush_output(void *arg)
{
	tcp_port *out = arg;

	tcp_flush_output(*out);
	return NULL;
}

static void
buffer_that_another_thread_sends(void)
{
	struct pair p = pair_connect();
	size_t n = 20000000;
	char *data = numbered(0, n);
	tcp_thread t;

	tcp_set_buffer_size(p.out, 2 * n);
	tcp_write(p.out, data, n);
	t = tcp_thread_start(flush_output, &p.out);
	while (tcp_port_position(p.out) == 0)
		tcp_thread_yield();
	ok(failed(
	       tcp_close_output_port(p.out) == -1, TCPUNIT_ERROR_BUSY, EBUSY),
	    "closing amid another thread's flush says that bytes are lost");
	tcp_thread_join(t, NULL, -1);
	free(data);
	pair_close(&p);
}

/* The ways to end a connection after the library has read more of it than
 * was needed. */
enum end { WRITES, FLUSHES, RESETS, ENDS };

struct visit {
	tcp_listener listener;
	enum end end;
};

/* A client for a server that always finds the next client waiting. */
static void *
serve_at_once(void *arg)
{
	const struct visit *v = arg;
	int peer = peer_connect(
	    "127.0.0.1", tcp_listener_port(v->listener), PATIENCE_MS);
	char *line, said[8];
	tcp_port in, out;
	size_t length;

	if (!peer_send(peer, "a\nb") ||
	    tcp_accept(v->listener, &in, &out) == -1 ||
	    (v->end != WRITES && tcp_set_buffer_size(out, 100) == -1) ||
	    tcp_read_line(in, 10, &line, &length) != 1 ||
	    tcp_write_line(out, "c") != 2) {
		printf("Bail out! %s\n", tcp_last_error()->text);
		exit(1);
	}
	if (v->end == RESETS)
		tcp_reset(out);
	tcp_close_ports(in, out);
	while (recv(peer, said, sizeof(said), 0) > 0)
		continue;
	close(peer);
	return NULL;
}

static void
serve_in_thread(struct visit *v)
{
	tcp_thread t = tcp_thread_start(serve_at_once, v);

	tcp_thread_join(t, NULL, -1);
}

/* Returns how many more bytes of the heap are in use after N connections
 * than after the first ones. */
static long
left_behind(int n, bool in_threads)
{
	struct visit v = {.listener = listen_on("127.0.0.1", 0)};
	size_t before = 0;

	for (int i = 0; i < 100 + n; i++) {
		if (i == 100)
			before = heap_in_use();
		v.end = i % ENDS;
		if (in_threads)
			serve_in_thread(&v);
		else
			serve_at_once(&v);
	}
	tcp_close(v.listener);
	return (long)heap_in_use() - (long)before;
}

static void
server_that_is_never_idle(void)
{
	long alone = left_behind(2000, false);
	long threads = left_behind(2000, true);

	ok(alone < 50000,
	    "connections leave no memory behind while nobody ever waits");
	ok(threads < 50000, "nor do they if threads wait for each other only");
	diag("%ld and %ld bytes more", alone, threads);
}

int
main(void)
{
	signal(SIGPIPE, SIG_DFL);
	run(input_first);
	run(output_first);
	run(twice);
	run(either_kind);
	run(both);
	run(both_output_first);
	run(both_though_one_fails);
	run(abandoned_output);
	run(abandoned_input);
	run(abandoned_both);
	run(abandoned_with_buffer);
	run(abandon_again);
	run(abandon_others);
	run(closed_in_child);
	run(abandoned_in_child);
	run(handed_over);
	run(addresses_of_half);
	run(finished);
	run(finished_though_abandoned);
	run(process_left_alone);
	run(reset_on_purpose);
	run(output_that_was_cut);
	run(writes_that_were_cut);
	run(buffer_that_cannot_leave);
	run(buffer_that_another_thread_sends);
	run(server_that_is_never_idle);
	return done_testing();
}
