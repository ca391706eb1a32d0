/* SPDX-License-Identifier: ISC */
/*
 * test_copy.c - tcp_copy_port from every kind of port to every other: it copies
 * byte for byte, up to a limit, and with bytes already read ahead; and if it
 * fails, the rest can still be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <tcpunit.h>
#include <termios.h>

#include "drain.h"
#include "metronome.h"
#include "pair.h"
#include "peer.h"
#include "tap.h"
#include "unit.h"

#define MUCH 20000000 /* more than any kind of end can hold */
#define HELD 65536
#define JUNK 10 /* bytes before the offset at which a file starts */
#define DRIPS 2
#define TURN (2 << 20) /* others run after 1 MiB and one piece, also 1 MiB */
#define COUNT(a) (sizeof(a) / sizeof *(a))

enum kind { PIPE, SOCKETS, CONNECTION, PLAIN, OFFSET, APPEND, TERMINAL, FIFO };

static const char *const names[] = {"a pipe", "a socketpair", "a connection",
    "a file", "a file at an offset", "a file that is appended to", "a terminal",
    "a FIFO"};

#ifdef __SANITIZE_ADDRESS__ /* its allocator maps much memory itself */
enum { FEW_FAULTS = 5000 };
#else
enum { FEW_FAULTS = 500 };
#endif

#ifdef TCPUNIT_TINY /* each byte takes two system calls */
enum { SLOW = 4097, SIPPED = 20000, LONG = 200000, LONGEST = 100000 };
static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 65536};
#else
enum { SLOW = 65537, SIPPED = MUCH, LONG = 32 << 20, LONGEST = 100 << 20 };
static const size_t sizes[] = {
    0, 1, 4095, 4096, 4097, 65535, 65536, 65537, 1 << 20, (1 << 20) + 1};
#endif

/* How the bytes are sent and received.  AHEAD: the library has read the
 * first byte ahead.  SLOWLY: this many bytes at a time, instead of all at
 * once. */
enum { AHEAD = 1, SLOWLY = 62 };

/* A port, and the descriptor of its other end (for a file, of that file). */
struct end {
	enum kind kind;
	tcp_port port;
	tcp_port unused; /* the other port of a connection */
	int behind;
};

/* A thread that writes to the other end of an input port. */
struct feeder {
	pthread_t thread;
	int fd;
	size_t n;
	size_t piece;
};

static void *
feed(void *arg)
{
	struct feeder *f = arg;
	char *data = numbered(0, f->n);
	size_t done = 0;
	ssize_t n;

	do {
		n = f->n - done < f->piece ? f->n - done : f->piece;
		n = write(f->fd, data + done, (size_t)n);
		done += n > 0 ? (size_t)n : 0;
	} while (n > 0 && done < f->n);
	close(f->fd);
	free(data);
	return NULL;
}

/* Ends only one direction of a connection. */
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

/* Writes N numbered bytes to the file and goes back to where they begin. */
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

static void
fifo_end(int fd[2])
{
	char path[] = "/tmp/tcpunit.XXXXXX";
	int both;

	close(mkstemp(path));
	unlink(path);
	if (mkfifo(path, 0600) == -1)
		diag("no FIFO");
	both = open(path, O_RDWR | O_CLOEXEC); /* the next two do not block */
	fd[0] = open(path, O_RDONLY | O_CLOEXEC);
	fd[1] = open(path, O_WRONLY | O_CLOEXEC);
	close(both);
	unlink(path);
}

/* Makes two descriptors: bytes written to fd[1] can be read from fd[0]. */
static void
make_two(enum kind kind, int fd[2])
{
	if (kind == TERMINAL)
		terminal_end(fd);
	else if (kind == FIFO)
		fifo_end(fd);
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

/* Starts to write N bytes, PIECE at a time (0: all at once). */
static void
feeder_start(struct feeder *f, const struct end *in, size_t n, size_t piece)
{
	*f = (struct feeder){
	    .fd = in->behind, .n = n, .piece = piece ? piece : n};
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

/* The test checks a file after the copy, and reads any other kind during it. */
static void
taker_start(struct drain *d, const struct end *out, size_t piece)
{
	if (!has_file(out->kind))
		drain_start_by(d, out->behind, piece);
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

/* Whether IN still has the numbered bytes from AT up to N, and no others. */
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

/* Whether the first N of ALL bytes were copied, and IN still has the rest. */
static bool
moved(const struct end *in, const struct end *out, size_t n, size_t all)
{
	return tcp_port_position(in->port) == n &&
	    tcp_port_position(out->port) == n && rest_is(in->port, n, all);
}

static void
close_ends(const struct end *in, const struct end *out)
{
	tcp_close_ports(in->port, in->unused);
	tcp_close_ports(out->unused, out->port);
}

static bool
copies(enum kind from, enum kind to, size_t n, int64_t limit, int how)
{
	struct end in = input_end(from, n), out = output_end(to);
	size_t want = limit == -1 || (size_t)limit > n ? n : (size_t)limit;
	struct feeder f;
	struct drain d;
	int64_t copied;
	bool yes;

	feeder_start(&f, &in, n, how & SLOWLY);
	taker_start(&d, &out, how & SLOWLY);
	if (how & AHEAD)
		tcp_peek_byte(in.port);
	copied = tcp_copy_port(in.port, out.port, limit);
	yes = copied == (int64_t)want && moved(&in, &out, want, n);
	if (copied == -1)
		diag("%s", tcp_last_error()->text);
	close_ends(&in, &out);
	taker_join(&d, &out);
	feeder_join(&f, &in);
	if (!yes || d.n != want || !d.right)
		diag("%zu bytes, limit %lld, %d: %lld copied, %zu arrived", n,
		    (long long)limit, how, (long long)copied, d.n);
	return yes && d.n == want && d.right;
}

static void
every_way(enum kind from, enum kind to)
{
	bool all = true, limited = true, ahead = true;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		size_t n = sizes[i];

		all = copies(from, to, n, -1, 0) && all;
		limited = copies(from, to, n, (int64_t)n / 2, 0) && limited;
		ahead = copies(from, to, n, -1, AHEAD) && ahead;
		ahead = copies(from, to, n, (int64_t)n / 3, AHEAD) && ahead;
	}
	ok(all, "from %s to %s: all of it", names[from], names[to]);
	ok(limited, "from %s to %s: until a limit", names[from], names[to]);
	ok(ahead, "from %s to %s: also what was read ahead", names[from],
	    names[to]);
	ok(copies(from, to, SLOW, -1, SLOWLY), "from %s to %s: slowly",
	    names[from], names[to]);
}

static void
from_each(enum kind from)
{
	for (enum kind to = PIPE; to <= FIFO; to++)
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
others_to_a_connection(void)
{
	every_way(APPEND, CONNECTION);
	every_way(FIFO, CONNECTION);
}

static enum kind much;

static void
much_to_a_connection(void)
{
	ok(copies(much, CONNECTION, LONGEST, -1, 0),
	    "much from %s to a connection", names[much]);
}

static void
much_from_a_connection(void)
{
	ok(copies(CONNECTION, much, LONGEST, -1, 0),
	    "much from a connection to %s", names[much]);
}

/* Each copy has a time limit of its own: some write to a disk. */
static void
copy_much(void)
{
	for (much = PIPE; much <= FIFO; much++) {
		if (much == TERMINAL)
			continue;
		run(much_to_a_connection);
		run(much_from_a_connection);
	}
}

/* A terminal ends with an error, which comes after all of its bytes. */
static bool
hangs_up(enum kind to, size_t n)
{
	struct end in = input_end(TERMINAL, n), out = output_end(to);
	size_t half = n / 2;
	struct feeder f;
	struct drain d;
	bool yes;

	feeder_start(&f, &in, n, 0);
	taker_start(&d, &out, 0);
	yes = tcp_copy_port(in.port, out.port, (int64_t)half) == (int64_t)half;
	yes = yes &&
	    failed(tcp_copy_port(in.port, out.port, -1) == -1,
		TCPUNIT_ERROR_SYSTEM, EIO) &&
	    tcp_last_error()->port.bits == in.port.bits &&
	    tcp_last_error()->transferred == n - half &&
	    tcp_port_position(in.port) == n && tcp_port_position(out.port) == n;
	close_ends(&in, &out);
	taker_join(&d, &out);
	feeder_join(&f, &in);
	return yes && d.n == n && d.right;
}

static void
from_terminals(void)
{
	for (enum kind to = PIPE; to <= FIFO; to++) {
		bool all = true;

		for (size_t i = 0; i < COUNT(sizes); i++)
			all = hangs_up(to, sizes[i]) && all;
		ok(all, "from a terminal to %s: until it is hung up",
		    names[to]);
	}
}

/* The device contains either endless zeros or nothing. */
static void
from_device(const char *path, bool endless)
{
	bool all = true;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		tcp_port in = tcp_open_input_fd(open(path, O_RDONLY));
		struct end out = output_end(CONNECTION);
		size_t want = endless ? sizes[i] : 0;
		struct drain d;

		taker_start(&d, &out, 0);
		all = tcp_copy_port(in, out.port, (int64_t)sizes[i]) ==
			(int64_t)want &&
		    all;
		tcp_close_ports(in, out.port);
		tcp_close_input_port(out.unused);
		taker_join(&d, &out);
		all = all && d.n == want;
	}
	ok(all, "from %s to a connection", path);
}

static void
to_device(const char *path)
{
	bool all = true;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		tcp_port out = tcp_open_output_fd(open(path, O_WRONLY));
		struct end in = input_end(CONNECTION, sizes[i]);
		struct feeder f;

		feeder_start(&f, &in, sizes[i], 0);
		all =
		    tcp_copy_port(in.port, out, -1) == (int64_t)sizes[i] && all;
		tcp_close_output_port(out);
		tcp_close_ports(in.port, in.unused);
		feeder_join(&f, &in);
	}
	ok(all, "from a connection to %s", path);
}

static void
devices(void)
{
	from_device("/dev/null", false);
	from_device("/dev/zero", true);
	from_device("/dev/full", true);
	to_device("/dev/null");
	to_device("/dev/zero");
}

/* The output's buffer is flushed before the first copied byte is written. */
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

/* The output takes no byte, so that all of them can still be read. */
static void
full_device(enum kind from)
{
	struct end in = input_end(from, 5000);
	tcp_port full = tcp_open_output_fd(open("/dev/full", O_WRONLY));
	struct feeder f;

	feeder_start(&f, &in, 5000, 0);
	ok(failed(tcp_copy_port(in.port, full, -1) == -1, TCPUNIT_ERROR_SYSTEM,
	       ENOSPC),
	    "from %s to a full device", names[from]);
	ok(tcp_last_error()->port.bits == full.bits,
	    "from %s: the output is to blame", names[from]);
	is_int((long long)tcp_last_error()->transferred, 0,
	    "from %s: nothing was written", names[from]);
	ok(rest_is(in.port, 0, 5000), "from %s: nothing is lost", names[from]);
	tcp_close_ports(in.port, in.unused);
	tcp_close_output_port(full);
	feeder_join(&f, &in);
}

/* The pipe has no reader. */
static void
broken_pipe(enum kind from)
{
	struct end in = input_end(from, 5000), out = output_end(PIPE);
	struct feeder f;

	close(out.behind);
	feeder_start(&f, &in, 5000, 0);
	is_int(tcp_copy_port(in.port, out.port, -1), -1,
	    "from %s to a broken pipe", names[from]);
	is_int(tcp_last_error()->code, EPIPE, "from %s: EPIPE, no signal",
	    names[from]);
	ok(tcp_last_error()->port.bits == out.port.bits,
	    "from %s: the output is to blame again", names[from]);
	ok(rest_is(in.port, 0, 5000), "from %s: nothing is lost either",
	    names[from]);
	tcp_close_ports(in.port, in.unused);
	tcp_close_output_port(out.port);
	feeder_join(&f, &in);
}

/* The output's reader does not read until the time limit has passed. */
static void
stopping_reader(enum kind from, enum kind to)
{
	struct end in = input_end(from, MUCH), out = output_end(to);
	struct feeder f;
	struct drain d;
	size_t n;

	feeder_start(&f, &in, MUCH, 0);
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
	tcp_close_ports(out.unused, out.port);
	drain_start(&d, out.behind);
	drain_join(&d);
	close(out.behind);
	ok(n > 0 && d.n == n && d.right, "from %s to %s: just that arrived",
	    names[from], names[to]);
	ok(rest_is(in.port, n, MUCH), "from %s to %s: the rest is there",
	    names[from], names[to]);
	tcp_close_ports(in.port, in.unused);
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

/* A thread that copies, and the result of its copy. */
struct copying {
	tcp_port in, out;
	int64_t n;
	enum tcp_error_kind kind;
	int code;
	uint64_t port;
	size_t transferred;
};

static void *
copy_once(void *arg)
{
	struct copying *c = arg;

	c->n = tcp_copy_port(c->in, c->out, -1);
	c->kind = tcp_last_error()->kind;
	c->code = tcp_last_error()->code;
	c->port = tcp_last_error()->port.bits;
	c->transferred = tcp_last_error()->transferred;
	return NULL;
}

/* Whether the descriptor of P can take more bytes. */
static bool
writable(tcp_port p)
{
	struct pollfd fd = {tcp_port_fileno(p), POLLOUT, 0};

	return poll(&fd, 1, 0) == 1;
}

/* The input's error is reported only after all bytes before it have been
 * written; half of them were copied earlier. */
static void
reset_input(enum kind to)
{
	struct pair p = pair_connect();
	struct end out = output_end(to);
	struct copying c = {.in = p.in, .out = out.port};
	tcp_thread t = tcp_thread_start(copy_once, &c);
	struct drain d;

	pair_send(&p, "\0\1\2\3\4", 5);
	while (tcp_port_position(out.port) < 5)
		tcp_thread_yield();
	pair_send(&p, "\5\6\7\10\11", 5);
	pair_reset(&p);
	taker_start(&d, &out, 0);
	tcp_thread_join(t, NULL, -1);
	ok(c.n == -1 && c.kind == TCPUNIT_ERROR_NET && c.code == ECONNRESET,
	    "from a connection that is reset to %s", names[to]);
	ok(c.port == p.in.bits, "to %s: the input is to blame", names[to]);
	is_int((long long)c.transferred, 10,
	    "to %s: what came before was written", names[to]);
	tcp_close_ports(out.unused, out.port);
	taker_join(&d, &out);
	ok(d.n == 10 && d.right, "to %s: it arrived", names[to]);
	pair_close(&p);
}

/* The peer reads some bytes, stops until its socket is full, and resets. */
static void
reset_output(enum kind from)
{
	struct end in = input_end(from, MUCH), out = output_end(CONNECTION);
	struct copying c = {.in = in.port, .out = out.port};
	struct feeder f;
	tcp_thread t = tcp_thread_start(copy_once, &c);
	char got[5000];

	feeder_start(&f, &in, MUCH, 0);
	while (tcp_port_position(out.port) == 0 || writable(out.port))
		tcp_thread_yield();
	ok(recv(out.behind, got, sizeof got, MSG_WAITALL) == sizeof got &&
		is_numbered(got, 0, sizeof got),
	    "from %s: the peer has some", names[from]);
	peer_reset(out.behind);
	tcp_thread_join(t, NULL, -1);
	ok(c.n == -1 && c.kind == TCPUNIT_ERROR_NET && c.code == ECONNRESET &&
		c.port == out.port.bits,
	    "from %s: and then resets", names[from]);
	ok(c.transferred >= sizeof got && moved(&in, &out, c.transferred, MUCH),
	    "from %s: all that did not go out is there", names[from]);
	close_ends(&in, &out);
	feeder_join(&f, &in);
}

static void
resets(void)
{
	reset_input(PIPE);
	reset_input(CONNECTION);
	reset_input(PLAIN);
	reset_output(PIPE);
	reset_output(CONNECTION);
	reset_output(PLAIN);
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

/* A peer that takes longer than the time limit for all bytes together, but
 * not for any one of them. */
static void *
drip(void *arg)
{
	struct pair *p = arg;

	for (int i = 0; i < DRIPS && tcp_thread_sleep(400) == 0; i++)
		peer_send(p->peer, "x");
	pair_finish(p);
	return NULL;
}

static void
dripping_input(enum kind to)
{
	struct pair p = pair_connect();
	struct end out = output_end(to);
	tcp_thread t = tcp_thread_start(drip, &p);
	struct drain d;

	taker_start(&d, &out, 0);
	tcp_set_timeout(p.in, 700);
	is_int(tcp_copy_port(p.in, out.port, -1), DRIPS,
	    "to %s: the time limit is that of each wait", names[to]);
	tcp_thread_join(t, NULL, -1);
	tcp_close_output_port(out.port);
	taker_join(&d, &out);
	pair_close(&p);
}

static void
dripping_inputs(void)
{
	dripping_input(PIPE);
	dripping_input(PLAIN);
}

/* A reader that takes longer than the time limit for all pieces together,
 * but not for any one of them. */
struct sipper {
	int fd;
	struct drain rest;
};

static void *
sip(void *arg)
{
	struct sipper *s = arg;
	static char some[1 << 20];

	for (int i = 0; i < DRIPS && tcp_thread_sleep(400) == 0; i++)
		if (recv(s->fd, some, sizeof some, MSG_DONTWAIT) <= 0)
			diag("nothing to sip");
	drain_start(&s->rest, s->fd);
	return NULL;
}

static void
sipped_output(enum kind from, enum kind to, size_t held)
{
	struct end in = input_end(from, SIPPED), out = output_end(to);
	struct sipper s = {.fd = out.behind};
	tcp_thread t = tcp_thread_start(sip, &s);
	char *before = numbered(0, held);
	int little = 4096;
	struct feeder f;

	setsockopt(tcp_port_fileno(out.port), SOL_SOCKET, SO_SNDBUF, &little,
	    sizeof little);
	tcp_set_buffer_size(out.port, 2 * held);
	tcp_write(out.port, before, held);
	feeder_start(&f, &in, SIPPED, 0);
	tcp_set_timeout(out.port, 700);
	is_int(tcp_copy_port(in.port, out.port, SIPPED), SIPPED,
	    "from %s to %s, %zu buffered: the limit is that of each wait",
	    names[from], names[to], held);
	tcp_thread_join(t, NULL, -1);
	feeder_join(&f, &in);
	close_ends(&in, &out);
	drain_join(&s.rest);
	close(out.behind);
	free(before);
}

static void
sipped_outputs(void)
{
	sipped_output(PIPE, SOCKETS, 0);
	sipped_output(PLAIN, SOCKETS, 100000);
	sipped_output(PLAIN, CONNECTION, 0);
}

/* Another process that shares the socket may make it blocking. */
static void
make_blocking(tcp_port p)
{
	int fd = tcp_port_fileno(p);

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

static void
blocking_socket(enum kind from, enum kind to)
{
	struct end in = input_end(from, MUCH), out = output_end(to);
	struct ticker ticker;

	make_blocking(from == CONNECTION ? in.port : out.port);
	tcp_set_timeout(in.port, 100);
	tcp_set_timeout(out.port, 100);
	ticker_start(&ticker);
	ok(failed(tcp_copy_port(in.port, out.port, -1) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "from %s to %s: a time limit without O_NONBLOCK", names[from],
	    names[to]);
	ok(ticker_stop(&ticker), "others run meanwhile");
	close_ends(&in, &out);
	close(in.behind);
	close(out.behind);
}

static void
blocking_sockets(void)
{
	blocking_socket(PLAIN, CONNECTION);
	blocking_socket(CONNECTION, PIPE);
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
	tcp_thread_join(t, NULL, -1);
	ok(c.n == -1 && c.kind == TCPUNIT_ERROR_CLOSED &&
		c.port == in.port.bits && c.transferred == 6,
	    "from %s to %s: closing the input ends a copy", names[from],
	    names[to]);
	is_int(read(out.behind, got, sizeof got), 6,
	    "from %s to %s: what came before has arrived", names[from],
	    names[to]);
	tcp_close_output_port(in.unused);
	tcp_close_ports(out.unused, out.port);
	close(in.behind);
	close(out.behind);
}

/* Waits until the peer's kernel has acknowledged all bytes sent by P. */
static void
wait_sent(tcp_port p)
{
	int fd = tcp_port_fileno(p), unsent;

	while (ioctl(fd, SIOCOUTQ, &unsent) == 0 && unsent > 0)
		tcp_thread_yield();
}

static void
close_output(enum kind from, enum kind to)
{
	struct end in = input_end(from, MUCH), out = output_end(to);
	struct copying c = {.in = in.port, .out = out.port};
	struct feeder f;
	struct drain d;
	tcp_thread t = tcp_thread_start(copy_once, &c);

	feeder_start(&f, &in, MUCH, 0);
	while (tcp_port_position(out.port) == 0 || writable(out.port))
		tcp_thread_yield();
	tcp_close_output_port(out.port);
	tcp_thread_join(t, NULL, -1);
	ok(c.n == -1 && c.kind == TCPUNIT_ERROR_CLOSED &&
		c.port == out.port.bits && c.transferred > 0,
	    "from %s to %s: closing the output ends a copy", names[from],
	    names[to]);
	drain_start(&d, out.behind);
	if (to == CONNECTION)
		wait_sent(out.unused);
	tcp_close_input_port(out.unused);
	drain_join(&d);
	ok(d.n == c.transferred && d.right,
	    "from %s to %s: it says how much went out", names[from], names[to]);
	if (from == PLAIN && to == CONNECTION)
		is_int(
		    d.error, ECONNRESET, "its peer does not take it for all");
	ok(rest_is(in.port, d.n, MUCH), "from %s to %s: the rest is there then",
	    names[from], names[to]);
	close(out.behind);
	tcp_close_ports(in.port, in.unused);
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

/* A connection whose input is copied to its own output. */
static void
echo(void)
{
	struct end e = input_end(CONNECTION, 0);
	struct copying c = {.in = e.port, .out = e.unused};
	int taken = dup(e.behind);
	struct feeder f = {.fd = e.behind, .n = LONG, .piece = LONG};
	struct drain d;
	tcp_thread t = tcp_thread_start(copy_once, &c);

	pthread_create(&f.thread, NULL, feed_half, &f);
	drain_start(&d, taken);
	tcp_thread_join(t, NULL, -1);
	tcp_close_output_port(e.unused);
	drain_join(&d);
	pthread_join(f.thread, NULL);
	is_int(c.n, LONG, "a connection copied to itself");
	ok(d.n == LONG && d.right, "all of it comes back");
	tcp_close_input_port(e.port);
	close(taken);
}

static long
page_faults(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_minflt;
}

/* If a copy allocated much memory, page faults would show it. */
static void
little_at_a_time(void)
{
	struct end in = input_end(SOCKETS, 0), out = output_end(SOCKETS);
	char bytes[100] = "";
	bool all = true;
	long before = 0;

	for (int i = 0; i < 1100; i++) {
		if (i == 100)
			before = page_faults();
		all = send(in.behind, bytes, sizeof bytes, 0) == sizeof bytes &&
		    tcp_copy_port(in.port, out.port, sizeof bytes) ==
			sizeof bytes &&
		    recv(out.behind, bytes, sizeof bytes, 0) == sizeof bytes &&
		    all;
	}
	ok(all, "a thousand small copies");
	ok(page_faults() < before + FEW_FAULTS, "which map no memory each");
	close_ends(&in, &out);
	close(in.behind);
	close(out.behind);
}

/* A directory can be opened; only reading it fails. */
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

/*
 * A thread that always has a byte to read, but finds out only by waiting.  It
 * therefore gets a turn each time the event loop runs.  MOST is the largest
 * number of bytes that OUT has sent between two of these turns.
 */
struct watcher {
	int fd[2];
	tcp_port out;
	uint64_t seen, most;
	bool done;
};

static void *
watch(void *arg)
{
	struct watcher *w = arg;
	tcp_port in = tcp_open_input_fd(w->fd[0]);
	char message[2] = "";
	uint64_t now;

	while (!w->done) {
		if (write(w->fd[1], message, 1) != 1 ||
		    tcp_read(in, message, 2) != 1)
			break;
		now = tcp_port_position(w->out);
		w->most = now - w->seen > w->most ? now - w->seen : w->most;
		w->seen = now;
	}
	tcp_close_input_port(in);
	close(w->fd[1]);
	return NULL;
}

static void
others_run(enum kind from, enum kind to)
{
	struct end in = input_end(from, LONG), out = output_end(to);
	struct watcher w = {.out = out.port};
	struct feeder f;
	struct drain d;
	tcp_thread t;

	make_two(SOCKETS, w.fd);
	t = tcp_thread_start(watch, &w);
	feeder_start(&f, &in, LONG, 0);
	taker_start(&d, &out, 0);
	is_int(tcp_copy_port(in.port, out.port, -1), LONG,
	    "from %s to %s: a long copy", names[from], names[to]);
	tcp_thread_yield();
	w.done = true;
	tcp_thread_join(t, NULL, -1);
	if (!ok(w.seen == LONG && w.most <= TURN,
		"from %s to %s: others run meanwhile", names[from], names[to]))
		diag("not for %llu bytes", (unsigned long long)w.most);
	close_ends(&in, &out);
	taker_join(&d, &out);
	feeder_join(&f, &in);
}

static void
fairness(void)
{
	others_run(PLAIN, CONNECTION);
	others_run(PIPE, CONNECTION);
	others_run(CONNECTION, PLAIN);
	others_run(CONNECTION, PIPE);
	others_run(PLAIN, PLAIN);
}

int
main(void)
{
	signal(SIGPIPE, SIG_DFL);
	metronome_start();
	run(little_at_a_time); /* first, while the heap is still small */
	run(from_pipes);
	run(from_socketpairs);
	run(from_connections);
	run(from_files);
	run(from_offsets);
	run(others_to_a_connection);
	run(from_terminals);
	copy_much();
	run(devices);
	run(buffered_output);
	run(full_devices);
	run(broken_pipes);
	run(stopping_readers);
	run(resets);
	run(silent_input);
	run(dripping_inputs);
	run(sipped_outputs);
	run(blocking_sockets);
	run(closing);
	run(echo);
	run(folder_input);
	run(fairness);
	return done_testing();
}
