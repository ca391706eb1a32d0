/* SPDX-License-Identifier: ISC */
/*
 * test_ports.c - ports over pipes, terminals, files, devices and sockets.
 * Copying from one to another is in test_copy.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pty.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <tcpunit.h>

#include "deny.h"
#include "drain.h"
#include "pair.h"
#include "peer.h"
#include "probe.h"
#include "tap.h"
#include "unit.h"

#define MUCH 300000 /* more bytes than any of the files here holds */

/* A call that a thread makes, and its result. */
struct call {
	tcp_port port;
	char *buf;
	size_t size;
	bool begun;
	ssize_t n;
};

static void *
read_once(void *arg)
{
	struct call *c = arg;

	c->begun = true;
	c->n = tcp_read(c->port, c->buf, c->size);
	return NULL;
}

static void *
write_once(void *arg)
{
	struct call *c = arg;

	c->begun = true;
	c->n = tcp_write(c->port, c->buf, c->size);
	return NULL;
}

/* Starts a thread and returns when the thread waits in its call or has
 * ended. */
static tcp_thread
start(void *(*thunk)(void *), struct call *c)
{
	tcp_thread t = tcp_thread_start(thunk, c);

	while (!c->begun)
		tcp_thread_yield();
	return t;
}

static bool
non_blocking(int fd)
{
	return fcntl(fd, F_GETFL) & O_NONBLOCK;
}

/*
 * Whether a thread that reads from FD[0], which is empty, lets this thread
 * write to FD[1], gets the bytes, and leaves FD[0] blocking.  Closes both
 * descriptors.
 */
static bool
reading_stops_nobody(const int fd[2])
{
	char buf[8];
	int shared = fcntl(fd[0], F_DUPFD_CLOEXEC, 0);
	tcp_port in = tcp_open_input_fd(fd[0]);
	struct call c = {.port = in, .buf = buf, .size = sizeof buf};
	tcp_thread t = start(read_once, &c);
	bool was_set = non_blocking(shared);

	if (write(fd[1], "late", 4) != 4)
		diag("nothing written");
	tcp_thread_join(t, NULL, -1);
	was_set = was_set || non_blocking(shared);
	tcp_close_input_port(in);
	was_set = was_set || non_blocking(shared);
	close(shared);
	close(fd[1]);
	return !was_set && c.n == 4 && !memcmp(buf, "late", 4);
}

/*
 * Whether a thread that writes more than fits lets this thread read at the
 * other end.  Closes both descriptors.
 */
static bool
writing_stops_nobody(const int fd[2])
{
	int shared = fcntl(fd[1], F_DUPFD_CLOEXEC, 0);
	tcp_port out = tcp_open_output_fd(fd[1]);
	struct call c = {.port = out, .buf = numbered(0, MUCH), .size = MUCH};
	tcp_thread t = start(write_once, &c);
	bool was_set = non_blocking(shared);
	bool waited = tcp_port_position(out) < MUCH;
	struct drain d;

	drain_start(&d, fd[0]);
	tcp_thread_join(t, NULL, -1);
	was_set = was_set || non_blocking(shared);
	close(shared);
	tcp_close_output_port(out);
	drain_join(&d);
	free(c.buf);
	close(fd[0]);
	return !was_set && waited && c.n == MUCH && d.n == MUCH && d.right;
}

/* Bytes that are written to FD[1] are read from FD[0]. */
static void
make_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC) == -1)
		diag("no pipe");
}

static void
make_sockets(int fd[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == -1)
		diag("no sockets");
}

/* Opens a terminal: the slave side for the port, the master side for the
 * test. */
static void
make_terminal(int *terminal, int *behind)
{
	struct termios raw;

	if (openpty(behind, terminal, NULL, NULL, NULL) == -1)
		diag("no terminal");
	tcgetattr(*terminal, &raw);
	cfmakeraw(&raw);
	tcsetattr(*terminal, TCSANOW, &raw);
}

static bool
pipes(void)
{
	int fd[2];
	bool read_well, wrote_well;

	make_pipe(fd);
	read_well = reading_stops_nobody(fd);
	make_pipe(fd);
	wrote_well = writing_stops_nobody(fd);
	return read_well && wrote_well;
}

static bool
sockets(void)
{
	int fd[2];
	bool read_well, wrote_well;

	make_sockets(fd);
	read_well = reading_stops_nobody(fd);
	make_sockets(fd);
	wrote_well = writing_stops_nobody(fd);
	return read_well && wrote_well;
}

static bool
terminals(void)
{
	int fd[2];
	bool read_well, wrote_well;

	make_terminal(&fd[0], &fd[1]);
	read_well = reading_stops_nobody(fd);
	make_terminal(&fd[1], &fd[0]);
	wrote_well = writing_stops_nobody(fd);
	return read_well && wrote_well;
}

/* An eventfd is neither a pipe, nor a socket, nor a device. */
static bool
eventfds(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	uint64_t n = 0;
	struct call c = {.port = tcp_open_input_fd(fd), .size = sizeof n};
	tcp_thread t;

	c.buf = (char *)&n;
	t = start(read_once, &c);
	eventfd_write(fd, 7);
	tcp_thread_join(t, NULL, -1);
	tcp_close_input_port(c.port);
	return c.n == sizeof n && n == 7;
}

static void
eventfd_output(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	uint64_t n = 7;
	tcp_port out = tcp_open_output_fd(fd);

	is_int(tcp_write(out, &n, sizeof n), sizeof n,
	    "an eventfd takes its eight bytes at once");
	ok(eventfd_read(fd, &n) == 0 && n == 7, "and has their sum");
	tcp_close_output_port(out);
}

/* A datagram socket on 127.0.0.1, and its address. */
static int
datagrams(struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof *a;

	*a = (struct sockaddr_in){.sin_family = AF_INET};
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return bind(fd, (struct sockaddr *)a, length) == 0 &&
		getsockname(fd, (struct sockaddr *)a, &length) == 0
	    ? fd
	    : -1;
}

static void
refused_datagram(void)
{
	struct sockaddr_in here, there;
	int fd = datagrams(&here), peer = datagrams(&there);
	tcp_port in = tcp_open_input_fd(fd);
	char byte;

	close(peer);
	ok(connect(fd, (struct sockaddr *)&there, sizeof there) == 0 &&
		send(fd, "x", 1, 0) == 1 && tcp_read(in, &byte, 1) == -1,
	    "a datagram to nobody is refused");
	tcp_set_timeout(in, 0);
	ok(tcp_read(in, &byte, 1) == -1 &&
		tcp_last_error()->kind == TCPUNIT_ERROR_TIMEOUT,
	    "which is not so of the next one");
	ok(send(fd, "x", 1, 0) == 1 && tcp_char_ready(in) == 1 &&
		failed(tcp_read(in, &byte, 1) == -1, TCPUNIT_ERROR_SYSTEM,
		    ECONNREFUSED),
	    "an error that char-ready met is the next read's");
	peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ok(bind(peer, (struct sockaddr *)&there, sizeof there) == 0 &&
		sendto(peer, "", 0, 0, (struct sockaddr *)&here, sizeof here) ==
		    0,
	    "an empty one comes");
	is_int(tcp_read(in, &byte, 1), 0, "and reads as that");
	tcp_close_input_port(in);
	close(peer);
}

/* Pipes behave like this on kernels before 6.4. */
static bool
without_nowait(void)
{
	return deny(SYS_preadv2, EOPNOTSUPP) && deny(SYS_pwritev2, EOPNOTSUPP);
}

static bool
pipes_without_nowait(void)
{
	return without_nowait() && pipes();
}

static bool
pipes_without_proc(void)
{
	return without_nowait() && deny(SYS_openat, EACCES) && pipes();
}

static bool
terminals_without_proc(void)
{
	int in[2], out[2];

	make_terminal(&in[0], &in[1]);
	make_terminal(&out[1], &out[0]);
	return deny(SYS_openat, EACCES) && reading_stops_nobody(in) &&
	    writing_stops_nobody(out);
}

static void
waiting(void)
{
	ok(pipes(), "waiting for a pipe stops nobody else");
	ok(in_child(pipes_without_nowait),
	    "nor where the kernel has no RWF_NOWAIT for it");
	ok(in_child(pipes_without_proc),
	    "nor where it cannot be opened again either");
	ok(sockets(), "waiting for a socket stops nobody else");
	ok(terminals(), "waiting for a terminal stops nobody else");
	ok(in_child(terminals_without_proc),
	    "nor where it cannot be opened again");
	ok(in_child(eventfds), "waiting for an eventfd stops nobody else");
}

static void
already_non_blocking(void)
{
	int fd[2], shared;
	char byte;
	tcp_port in;

	make_pipe(fd);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	shared = fcntl(fd[0], F_DUPFD_CLOEXEC, 0);
	in = tcp_open_input_fd(fd[0]);
	tcp_set_timeout(in, 20);
	ok(failed(
	       tcp_read(in, &byte, 1) == -1, TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "a read of an empty pipe times out");
	tcp_close_input_port(in);
	ok(non_blocking(shared), "a flag that was set stays set");
	close(shared);
	close(fd[1]);
}

static void
text_from_a_pipe(void)
{
	char *line = NULL, got[8];
	size_t len = 0;
	ssize_t n;
	int fd[2];
	tcp_port in;

	make_pipe(fd);
	in = tcp_open_input_fd(fd[0]);
	is_int(tcp_char_ready(in), 0, "an empty pipe is not ready");
	ok(write(fd[1], "one\ntwo", 7) == 7, "a line and a bit");
	is_int(tcp_char_ready(in), 1, "then it is");
	is_int(tcp_peek_byte(in), 'o', "its first byte is shown");
	is_int(tcp_read_line(in, TCPUNIT_NO_LIMIT, &line, &len), 1,
	    "the line is read");
	is_mem(line, len, "one", 3, "as it is");
	is_int((long long)tcp_port_position(in), 4, "the position is behind");
	n = tcp_read_buffered(in, got, sizeof got);
	is_mem(got, (size_t)n, "two", 3, "and the bit is there");
	close(fd[1]);
	is_int(tcp_read(in, got, sizeof got), 0, "the pipe ends");
	is_int(tcp_read(in, got, sizeof got), 0, "and stays so");
	is_int(tcp_close_input_port(in), 0, "the port is closed");
	is_int(fcntl(fd[0], F_GETFD), -1, "and its descriptor");
}

static bool
sigpipe_pending(void)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, SIGPIPE);
}

static bool
sigpipe_blocked(void)
{
	sigset_t set;

	sigprocmask(SIG_SETMASK, NULL, &set);
	return sigismember(&set, SIGPIPE);
}

static void
broken_pipe(void)
{
	sigset_t set;
	int fd[2];
	tcp_port out;

	make_pipe(fd);
	close(fd[0]);
	out = tcp_open_output_fd(fd[1]);
	is_int(tcp_write_string(out, "x"), -1, "nobody reads the pipe");
	is_int(tcp_last_error()->code, EPIPE, "that is EPIPE and no signal");
	is_int(tcp_write_string(out, "x"), -1, "again");
	ok(!sigpipe_pending(), "no signal is left behind");
	ok(!sigpipe_blocked(), "and none is blocked");

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGPIPE);
	is_int(tcp_write_string(out, "x"), -1, "also with the signal blocked");
	ok(sigpipe_pending(), "a signal of others is not taken away");
	sigwaitinfo(&set, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	tcp_close_output_port(out);
}

static void
broken_sockets(void)
{
	int fd[2];
	tcp_port out;

	make_sockets(fd);
	close(fd[0]);
	out = tcp_open_output_fd(fd[1]);
	is_int(tcp_write_string(out, "x"), -1, "nobody has the other socket");
	is_int(tcp_last_error()->code, EPIPE, "that is EPIPE and no signal");
	tcp_close_output_port(out);
}

/* A TCP socket that the library has not connected itself. */
static struct pair
given_socket(void)
{
	int listener = peer_listen("127.0.0.1", 0, 1);
	struct pair p = {.peer = peer_connect(
			     "127.0.0.1", peer_port(listener), PATIENCE_MS)};

	p.in = tcp_open_input_fd(peer_accept(listener));
	close(listener);
	return p;
}

static void
reset_sockets(void)
{
	struct pair p = given_socket();
	char got[8];

	pair_say(&p, "part");
	pair_reset(&p);
	is_int(tcp_read(p.in, got, sizeof got), 4,
	    "a socket has what came before a reset");
	for (int i = 0; i < 2; i++)
		is_int(tcp_read(p.in, got, sizeof got), -1,
		    "then comes the reset, and stays");
	is_int(tcp_last_error()->code, ECONNRESET, "as its error");
	pair_close(&p);

	p = given_socket();
	pair_reset(&p);
	is_int(tcp_char_ready(p.in), 1, "a reset socket is ready");
	is_int(tcp_read_byte(p.in), -1, "and still tells of the reset");
	pair_close(&p);
}

/* If the program runs out of memory, the call fails but the connection
 * lives. */
static void
memory_of_nobody(void)
{
	struct pair p = pair_connect();
	void *nobody =
	    mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	is_int(tcp_write(p.out, nobody, 1), -1,
	    "what cannot be read cannot be written");
	is_int(tcp_write_byte(p.out, 'x'), 1, "what can be, can be");
	pair_finish(&p);
	is_int(tcp_read_byte(p.in), TCPUNIT_EOF,
	    "and the end of the file is no error");
	munmap(nobody, 1);
	pair_close(&p);
}

static void
terminal_lines(void)
{
	char *line = NULL;
	size_t len = 0;
	int behind, terminal;
	tcp_port in;

	ok(openpty(&behind, &terminal, NULL, NULL, NULL) == 0, "a terminal");
	in = tcp_open_input_fd(terminal);
	ok(write(behind, "typed", 5) == 5, "half a line is typed");
	is_int(tcp_char_ready(in), 0, "it is not yet there");
	ok(write(behind, "\n", 1) == 1, "a whole line is typed");
	tcp_read_line(in, TCPUNIT_NO_LIMIT, &line, &len);
	is_mem(line, len, "typed", 5, "it is read");
	ok(write(behind, "\004", 1) == 1, "the end of file is typed");
	is_int(
	    tcp_read_line(in, TCPUNIT_NO_LIMIT, &line, &len), 0, "it is read");
	tcp_close_input_port(in);
	close(behind);
}

static void
dead_terminal(void)
{
	int behind, terminal;
	tcp_port in;

	ok(openpty(&behind, &terminal, NULL, NULL, NULL) == 0, "a terminal");
	in = tcp_open_input_fd(behind);
	close(terminal);
	ok(failed(tcp_read_byte(in) == -1, TCPUNIT_ERROR_SYSTEM, EIO),
	    "a terminal that nobody has is EIO");
	tcp_close_input_port(in);
}

static int hung_up = -1; /* a read from this fails once */

/* Replaces the C library's function: the kernel may report the hang-up of a
 * terminal before its last bytes, but hardly ever does. */
ssize_t
read(int fd, void *buf, size_t nbytes)
{
	if (fd != hung_up)
		return syscall(SYS_read, fd, buf, nbytes);
	hung_up = -1;
	errno = EIO;
	return -1;
}

static void
last_bytes_of_a_terminal(void)
{
	int behind, terminal;
	tcp_port in;

	ok(openpty(&behind, &terminal, NULL, NULL, NULL) == 0, "a terminal");
	ok(write(terminal, "x", 1) == 1, "a byte is written to it");
	close(terminal);
	in = tcp_open_input_fd(behind);
	hung_up = behind;
	is_int(tcp_read_byte(in), 'x',
	    "it is read, although the hang-up is reported before it");
	ok(failed(tcp_read_byte(in) == -1, TCPUNIT_ERROR_SYSTEM, EIO),
	    "and then the hang-up");
	tcp_close_input_port(in);
}

static void
devices(void)
{
	tcp_port full = tcp_open_output_fd(open("/dev/full", O_WRONLY));
	tcp_port null = tcp_open_output_fd(open("/dev/null", O_WRONLY));
	tcp_port none = tcp_open_input_fd(open("/dev/null", O_RDONLY));
	tcp_port zero = tcp_open_input_fd(open("/dev/zero", O_RDONLY));
	char got[100] = "", zeros[100] = {0};
	ssize_t n;

	ok(failed(tcp_write(full, "x", 1) == -1, TCPUNIT_ERROR_SYSTEM, ENOSPC),
	    "a full device");
	is_int(tcp_write(null, got, sizeof got), sizeof got, "a null device");
	is_int(tcp_read(none, got, sizeof got), 0, "which ends at once");
	n = tcp_read_string(zero, got, sizeof got);
	is_mem(got, (size_t)n, zeros, sizeof zeros, "a device without end");
	is_int(tcp_char_ready(zero), 1, "which is always ready");
	tcp_close_output_port(full);
	tcp_close_ports(none, null);
	tcp_close_input_port(zero);
}

static void
files(void)
{
	char *line = NULL;
	size_t len = 0;
	int fd = temporary_file();
	tcp_port in, out;

	out = tcp_open_output_fd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	is_int(tcp_write_line(out, "first"), 6, "a line to a file");
	is_int(tcp_printf(out, "%s", "second"), 6, "another without an end");
	is_int((long long)tcp_port_position(out), 12, "that is its position");
	is_int(tcp_close_output_port(out), 0, "the port is closed");
	lseek(fd, 0, SEEK_SET);
	in = tcp_open_input_fd(fd);
	is_int(tcp_char_ready(in), 1, "a file is always ready");
	tcp_read_line(in, TCPUNIT_NO_LIMIT, &line, &len);
	is_mem(line, len, "first", 5, "the line is read from it");
	tcp_read_line(in, TCPUNIT_NO_LIMIT, &line, &len);
	is_mem(line, len, "second", 6, "and the other");
	is_int(tcp_read_line(in, TCPUNIT_NO_LIMIT, &line, &len), 0,
	    "then comes the end");
	is_int(tcp_char_ready(in), 1, "which is ready too");
	tcp_close_input_port(in);
}

static void
wrong_files(void)
{
	tcp_port in = tcp_open_input_fd(open("/", O_RDONLY | O_DIRECTORY));
	tcp_port out = tcp_open_output_fd(open("/dev/null", O_RDONLY));
	tcp_port unreadable = tcp_open_input_fd(open("/dev/null", O_WRONLY));

	ok(failed(tcp_read_byte(in) == -1, TCPUNIT_ERROR_SYSTEM, EISDIR),
	    "a folder cannot be read");
	is_int(tcp_write_byte(out, 'x'), -1,
	    "what is open for reading cannot be written");
	is_int(tcp_read_byte(unreadable), -1,
	    "what is open for writing cannot be read");
	tcp_close_ports(in, out);
	tcp_close_input_port(unreadable);
}

static void
buffer_of_a_pipe(void)
{
	char got[16];
	int fd[2];
	tcp_port out;

	make_pipe(fd);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	out = tcp_open_output_fd(fd[1]);
	tcp_set_buffer_size(out, 8);
	tcp_write_string(out, "1234567");
	is_int(read(fd[0], got, sizeof got), -1, "a pipe has a buffer too");
	tcp_write_string(out, "8");
	is_int(read(fd[0], got, sizeof got), 8, "which is sent when full");
	tcp_write_string(out, "9");
	is_int(tcp_close_output_port(out), 0, "and when the port is closed");
	is_int(read(fd[0], got, sizeof got), 1, "it is there");
	is_int(read(fd[0], got, sizeof got), 0, "and then the end");
	close(fd[0]);
}

/* An input and an output port over one socket, and the peer of that socket. */
static struct pair
both_over_one(void)
{
	struct pair p = {.peer = -1};
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == -1)
		return p;
	p.peer = fd[1];
	p.in = tcp_open_input_fd(fd[0]);
	p.out = tcp_open_output_fd(fd[0]);
	return p;
}

static void
shared_descriptor(void)
{
	struct pair p = both_over_one();
	int fd = tcp_port_fileno(p.in), before = open_fds();
	char byte;

	is_int(tcp_port_fileno(p.out), fd, "two ports share a descriptor");
	is_int(tcp_write_byte(p.out, 'x'), 1, "one is written");
	ok(peer_says(p.peer, "x"), "and heard");
	is_int(send(p.peer, "y", 1, 0), 1, "an answer");
	is_int(tcp_read_byte(p.in), 'y', "is read from the other one");
	is_int(tcp_close_output_port(p.out), 0, "the output is closed");
	ok(peer_eof(p.peer), "its peer reads the end of file");
	is_int(send(p.peer, "z", 1, 0), 1, "and may still answer");
	is_int(tcp_read_byte(p.in), 'z', "what the input port reads");
	is_int(tcp_close_input_port(p.in), 0, "the input is closed");
	is_int(open_fds(), before - 1, "the descriptor is closed once");
	is_int(fcntl(fd, F_GETFD), -1, "and was not before");
	is_int(recv(p.peer, &byte, 1, MSG_DONTWAIT), 0, "nothing more came");
	close(p.peer);
}

static void
shared_descriptor_abandoned(void)
{
	struct pair p = both_over_one();
	char byte;

	is_int(tcp_abandon_port(p.out), 0, "a port of a socket is abandoned");
	is_int(tcp_close_output_port(p.out), 0, "and closed");
	ok(recv(p.peer, &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN,
	    "its direction is not shut down");
	tcp_close_input_port(p.in);
	ok(peer_eof(p.peer), "before the other port is closed");
	close(p.peer);
}

static void
same_direction_twice(void)
{
	struct pair p = both_over_one();
	int fd = tcp_port_fileno(p.in);

	ok(failed(!tcp_port_p(tcp_open_input_fd(fd)), TCPUNIT_ERROR_ARGUMENT,
	       EEXIST),
	    "a descriptor has one input port");
	ok(failed(!tcp_port_p(tcp_open_output_fd(fd)), TCPUNIT_ERROR_ARGUMENT,
	       EEXIST),
	    "and one output port");
	is_int(tcp_write_byte(p.out, 'x'), 1, "which work on");
	tcp_close_ports(p.in, p.out);
	close(p.peer);
	p = pair_connect();
	fd = tcp_port_fileno(p.in);
	ok(failed(!tcp_port_p(tcp_open_input_fd(fd)), TCPUNIT_ERROR_ARGUMENT,
	       EEXIST) &&
		failed(!tcp_port_p(tcp_open_output_fd(fd)),
		    TCPUNIT_ERROR_ARGUMENT, EEXIST),
	    "that of a TCP connection has only those of the connection");
	is_int(tcp_write_byte(p.out, 'x'), 1, "which work on");
	pair_close(&p);
	p = both_over_one();
	ok(tcp_port_p(p.in) && tcp_port_p(p.out),
	    "the number can be used again after both are closed");
	tcp_close_ports(p.in, p.out);
	close(p.peer);
}

/* The kernel refuses RWF_NOWAIT for a terminal, so the library opens it
 * again. */
static void
shared_terminal(void)
{
	int master, slave;
	tcp_port in, out;
	char *line, got[8];
	size_t len;

	if (openpty(&master, &slave, NULL, NULL, NULL) == -1)
		diag("no terminal");
	in = tcp_open_input_fd(slave);
	out = tcp_open_output_fd(slave);
	ok(write(master, "in\n", 3) == 3, "a terminal is typed at");
	is_int(tcp_read_line(in, 9, &line, &len), 1, "a line is read from it");
	is_int(
	    tcp_write_string(out, "out"), 3, "and one written, by two ports");
	ok(read(master, got, 4) == 4, "the line and its echo");
	tcp_close_ports(in, out);
	close(master);
}

int
main(void)
{
	signal(SIGPIPE, SIG_DFL);
	run(waiting);
	run(already_non_blocking);
	run(text_from_a_pipe);
	run(broken_pipe);
	run(broken_sockets);
	run(reset_sockets);
	run(memory_of_nobody);
	run(terminal_lines);
	run(dead_terminal);
	run(last_bytes_of_a_terminal);
	run(devices);
	run(eventfd_output);
	run(refused_datagram);
	run(files);
	run(wrong_files);
	run(buffer_of_a_pipe);
	run(shared_descriptor);
	run(shared_descriptor_abandoned);
	run(same_direction_twice);
	run(shared_terminal);
	return done_testing();
}
