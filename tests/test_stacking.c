/* SPDX-License-Identifier: ISC */
/*
 * test_stacking.c - layers that change bytes, hold them back, end, fail, and
 * cannot be made; and rates.  The peer is a plain socket, so that the tests see
 * the bytes of the wire.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <tcpunit-event.h>
#include <unistd.h>
#include <zlib.h>

#include "pair.h"
#include "peer.h"
#include "probe.h"
#include "tap.h"
#include "unit.h"

#ifdef TCPUNIT_TINY
enum { PAGE = 1 };
#else
enum { PAGE = 60 * 1024 };
#endif

/* ---- Layers ---- */

static void
rotate_text(char *text, int n)
{
	for (int i = 0; i < n; i++)
		if (text[i] >= 'a' && text[i] <= 'z')
			text[i] = (char)((text[i] - 'a' + 13) % 26 + 'a');
}

static enum bufferevent_filter_result
rotate(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *unused)
{
	char text[512];
	int n;

	(void)limit;
	(void)mode;
	(void)unused;
	while ((n = evbuffer_remove(from, text, sizeof(text))) > 0) {
		rotate_text(text, n);
		evbuffer_add(to, text, (size_t)n);
	}
	return BEV_OK;
}

static struct bufferevent *
rot13(struct bufferevent *below, void *unused)
{
	return bufferevent_filter_new(below, rotate, rotate, 0, NULL, unused);
}

static struct bufferevent *
identity(struct bufferevent *below, void *unused)
{
	return bufferevent_filter_new(below, NULL, NULL, 0, NULL, unused);
}

/* Bytes in brackets: the end of the output is a byte of its own. */
struct brackets {
	bool opened, closed;
};

static enum bufferevent_filter_result
bracket(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *arg)
{
	struct brackets *b = arg;

	(void)limit;
	if (!b->opened)
		evbuffer_add(to, "(", 1);
	b->opened = true;
	evbuffer_add_buffer(to, from);
	if (mode == BEV_FINISHED && !b->closed) {
		evbuffer_add(to, ")", 1);
		b->closed = true;
	}
	return BEV_OK;
}

static struct bufferevent *
bracketed(struct bufferevent *below, void *arg)
{
	return bufferevent_filter_new(below, NULL, bracket, 0, NULL, arg);
}

/* ---- zlib ---- */

struct flate {
	z_stream in, out;
	bool ended;
};

/* Runs one direction over all that is there, as far as LIMIT allows. */
static void
run_flate(int (*step)(z_streamp, int), z_stream *z, int how,
    struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit)
{
	static unsigned char input[16 * 1024], output[64 * 1024];
	int result = Z_OK;
	ev_ssize_t n;

	do {
		n = evbuffer_copyout(from, input, sizeof(input));
		z->next_in = input;
		z->avail_in = (uInt)n;
		do {
			z->next_out = output;
			z->avail_out = sizeof(output);
			if (limit >= 0 && limit < (ev_ssize_t)sizeof(output))
				z->avail_out = (uInt)limit;
			uInt room = z->avail_out;
			result = step(z, how);
			evbuffer_add(to, output, room - z->avail_out);
			if (limit >= 0)
				limit -= room - z->avail_out;
		} while (
		    z->avail_out == 0 && limit != 0 && result != Z_STREAM_END);
		evbuffer_drain(from, (size_t)n - z->avail_in);
	} while (evbuffer_get_length(from) > 0 && limit != 0 && result == Z_OK);
}

static enum bufferevent_filter_result
unpack(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *arg)
{
	struct flate *f = arg;

	(void)mode;
	run_flate(inflate, &f->in, Z_SYNC_FLUSH, from, to, limit);
	return BEV_OK;
}

static enum bufferevent_filter_result
pack(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *arg)
{
	struct flate *f = arg;

	(void)limit; /* what is packed is small */
	if (f->ended)
		return BEV_OK;
	f->ended = mode == BEV_FINISHED;
	run_flate(
	    deflate, &f->out, f->ended ? Z_FINISH : Z_SYNC_FLUSH, from, to, -1);
	return BEV_OK;
}

static struct bufferevent *
zlib(struct bufferevent *below, void *arg)
{
	struct flate *f = arg;

	memset(f, 0, sizeof(*f));
	inflateInit(&f->in);
	deflateInit(&f->out, Z_BEST_SPEED);
	return bufferevent_filter_new(below, unpack, pack, 0, NULL, f);
}

static void
free_flate(void *arg)
{
	struct flate *f = arg;

	inflateEnd(&f->in);
	deflateEnd(&f->out);
}

static const struct tcp_stack_options freed = {
    TCPUNIT_STACK_DEFAULTS, .release = free_flate};

/* ---- Tests ---- */

static char *line;
static size_t length;

static bool
reads_line(tcp_port in, const char *text)
{
	return tcp_read_line(in, 1000, &line, &length) == 1 &&
	    strcmp(line, text) == 0;
}

static void
rotated(void)
{
	struct pair p = pair_connect();

	pair_say(&p, "clear\nuryyb\njbe");
	ok(reads_line(p.in, "clear"), "a line before the layer");
	tcp_set_buffer_size(p.out, 100);
	tcp_write_string(p.out, "first ");
	ok(tcp_stack(p.in, p.out, rot13, NULL) == 0, "a layer is put on");
	ok(reads_line(p.in, "hello"), "it has the bytes that were read ahead");
	pair_say(&p, "yq\n");
	ok(reads_line(p.in, "world"), "and those that follow them");
	tcp_set_buffer_size(p.out, 0);
	ok(tcp_write_string(p.out, "hello") == 5, "a write returns its length");
	ok(peer_says(p.peer, "first uryyb"),
	    "buffered output goes out first, and unchanged");
	is_int((long long)tcp_port_position(p.out), 11,
	    "the position counts all bytes");
	tcp_close_output_port(p.out);
	ok(peer_eof(p.peer), "closing ends the output");
	pair_say(&p, "ynfg\n");
	ok(reads_line(p.in, "last"), "and input goes on");
	pair_finish(&p);
	is_int(tcp_read_byte(p.in), TCPUNIT_EOF, "until its end");
	pair_close(&p);
}

/* What comes in is one less: the LF below such a layer is another byte above.
 */
static enum bufferevent_filter_result
lessen(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *unused)
{
	unsigned char byte;

	(void)limit;
	(void)mode;
	(void)unused;
	while (evbuffer_remove(from, &byte, 1) == 1) {
		byte--;
		evbuffer_add(to, &byte, 1);
	}
	return BEV_OK;
}

static struct bufferevent *
less(struct bufferevent *below, void *unused)
{
	return bufferevent_filter_new(below, lessen, NULL, 0, NULL, unused);
}

/* With TCPUNIT_LINE_ANY a CR ends a line before it is known whether an LF
 * follows. */
static void
amid_a_line_ending(void)
{
	struct pair p = pair_connect();

	tcp_set_line_ending(p.in, TCPUNIT_LINE_ANY);
	pair_say(&p, "a\r");
	ok(reads_line(p.in, "a") && tcp_stack(p.in, p.out, less, NULL) == 0,
	    "a layer is put on after a CR");
	pair_say(&p, "\nc\x0e");
	ok(reads_line(p.in, "b"), "an LF that follows does not reach it");
	ok(tcp_stack(p.in, p.out, less, NULL) == 0, "and a second one");
	pair_say(&p, "\x0b");
	pair_say(&p, "e\x0f");
	ok(reads_line(p.in, "c"), "an LF that follows does not reach that one");
	ok(tcp_stack(p.in, p.out, less, NULL) == 0, "and a third one");
	pair_say(&p, "g\x10\r\rh\x10");
	ok(reads_line(p.in, "d") && reads_line(p.in, "") &&
		reads_line(p.in, "e"),
	    "only an LF that follows at once is dropped");
	pair_close(&p);
}

/* Makes a page and a line of each byte.  The port reads a page ahead. */
static enum bufferevent_filter_result
unfold(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *unused)
{
	static char page[PAGE];

	(void)limit;
	(void)mode;
	(void)unused;
	memset(page, 'n', PAGE - 1);
	page[PAGE - 1] = '\r';
	for (; evbuffer_get_length(from) > 0; evbuffer_drain(from, 1)) {
		evbuffer_add(to, page, PAGE);
		evbuffer_add(to, "\nb\n", 3);
	}
	return BEV_OK;
}

static struct bufferevent *
unfolding(struct bufferevent *below, void *unused)
{
	return bufferevent_filter_new(below, unfold, NULL, 0, NULL, unused);
}

static void
before_a_held_lf(void)
{
	struct pair p = pair_connect();

	tcp_stack(p.in, p.out, unfolding, NULL);
	tcp_set_line_ending(p.in, TCPUNIT_LINE_ANY);
	pair_say(&p, "x");
	ok(tcp_read_line(p.in, PAGE, &line, &length) == 1 && length == PAGE - 1,
	    "a line ends where the bytes end that were read ahead");
	ok(tcp_stack(p.in, p.out, less, NULL) == 0 &&
		tcp_read_byte(p.in) == 'a',
	    "an LF that a layer holds does not reach the next one");
	pair_close(&p);
}

static void
two_layers(void)
{
	struct brackets b = {0};
	struct pair p = pair_accept();

	ok(tcp_stack(p.in, p.out, bracketed, &b) == 0 &&
		tcp_stack(p.in, p.out, rot13, NULL) == 0,
	    "two layers");
	pair_say(&p, "no\n");
	ok(reads_line(p.in, "ab"), "bytes pass both");
	tcp_write_string(p.out, "ab");
	tcp_close_output_port(p.out);
	ok(peer_says(p.peer, "(no)"), "each layer ends its output once");
	ok(peer_eof(p.peer), "and then comes the end of file");
	pair_close(&p);
}

struct sender {
	tcp_port out;
	char *data;
	size_t n;
	bool sent;
};

static void *
send_all(void *arg)
{
	struct sender *s = arg;

	s->sent = tcp_write(s->out, s->data, s->n) == (ssize_t)s->n &&
	    tcp_close_output_port(s->out) == 0;
	return NULL;
}

/* 8 MiB of zeros take 8 KiB on the wire. */
static void
compressed(void)
{
	enum { SIZE = 8 << 20 };
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct both b = both_connect(l, "127.0.0.1");
	static struct flate client, server;
	struct sender s = {
	    .out = b.client_out, .data = calloc(1, SIZE), .n = SIZE};
	char *got = malloc(SIZE);
	tcp_thread t;

	ok(tcp_stack_with(b.client_in, b.client_out, zlib, &client, &freed) ==
		    0 &&
		tcp_stack_with(
		    b.server_in, b.server_out, zlib, &server, &freed) == 0,
	    "zlib at both ends");
	t = tcp_thread_start(send_all, &s);
	ok(tcp_read_string(b.server_in, got, SIZE) == SIZE &&
		memcmp(got, s.data, SIZE) == 0,
	    "what is sent arrives");
	is_int(tcp_read_byte(b.server_in), TCPUNIT_EOF, "then the end");
	tcp_thread_join(t, NULL, -1);
	ok(s.sent, "and all was sent");
	ok(bytes_received(tcp_port_fileno(b.server_in)) < SIZE / 100,
	    "in few bytes");
	tcp_write_line(b.server_out, "answer");
	ok(reads_line(b.client_in, "answer"), "the answer comes back");
	both_close(&b);
	tcp_close(l);
	free(s.data);
	free(got);
}

static struct bufferevent *
unmade(struct bufferevent *below, void *unused)
{
	(void)below;
	(void)unused;
	errno = EACCES;
	return NULL;
}

static struct bufferevent *
itself(struct bufferevent *below, void *unused)
{
	(void)unused;
	return below;
}

static void
not_made(void)
{
	struct pair p = pair_connect(), other = pair_connect();

	pair_say(&p, "ab\n");
	tcp_peek_byte(p.in);
	ok(failed(tcp_stack(p.in, p.out, unmade, NULL) == -1,
	       TCPUNIT_ERROR_SYSTEM, EACCES),
	    "a layer that cannot be made gives its reason");
	ok(failed(tcp_stack(p.in, p.out, itself, NULL) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "a layer is a new bufferevent");
	ok(failed(tcp_stack(p.in, other.out, rot13, NULL) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "the ports are those of one connection");
	ok(failed(tcp_stack(p.in, p.out, NULL, NULL) == -1,
	       TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "a function has to make the layer");
	tcp_write_string(p.out, "ab");
	ok(reads_line(p.in, "ab") && peer_says(p.peer, "ab"),
	    "the connection stays as it was");
	tcp_stack(p.in, p.out, rot13, NULL);
	ok(failed(tcp_release_fd(p.in) == -1, TCPUNIT_ERROR_ARGUMENT, EINVAL),
	    "a connection with a layer is not given up");
	pair_close(&other);
	pair_close(&p);
}

/* ---- Ends and failures of layers ---- */

static struct bufferevent *made;
static int finishes, lasts, releases;

static struct bufferevent *
remembered(struct bufferevent *below, void *unused)
{
	made = identity(below, unused);
	return made;
}

static int
finish_last(struct bufferevent *layer, bool last, void *unused)
{
	(void)unused;
	finishes++;
	lasts += last;
	if (!last)
		return 1;
	return bufferevent_write(bufferevent_get_underlying(layer), "bye", 3);
}

static const char *
reason(struct bufferevent *layer, int *code, void *unused)
{
	(void)layer;
	(void)unused;
	*code = EPROTO;
	return "the certificate has expired";
}

static void
release(void *unused)
{
	(void)unused;
	releases++;
}

static const struct tcp_stack_options hooks = {TCPUNIT_STACK_DEFAULTS,
    .finish = finish_last, .reason = reason, .release = release};

/* The lowest one, too. */
static void
large_pieces(void)
{
	enum { PIECE_SIZE = 256 * 1024 };
	struct pair p = pair_connect();
	struct bufferevent *layers[2];

	tcp_stack(p.in, p.out, remembered, NULL);
	layers[0] = made;
	layers[1] = bufferevent_get_underlying(made);
	for (int i = 0; i < 2; i++)
		ok(bufferevent_get_max_single_read(layers[i]) == PIECE_SIZE &&
			bufferevent_get_max_single_write(layers[i]) ==
			    PIECE_SIZE,
		    "libevent moves up to 256 KiB at a time");
	pair_close(&p);
}

static void
no_half_close(void)
{
	struct pair p = pair_connect();
	char byte;

	tcp_stack_with(p.in, p.out, remembered, NULL, &hooks);
	tcp_write_string(p.out, "end");
	ok(tcp_close_output_port(p.out) == 0 && finishes == 1 && lasts == 0,
	    "a layer is asked to end its output");
	ok(peer_says(p.peer, "end") &&
		recv(p.peer, &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN,
	    "if it cannot, the direction stays open");
	pair_say(&p, "x");
	ok(tcp_read_byte(p.in) == 'x' && tcp_close_input_port(p.in) == 0 &&
		lasts == 1,
	    "until the connection ends");
	ok(peer_says(p.peer, "bye") && peer_eof(p.peer), "then it ends it");
	is_int(releases, 1, "and is released");
	pair_close(&p);

	p = pair_connect();
	tcp_stack_with(p.in, p.out, remembered, NULL, &hooks);
	finishes = 0;
	tcp_abandon_port(p.in);
	tcp_abandon_port(p.out);
	tcp_close_ports(p.in, p.out);
	is_int(finishes, 0, "a layer of abandoned ports does not end");
	pair_close(&p);
}

/* The end comes with that of the connection, and nothing waits for it. */
static void
lost_end(void)
{
	struct pair p = pair_connect();

	tcp_stack_with(p.in, p.out, remembered, NULL, &hooks);
	tcp_close_output_port(p.out);
	pair_reset(&p);
	ok(failed(
	       tcp_close_input_port(p.in) == -1, TCPUNIT_ERROR_NET, ECONNRESET),
	    "an end that could not be sent is reported");
	pair_close(&p);

	p = pair_connect();
	tcp_stack_with(p.in, p.out, remembered, NULL, &hooks);
	tcp_set_rate(p.out, 1, 1);
	tcp_write_string(p.out, "x");
	tcp_close_ports(p.in, p.out);
	ok(peer_says(p.peer, "xbye") && peer_eof(p.peer),
	    "no rate keeps it back");
	pair_close(&p);
}

static void
finished(void)
{
	struct pair p = pair_connect();

	tcp_stack_with(p.in, p.out, remembered, NULL, &hooks);
	tcp_write_string(p.out, "x");
	is_int(tcp_finish_output(p.out), 1,
	    "output that cannot be ended alone is flushed,");
	is_int(tcp_await_acknowledgement(p.out), 0, "and acknowledged");
	tcp_close_ports(p.in, p.out);
	ok(peer_says(p.peer, "xbye") && peer_eof(p.peer),
	    "and its end comes with that of the connection");
	pair_close(&p);
}

static void
broken(void)
{
	struct pair p = pair_connect();

	tcp_stack_with(p.in, p.out, remembered, NULL, &hooks);
	pair_say(&p, "x");
	tcp_char_ready(p.in);
	bufferevent_trigger_event(made, BEV_EVENT_ERROR | BEV_EVENT_READING, 0);
	ok(tcp_read_byte(p.in) == 'x',
	    "bytes come before the error of a layer");
	ok(failed(tcp_read_byte(p.in) == -1, TCPUNIT_ERROR_NET, EPROTO) &&
		told(": the certificate has expired"),
	    "which has the layer's reason");
	ok(failed(
	       tcp_write_string(p.out, "x") == -1, TCPUNIT_ERROR_NET, EPROTO) &&
		failed(tcp_read_byte(p.in) == -1, TCPUNIT_ERROR_NET, EPROTO),
	    "and stays");
	ok(failed(
	       tcp_close_output_port(p.out) == -1, TCPUNIT_ERROR_NET, EPROTO) &&
		told(": the certificate has expired"),
	    "closing reports that the output has no end");
	pair_close(&p);

	p = pair_connect();
	tcp_stack(p.in, p.out, identity, NULL);
	pair_say(&p, "before");
	pair_reset(&p);
	ok(tcp_read_string(p.in, (char[6]){0}, 6) == 6 &&
		failed(
		    tcp_read_byte(p.in) == -1, TCPUNIT_ERROR_NET, ECONNRESET),
	    "a reset comes after the bytes");
	pair_close(&p);
}

/* TLS reports the end of the socket as an error even after its own end. */
static void
broken_after_the_end(void)
{
	const short outputs[] = {
	    BEV_EVENT_ERROR, BEV_EVENT_TIMEOUT, BEV_EVENT_EOF};
	struct pair p;

	for (int i = 0; i < 3; i++) {
		p = pair_connect();
		tcp_stack_with(p.in, p.out, remembered, NULL, &hooks);
		bufferevent_trigger_event(
		    made, BEV_EVENT_EOF | BEV_EVENT_READING, 0);
		bufferevent_trigger_event(made, BEV_EVENT_ERROR, 0);
		ok(tcp_read_byte(p.in) == TCPUNIT_EOF &&
			tcp_write_string(p.out, "x") == 1,
		    "an error after the end does not concern the output");
		bufferevent_trigger_event(
		    made, (short)(outputs[i] | BEV_EVENT_WRITING), 0);
		ok(failed(tcp_write_string(p.out, "y") == -1, TCPUNIT_ERROR_NET,
		       EPROTO),
		    "unless the layer has reported it for writing");
		pair_close(&p);
	}
}

/* Ten bytes for each one. */
static enum bufferevent_filter_result
enlarge(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *unused)
{
	unsigned char byte;

	(void)limit;
	(void)mode;
	(void)unused;
	while (evbuffer_remove(from, &byte, 1) == 1)
		evbuffer_add(to, "0123456789", 10);
	return BEV_OK;
}

static struct bufferevent *
enlarging(struct bufferevent *below, void *unused)
{
	return bufferevent_filter_new(below, NULL, enlarge, 0, NULL, unused);
}

/* The peer takes a part, and then resets the connection. */
static void
acknowledged(void)
{
	enum { PIECE = 1000, PIECES = 12 };
	struct pair p = pair_connect();
	int fd = tcp_port_fileno(p.out), large = 1 << 20, small = 4096, queued;
	char piece[PIECE] = {0};
	size_t transferred;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &large, sizeof(large));
	setsockopt(p.peer, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	tcp_set_timeout(p.out, 5000); /* else a small buffer would hang it */
	tcp_write_string(p.out, "clear");
	tcp_stack(p.in, p.out, enlarging, NULL);
	for (int i = 0; i < PIECES; i++)
		tcp_write(p.out, piece, PIECE);
	pair_reset(&p);
	ok(failed(tcp_await_acknowledgement(p.out) == -1, TCPUNIT_ERROR_NET,
	       ECONNRESET),
	    "not everything is acknowledged");
	transferred = tcp_last_error()->transferred;
	ioctl(fd, SIOCOUTQ, &queued);
	ok(queued > 0 && queued < 10 * PIECE * PIECES, "but a part is");
	is_int((long long)transferred,
	    5 + (10 * PIECE * PIECES - queued) / (10 * PIECE) * PIECE,
	    "and the bytes of the program are counted, not those of the layer");
	pair_close(&p);
}

static void
handshake(void)
{
	struct tcp_stack_options o = hooks;
	struct pair p = pair_connect();

	o.handshake = true;
	o.timeout = 20;
	ok(failed(tcp_stack_with(p.in, p.out, identity, NULL, &o) == -1,
	       TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "the wait for a handshake has a limit");
	pair_close(&p);
	p = pair_connect();
	pair_finish(&p);
	o.timeout = -1;
	ok(failed(tcp_stack_with(p.in, p.out, identity, NULL, &o) == -1,
	       TCPUNIT_ERROR_NET, ECONNRESET),
	    "a handshake that the peer ends has failed");
	pair_close(&p);
}

static tcp_port own;
static int busy;

static enum bufferevent_filter_result
meddle(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *unused)
{
	(void)limit;
	(void)mode;
	(void)unused;
	evbuffer_add_buffer(to, from);
	busy += tcp_close_input_port(own) == -1 && errno == EBUSY;
	busy += tcp_read_byte(own) == -1 && errno == EBUSY;
	return BEV_OK;
}

static struct bufferevent *
meddler(struct bufferevent *below, void *unused)
{
	busy += tcp_set_rate(own, TCPUNIT_NO_RATE, 0) == -1 && errno == EBUSY;
	return bufferevent_filter_new(below, meddle, NULL, 0, NULL, unused);
}

static void
meddling(void)
{
	struct pair p = pair_connect();

	own = p.in;
	tcp_stack(p.in, p.out, meddler, NULL);
	pair_say(&p, "x");
	ok(tcp_read_byte(p.in) == 'x' && busy == 3,
	    "a layer can neither use, pace nor close its own ports");
	pair_close(&p);
}

/* Between the meddler and the layer below it, libevent defers all calls. */
static struct bufferevent *
deferring(struct bufferevent *below, void *unused)
{
	return bufferevent_filter_new(
	    below, NULL, NULL, BEV_OPT_DEFER_CALLBACKS, NULL, unused);
}

static void
meddling_later(void)
{
	struct pair p = pair_connect();

	own = p.in;
	tcp_stack(p.in, p.out, deferring, NULL);
	tcp_stack(p.in, p.out, meddler, NULL);
	busy = 0;
	pair_say(&p, "x");
	ok(tcp_read_byte(p.in) == 'x' && busy == 2,
	    "nor can one that libevent calls later");
	pair_close(&p);
}

/* One that uses what the ports have buffered. */
static struct pair *buffers;
static int uses;

static enum bufferevent_filter_result
use_buffers(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *unused)
{
	(void)limit;
	(void)mode;
	(void)unused;
	evbuffer_add_buffer(to, from);
	uses += 3;
	busy += tcp_write(buffers->out, "b", 1) == -1 && errno == EBUSY;
	busy += tcp_set_buffer_size(buffers->out, 0) == -1 && errno == EBUSY;
	busy += tcp_read_line(buffers->in, 9, &line, &length) == -1 &&
	    errno == EBUSY;
	return BEV_OK;
}

static struct bufferevent *
buffer_user(struct bufferevent *below, void *unused)
{
	return bufferevent_filter_new(
	    below, use_buffers, use_buffers, 0, NULL, unused);
}

static bool
all_busy(void)
{
	bool all = uses > 0 && busy == uses;

	uses = busy = 0;
	return all;
}

static void
meddling_with_buffers(void)
{
	struct pair p = pair_connect();
	char text[5];

	busy = 0;
	buffers = &p;
	tcp_stack(p.in, p.out, buffer_user, NULL);
	tcp_set_buffer_size(p.out, 100);
	tcp_set_timeout(p.in, 5000); /* else a lost line would hang it */
	pair_say(&p, "1\n2\n");
	ok(tcp_peek_byte(p.in) == '1' && all_busy(),
	    "a layer cannot begin to buffer output");
	tcp_write(p.out, "a", 1);
	ok(tcp_flush_output(p.out) == 0 && all_busy() && peer_says(p.peer, "a"),
	    "nor take a line that was read ahead");
	pair_say(&p, "x");
	tcp_write(p.out, "c", 1);
	ok(tcp_read_string(p.in, text, 5) == 5 && all_busy(),
	    "nor add to output that is buffered");
	tcp_close_output_port(p.out);
	ok(peer_says(p.peer, "c") && peer_eof(p.peer),
	    "of which the peer gets no more");
	pair_close(&p);
}

/* An event that uses the ports; it may be a layer's own. */
struct user {
	struct pair *pair;
	struct event *event;
	int refused, done;
};

static void
use_ports(evutil_socket_t fd, short what, void *arg)
{
	struct user *u = arg;
	tcp_port in = u->pair->in, out = u->pair->out;

	(void)fd;
	(void)what;
	u->refused +=
	    failed(tcp_read_byte(in) == -1, TCPUNIT_ERROR_BUSY, EBUSY);
	u->refused +=
	    failed(tcp_write(out, "y", 1) == -1, TCPUNIT_ERROR_BUSY, EBUSY);
	u->refused += failed(tcp_set_rate(in, TCPUNIT_NO_RATE, 0) == -1,
	    TCPUNIT_ERROR_BUSY, EBUSY);
	u->refused += failed(tcp_stack(in, out, identity, NULL) == -1,
	    TCPUNIT_ERROR_BUSY, EBUSY);
	u->refused +=
	    failed(tcp_abandon_port(out) == -1, TCPUNIT_ERROR_BUSY, EBUSY);
	u->refused += failed(tcp_reset(in) == -1, TCPUNIT_ERROR_BUSY, EBUSY);
	u->refused +=
	    failed(tcp_close_ports(in, out) == -1, TCPUNIT_ERROR_BUSY, EBUSY);
	u->done++;
}

static void
user_begin(struct user *u, struct pair *p)
{
	const struct timeval soon = {0, 1000};

	*u = (struct user){.pair = p};
	u->event = evtimer_new(tcp_event_base(), use_ports, u);
	event_add(u->event, &soon);
}

static void
user_await(struct user *u)
{
	while (u->done == 0)
		tcp_thread_sleep(1);
	event_free(u->event);
}

static void
own_event(void)
{
	struct pair p = pair_connect();
	struct user layers, program;

	user_begin(&layers, &p);
	tcp_stack(p.in, p.out, identity, &layers);
	tcp_stack(p.in, p.out, identity, NULL);
	pair_say(&p, "xz");
	user_await(&layers);
	is_int(layers.refused, 7,
	    "an event of a layer's own can do nothing to the ports either");
	ok(tcp_read_byte(p.in) == 'x', "which stay as they are");
	user_begin(&program, &p);
	user_await(&program);
	is_int(program.refused, 0, "other events can use and close them");
	ok(peer_says(p.peer, "y"), "and have written");
	pair_close(&p);
}

/* ---- Rates ---- */

static void
paced(void)
{
	enum { RATE = 200000, SIZE = 60000 };
	struct pair p = pair_accept();
	char *data = calloc(1, SIZE);
	int64_t start = now_ms();
	size_t n;

	ok(tcp_set_rate(p.out, RATE, 2000) == 0, "output gets a rate");
	is_int(tcp_write(p.out, data, SIZE), SIZE, "a write goes on");
	ok(now_ms() - start >= 1000LL * (SIZE - 4000) / RATE - 20,
	    "no faster than the rate allows");
	tcp_set_timeout(p.out, 0);
	ok(failed(tcp_write(p.out, data, SIZE) == -1, TCPUNIT_ERROR_TIMEOUT,
	       ETIMEDOUT),
	    "a limit of 0 does not wait for the rate");
	n = tcp_last_error()->transferred;
	is_int((long long)tcp_port_position(p.out), (long long)(SIZE + n),
	    "and says how much went out");
	tcp_set_timeout(p.out, -1);
	tcp_resume_output(p.out);
	ok(tcp_set_rate(p.out, TCPUNIT_NO_RATE, 0) == 0 &&
		tcp_write(p.out, data, SIZE) == SIZE,
	    "without a rate all goes at once");
	ok(failed(tcp_set_rate(p.out, 0, 0) == -1, TCPUNIT_ERROR_ARGUMENT,
	       EINVAL) &&
		failed(tcp_set_rate(p.out, -1, 0) == -1, TCPUNIT_ERROR_ARGUMENT,
		    EINVAL) &&
		failed(tcp_set_rate(p.out, 1, -1) == -1, TCPUNIT_ERROR_ARGUMENT,
		    EINVAL),
	    "a rate is positive, and a burst is not negative");
	free(data);
	pair_close(&p);
}

/* The bytes of the burst come with time only. */
static void
paced_from_the_start(void)
{
	struct pair p = pair_accept();
	char data[5000] = {0};
	int64_t start = now_ms();
	size_t n;

	tcp_set_rate(p.out, 10000, sizeof(data));
	tcp_set_timeout(p.out, 0);
	(void)tcp_write(p.out, data, sizeof(data)); /* it times out */
	n = (size_t)tcp_port_position(p.out);
	ok(n > 0 && n <= 200 + 10 * (size_t)(now_ms() - start),
	    "a new rate begins without a burst");
	pair_close(&p);
}

static void
paced_input(void)
{
	struct pair p = pair_accept();
	static char data[4000];
	int64_t start = now_ms();

	tcp_stack(p.in, p.out, rot13, NULL);
	tcp_set_rate(p.in, 20000, 200);
	pair_send(&p, data, sizeof(data));
	is_int(tcp_read_string(p.in, data, sizeof(data)), sizeof(data),
	    "input with a rate, through a layer");
	ok(now_ms() - start >= 180, "no faster than the rate allows");
	pair_say(&p, "n");
	is_int(tcp_select(&(struct tcp_choice){.input = p.in}, 1, -1), 0,
	    "a selection waits for it, too");
	is_int(tcp_read_byte(p.in), 'a', "and then it is there");
	pair_close(&p);
}

static void
paced_amid_bytes(void)
{
	struct pair p = pair_connect();

	pair_say(&p, "one\ntwo\nthr");
	ok(reads_line(p.in, "one"), "a line before the rate");
	tcp_set_buffer_size(p.out, 100);
	tcp_write_string(p.out, "first ");
	ok(tcp_set_rate(p.in, 1000000, 0) == 0, "a rate is set");
	tcp_write_string(p.out, "second");
	ok(reads_line(p.in, "two"), "bytes that were read ahead stay");
	pair_say(&p, "ee\n");
	ok(reads_line(p.in, "three"), "and others follow them");
	tcp_flush_output(p.out);
	ok(peer_says(p.peer, "first second"), "buffered output stays as well");
	pair_close(&p);
}

/* All is freed, also if no loop runs any more. */
static void
shut_down(void)
{
	struct pair p = pair_connect();

	releases = 0;
	tcp_stack_with(p.in, p.out, identity, NULL, &hooks);
	tcp_stack(p.in, p.out, rot13, NULL);
	tcp_set_rate(p.out, 1000, 0);
	tcp_write_string(p.out, "x");
	finishes = 0;
	tcp_shutdown();
	ok(releases == 1 && finishes == 0, "tcp_shutdown frees layers");
	close(p.peer);
}

int
main(void)
{
	run(rotated);
	run(amid_a_line_ending);
	run(before_a_held_lf);
	run(two_layers);
	run(compressed);
	run(not_made);
	run(large_pieces);
	run(no_half_close);
	run(lost_end);
	run(finished);
	run(broken);
	run(broken_after_the_end);
	run(acknowledged);
	run(handshake);
	run(meddling);
	run(meddling_later);
	run(meddling_with_buffers);
	run(own_event);
	run(paced);
	run(paced_from_the_start);
	run(paced_input);
	run(paced_amid_bytes);
	run(shut_down);
	return done_testing();
}
