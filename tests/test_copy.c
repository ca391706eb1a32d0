/* SPDX-License-Identifier: ISC */
/*
 * test_copy.c - tcp_copy_port from every kind of port to every other: byte
 * for byte, with a limit, with bytes already read ahead, and what is left
 * where it fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sys/socket.h>
#include <tcpunit.h>
#include <termios.h>

#include "drain.h"
#include "pair.h"
#include "peer.h"
#include "tap.h"
#include "unit.h"

#define LONG 2000000
#define MUCH 20000000 /* more than any end holds */
#define HELD 65536
#define JUNK 10 /* bytes before the offset */

enum kind { PIPE, SOCKETS, CONNECTION, PLAIN, OFFSET, APPEND, TERMINAL };

static const char *const names[] = {"a pipe", "a socketpair", "a connection",
    "a file", "a file at an offset", "a file that is appended to",
    "a terminal"};

static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 65536, 100000};

/* A port, and what is behind it; that of a file is the file. */
struct end {
	enum kind kind;
	tcp_port port;
	tcp_port unused; /* the other port of a connection */
	int behind;
};

/* Somebody who writes to what is behind an input port. */
struct feeder {
	pthread_t thread;
	int fd;
	size_t n;
};

static void *
feed(void *arg)
{
	struct feeder *f = arg;
	char *data = numbered(0, f->n);
	size_t done = 0;
	ssize_t n;

	do {
		n = write(f->fd, data + done, f->n - done);
		done += n > 0 ? (size_t)n : 0;
	} while (n > 0 && done < f->n);
	close(f->fd);
	free(data);
	return NULL;
}

/* Of a connection only one direction ends. */
static void *
feed_half(void *arg)
{
	struct feeder *f = arg, whole = *f;

	whole.fd = dup(f->fd);
	feed(&whole);
	shutdown(f->fd, SHUT_WR);
	close(f->fd);
	return NULL;
}

static bool
has_file(enum kind kind)
{
	return kind == PLAIN || kind == OFFSET || kind == APPEND;
}

static void
connect_end(struct end *e, bool input)
{
	struct pair p = pair_connect();
	int size = HELD;

	setsockopt(
	    tcp_port_fileno(p.out), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	setsockopt(p.peer, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	e->port = input ? p.in : p.out;
	e->unused = input ? p.out : p.in;
	e->behind = p.peer;
}

/* The file holds N numbered bytes and is where they begin. */
static void
file_end(struct end *e, size_t n)
{
	size_t junk = e->kind == PLAIN ? 0 : JUNK;
	char *data = numbered(0, n);

	e->behind = temporary_file();
	if (write(e->behind, "0123456789", junk) != (ssize_t)junk ||
	    write(e->behind, data, n) != (ssize_t)n)
		diag("the file cannot be written");
	lseek(e->behind, (off_t)junk, SEEK_SET);
	if (e->kind == APPEND)
		fcntl(e->behind, F_SETFL, O_APPEND);
	free(data);
}

static void
terminal_end(int fd[2])
{
	struct termios raw;

	if (openpty(&fd[0], &fd[1], NULL, NULL, NULL) == -1)
		diag("no terminal");
	tcgetattr(fd[1], &raw);
	cfmakeraw(&raw);
	tcsetattr(fd[1], TCSANOW, &raw);
}

/* Two descriptors: what is written to the second is read from the first. */
static void
make_two(enum kind kind, int fd[2])
{
	if (kind == TERMINAL)
		terminal_end(fd);
	else if (kind == PIPE
		? pipe2(fd, O_CLOEXEC) == -1
		: socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == -1)
		diag("no %s", names[kind]);
}

static struct end
input_end(enum kind kind, size_t n)
{
	struct end e = {.kind = kind};
	int fd[2];

	if (kind == CONNECTION) {
		connect_end(&e, true);
	} else if (has_file(kind)) {
		file_end(&e, n);
		e.port = tcp_open_input_fd(dup(e.behind));
	} else {
		make_two(kind, fd);
		e.port = tcp_open_input_fd(fd[0]);
		e.behind = fd[1];
	}
	return e;
}

static struct end
output_end(enum kind kind)
{
	struct end e = {.kind = kind};
	int fd[2];

	if (kind == CONNECTION) {
		connect_end(&e, false);
	} else if (has_file(kind)) {
		file_end(&e, 0);
		e.port = tcp_open_output_fd(dup(e.behind));
	} else {
		make_two(kind, fd);
		e.port = tcp_open_output_fd(fd[1]);
		e.behind = fd[0];
	}
	return e;
}

static void
feeder_start(struct feeder *f, const struct end *in, size_t n)
{
	*f = (struct feeder){.fd = in->behind, .n = n};
	if (!has_file(in->kind))
		pthread_create(&f->thread, NULL, feed, f);
}

static void
feeder_join(struct feeder *f, const struct end *in)
{
	if (has_file(in->kind))
		close(f->fd);
	else
		pthread_join(f->thread, NULL);
}

/* A file is looked at when it is written, everything else meanwhile. */
static void
taker_start(struct drain *d, const struct end *out)
{
	if (!has_file(out->kind))
		drain_start(d, out->behind);
}

static void
taker_join(struct drain *d, const struct end *out)
{
	if (has_file(out->kind)) {
		lseek(out->behind, out->kind == PLAIN ? 0 : JUNK, SEEK_SET);
		drain_start(d, out->behind);
	}
	drain_join(d);
	close(out->behind);
}

/* Whether the rest of IN is what comes from AT on, until N. */
static bool
rest_is(tcp_port in, size_t at, size_t n)
{
	char *rest = malloc(n - at + 2);
	ssize_t got = tcp_read_string(in, rest, n - at + 1);
	bool yes =
	    got == (ssize_t)(n - at) && is_numbered(rest, at, (size_t)got);

	if (!yes)
		diag("%zd bytes left, %zu expected", got, n - at);
	free(rest);
	return yes;
}

/* Whether what has gone from IN to OUT is the first N bytes of ALL. */
static bool
moved(const struct end *in, const struct end *out, size_t n, size_t all)
{
	return tcp_port_position(in->port) == n &&
	    tcp_port_position(out->port) == n && rest_is(in->port, n, all);
}

/* PEEK reads ahead first. */
static bool
copies(enum kind from, enum kind to, size_t n, int64_t limit, bool peek)
{
	struct end in = input_end(from, n), out = output_end(to);
	size_t want = limit == -1 || (size_t)limit > n ? n : (size_t)limit;
	struct feeder f;
	struct drain d;
	int64_t copied;
	bool yes;

	feeder_start(&f, &in, n);
	taker_start(&d, &out);
	if (peek)
		tcp_peek_byte(in.port);
	copied = tcp_copy_port(in.port, out.port, limit);
	yes = copied == (int64_t)want && moved(&in, &out, want, n);
	if (copied == -1)
		diag("%s", tcp_last_error()->text);
	tcp_close_input_port(in.port);
	tcp_close_output_port(in.unused);
	tcp_close_output_port(out.port);
	tcp_close_input_port(out.unused);
	taker_join(&d, &out);
	feeder_join(&f, &in);
	if (!yes || d.n != want || !d.right)
		diag("%zu bytes, limit %lld%s: %lld copied, %zu arrived", n,
		    (long long)limit, peek ? ", read ahead" : "",
		    (long long)copied, d.n);
	return yes && d.n == want && d.right;
}

static void
every_way(enum kind from, enum kind to)
{
	bool all = true, limited = true, ahead = true;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t n = sizes[i];

		all = copies(from, to, n, -1, false) && all;
		limited = copies(from, to, n, (int64_t)n / 2, false) && limited;
		ahead = copies(from, to, n, -1, true) && ahead;
		ahead = copies(from, to, n, (int64_t)n / 3, true) && ahead;
	}
	ok(all, "from %s to %s: all of it", names[from], names[to]);
	ok(limited, "from %s to %s: until a limit", names[from], names[to]);
	ok(ahead, "from %s to %s: also what was read ahead", names[from],
	    names[to]);
}

static void
from_each(enum kind from)
{
	for (enum kind to = PIPE; to <= TERMINAL; to++)
		every_way(from, to);
}

static void
from_pipes(void)
{
	from_each(PIPE);
}

static void
from_socketpairs(void)
{
	from_each(SOCKETS);
}

static void
from_connections(void)
{
	from_each(CONNECTION);
}

static void
from_files(void)
{
	from_each(PLAIN);
}

static void
from_offsets(void)
{
	from_each(OFFSET);
}

static void
devices(void)
{
	tcp_port zero = tcp_open_input_fd(open("/dev/zero", O_RDONLY));
	tcp_port null = tcp_open_output_fd(open("/dev/null", O_WRONLY));
	struct pair p = pair_connect();

	is_int(tcp_copy_port(zero, null, LONG), LONG,
	    "from a device without end, until a limit");
	is_int(tcp_copy_port(zero, null, 0), 0, "a limit of nothing");
	is_int(tcp_copy_port(zero, p.out, 3), 3, "to a connection");
	is_int(recv(p.peer, (char[4]){0}, 4, 0), 3, "and not a byte more");
	pair_say(&p, "something");
	pair_finish(&p);
	is_int(tcp_copy_port(p.in, null, -1), 9, "to a null device");
	tcp_close_input_port(zero);
	tcp_close_output_port(null);
	pair_close(&p);
}

/* The buffer of the output goes out before what is copied. */
static void
buffered_output(void)
{
	struct end in = input_end(PLAIN, 0);
	struct pair p = pair_connect();

	if (pwrite(in.behind, "copied", 6, 0) != 6)
		diag("the file cannot be written");
	tcp_set_buffer_size(p.out, 100);
	tcp_write_string(p.out, "buffered, ");
	is_int(tcp_copy_port(in.port, p.out, -1), 6,
	    "a copy to a port with something in its buffer");
	tcp_flush_output(p.out);
	ok(peer_says(p.peer, "buffered, copied"), "keeps the order");
	tcp_close_input_port(in.port);
	close(in.behind);
	pair_close(&p);
}

/* Nothing can be written; all is still to be read. */
static void
full_device(enum kind from)
{
	struct end in = input_end(from, 5000);
	tcp_port full = tcp_open_output_fd(open("/dev/full", O_WRONLY));
	struct feeder f;

	feeder_start(&f, &in, 5000);
	ok(failed(tcp_copy_port(in.port, full, -1) == -1, TCPUNIT_ERROR_SYSTEM,
	       ENOSPC),
	    "from %s to a full device", names[from]);
	ok(tcp_last_error()->port.bits == full.bits,
	    "from %s: the output is to blame", names[from]);
	is_int((long long)tcp_last_error()->transferred, 0,
	    "from %s: nothing was written", names[from]);
	ok(rest_is(in.port, 0, 5000), "from %s: nothing is lost", names[from]);
	tcp_close_input_port(in.port);
	tcp_close_output_port(in.unused);
	tcp_close_output_port(full);
	feeder_join(&f, &in);
}

/* Nobody reads the output, and then nobody will. */
static void
broken_pipe(enum kind from)
{
	struct end in = input_end(from, 5000), out = output_end(PIPE);
	struct feeder f;

	close(out.behind);
	feeder_start(&f, &in, 5000);
	is_int(tcp_copy_port(in.port, out.port, -1), -1,
	    "from %s to a broken pipe", names[from]);
	is_int(tcp_last_error()->code, EPIPE, "from %s: EPIPE, no signal",
	    names[from]);
	ok(tcp_last_error()->port.bits == out.port.bits,
	    "from %s: the output is to blame again", names[from]);
	ok(rest_is(in.port, 0, 5000), "from %s: nothing is lost either",
	    names[from]);
	tcp_close_input_port(in.port);
	tcp_close_output_port(in.unused);
	tcp_close_output_port(out.port);
	feeder_join(&f, &in);
}

/* Whoever is behind the output does not read until the time is over. */
static void
stopping_reader(enum kind from, enum kind to)
{
	struct end in = input_end(from, MUCH), out = output_end(to);
	struct feeder f;
	struct drain d;
	size_t n;

	feeder_start(&f, &in, MUCH);
	tcp_set_timeout(out.port, 50);
	ok(failed(tcp_copy_port(in.port, out.port, -1) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "from %s to %s that is not read", names[from], names[to]);
	ok(tcp_last_error()->port.bits == out.port.bits,
	    "from %s to %s: the output is to blame", names[from], names[to]);
	n = tcp_last_error()->transferred;
	is_int((long long)tcp_port_position(out.port), (long long)n,
	    "from %s to %s: its position is what was written", names[from],
	    names[to]);
	is_int((long long)tcp_port_position(in.port), (long long)n,
	    "from %s to %s: that of the input too", names[from], names[to]);
	tcp_close_output_port(out.port);
	tcp_close_input_port(out.unused);
	drain_start(&d, out.behind);
	drain_join(&d);
	close(out.behind);
	ok(n > 0 && d.n == n && d.right, "from %s to %s: just that arrived",
	    names[from], names[to]);
	ok(rest_is(in.port, n, MUCH), "from %s to %s: the rest is there",
	    names[from], names[to]);
	tcp_close_input_port(in.port);
	tcp_close_output_port(in.unused);
	feeder_join(&f, &in);
}

static void
full_devices(void)
{
	for (enum kind from = PIPE; from <= PLAIN; from++)
		full_device(from);
}

static void
broken_pipes(void)
{
	for (enum kind from = PIPE; from <= PLAIN; from++)
		broken_pipe(from);
}

static void
stopping_readers(void)
{
	for (enum kind from = PIPE; from <= PLAIN; from++)
		for (enum kind to = PIPE; to <= CONNECTION; to++)
			stopping_reader(from, to);
}

/* The failure of the input comes after its bytes, which are all written. */
static void
reset_input(enum kind to)
{
	struct pair p = pair_connect();
	struct end out = output_end(to);
	struct drain d;

	pair_send(&p, "\0\1\2\3\4", 5);
	pair_reset(&p);
	taker_start(&d, &out);
	ok(failed(tcp_copy_port(p.in, out.port, -1) == -1, TCPUNIT_ERROR_NET,
	       ECONNRESET),
	    "from a connection that is reset to %s", names[to]);
	ok(tcp_last_error()->port.bits == p.in.bits,
	    "to %s: the input is to blame", names[to]);
	is_int((long long)tcp_last_error()->transferred, 5,
	    "to %s: what came before was written", names[to]);
	tcp_close_output_port(out.port);
	tcp_close_input_port(out.unused);
	taker_join(&d, &out);
	ok(d.n == 5 && d.right, "to %s: it arrived", names[to]);
	pair_close(&p);
}

static void
reset_inputs(void)
{
	reset_input(PIPE);
	reset_input(CONNECTION);
	reset_input(PLAIN);
}

static void
silent_input(void)
{
	struct pair p = pair_connect();
	struct end out = output_end(PIPE);
	char got[8];

	tcp_set_timeout(p.in, 20);
	pair_say(&p, "some");
	ok(failed(tcp_copy_port(p.in, out.port, -1) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "an input that falls silent times out");
	ok(tcp_last_error()->port.bits == p.in.bits, "it is to blame");
	is_int((long long)tcp_last_error()->transferred, 4,
	    "what came was written");
	is_int(read(out.behind, got, sizeof got), 4, "and arrived");
	tcp_close_output_port(out.port);
	close(out.behind);
	pair_close(&p);
}

/* A thread that copies, and how it came back. */
struct copying {
	tcp_port in, out;
	int64_t n;
	enum tcp_error_kind kind;
	uint64_t port;
	size_t transferred;
};

static void *
copy_once(void *arg)
{
	struct copying *c = arg;

	c->n = tcp_copy_port(c->in, c->out, -1);
	c->kind = tcp_last_error()->kind;
	c->port = tcp_last_error()->port.bits;
	c->transferred = tcp_last_error()->transferred;
	return NULL;
}

/* Whether the port's descriptor would take more. */
static bool
writable(tcp_port p)
{
	struct pollfd fd = {tcp_port_fileno(p), POLLOUT, 0};

	return poll(&fd, 1, 0) == 1;
}

static void
close_input(enum kind from, enum kind to)
{
	struct end in = input_end(from, 0), out = output_end(to);
	struct copying c = {.in = in.port, .out = out.port};
	tcp_thread t = tcp_thread_start(copy_once, &c);
	char got[8];

	if (write(in.behind, "before", 6) != 6)
		diag("nothing to copy");
	while (tcp_port_position(out.port) < 6)
		tcp_thread_yield();
	tcp_close_input_port(in.port);
	tcp_thread_join(t, -1, NULL);
	ok(c.n == -1 && c.kind == TCPUNIT_ERROR_CLOSED &&
		c.port == in.port.bits && c.transferred == 6,
	    "from %s to %s: closing the input ends a copy", names[from],
	    names[to]);
	is_int(read(out.behind, got, sizeof got), 6,
	    "from %s to %s: what came before has arrived", names[from],
	    names[to]);
	tcp_close_output_port(in.unused);
	tcp_close_output_port(out.port);
	tcp_close_input_port(out.unused);
	close(in.behind);
	close(out.behind);
}

static void
close_output(enum kind from, enum kind to)
{
	struct end in = input_end(from, MUCH), out = output_end(to);
	struct copying c = {.in = in.port, .out = out.port};
	struct feeder f;
	struct drain d;
	tcp_thread t = tcp_thread_start(copy_once, &c);

	feeder_start(&f, &in, MUCH);
	while (tcp_port_position(out.port) == 0 || writable(out.port))
		tcp_thread_yield();
	tcp_close_output_port(out.port);
	tcp_thread_join(t, -1, NULL);
	ok(c.n == -1 && c.kind == TCPUNIT_ERROR_CLOSED &&
		c.port == out.port.bits && c.transferred > 0,
	    "from %s to %s: closing the output ends a copy", names[from],
	    names[to]);
	tcp_close_input_port(out.unused);
	drain_start(&d, out.behind);
	drain_join(&d);
	ok(d.n == c.transferred && d.right,
	    "from %s to %s: it says how much went out", names[from], names[to]);
	ok(rest_is(in.port, d.n, MUCH), "from %s to %s: the rest is there then",
	    names[from], names[to]);
	close(out.behind);
	tcp_close_input_port(in.port);
	tcp_close_output_port(in.unused);
	feeder_join(&f, &in);
}

static void
closing(void)
{
	for (enum kind to = PIPE; to <= CONNECTION; to++) {
		close_input(PIPE, to);
		close_input(CONNECTION, to);
		close_output(PIPE, to);
		close_output(CONNECTION, to);
		close_output(PLAIN, to);
	}
}

/* A connection that is sent back what it sends. */
static void
echo(void)
{
	struct end e = input_end(CONNECTION, 0);
	struct copying c = {.in = e.port, .out = e.unused};
	int taken = dup(e.behind);
	struct feeder f = {.fd = e.behind, .n = LONG};
	struct drain d;
	tcp_thread t = tcp_thread_start(copy_once, &c);

	pthread_create(&f.thread, NULL, feed_half, &f);
	drain_start(&d, taken);
	tcp_thread_join(t, -1, NULL);
	tcp_close_output_port(e.unused);
	drain_join(&d);
	pthread_join(f.thread, NULL);
	is_int(c.n, LONG, "a connection copied to itself");
	ok(d.n == LONG && d.right, "all of it comes back");
	tcp_close_input_port(e.port);
	close(taken);
}

/* The folder is opened, and only reading it fails. */
static void
folder_input(void)
{
	tcp_port in = tcp_open_input_fd(open("/", O_RDONLY | O_DIRECTORY));
	struct pair p = pair_connect();

	ok(failed(tcp_copy_port(in, p.out, -1) == -1, TCPUNIT_ERROR_SYSTEM,
	       EISDIR),
	    "a folder cannot be copied");
	ok(tcp_last_error()->port.bits == in.bits, "the folder is to blame");
	tcp_close_input_port(in);
	pair_close(&p);
}

static void *
tick(void *arg)
{
	int *ticks = arg;

	while (*ticks >= 0) {
		++*ticks;
		tcp_thread_yield();
	}
	return NULL;
}

static void
others_run(void)
{
	tcp_port zero = tcp_open_input_fd(open("/dev/zero", O_RDONLY));
	tcp_port null = tcp_open_output_fd(open("/dev/null", O_WRONLY));
	int ticks = 0;
	tcp_thread t = tcp_thread_start(tick, &ticks);

	is_int(tcp_copy_port(zero, null, LONG), LONG,
	    "a long copy that never has to wait");
	ok(ticks > 2, "others run meanwhile");
	ticks = -1;
	tcp_thread_join(t, -1, NULL);
	tcp_close_input_port(zero);
	tcp_close_output_port(null);
}

int
main(void)
{
	signal(SIGPIPE, SIG_DFL);
	run(from_pipes);
	run(from_socketpairs);
	run(from_connections);
	run(from_files);
	run(from_offsets);
	run(devices);
	run(buffered_output);
	run(full_devices);
	run(broken_pipes);
	run(stopping_readers);
	run(reset_inputs);
	run(silent_input);
	run(closing);
	run(echo);
	run(folder_input);
	run(others_run);
	return done_testing();
}
