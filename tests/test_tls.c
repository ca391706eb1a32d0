/* SPDX-License-Identifier: ISC */
/*
 * test_tls.c - the calls of tcpunit-tls.h.  What TLS does for users is tested
 * with the command, in tls.bats.
 */
#include <dlfcn.h>
#include <errno.h>
#include <event2/buffer.h>
#include <openssl/bio.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <tcpunit-tls.h>
#include <unistd.h>

#include "pair.h"
#include "tap.h"
#include "unit.h"

enum { LIMIT_MS = 20000 };

/* A server with a temporary certificate, and a client that trusts it. */
struct ends {
	struct tcp_tls *server, *client;
};

static struct tcp_tls *
make(struct tcp_tls_setup setup)
{
	char reason[TCPUNIT_TLS_TEXT];
	struct tcp_tls *t = tcp_make_tls(&setup, reason);

	if (t == NULL) {
		diag("%s", reason);
		exit(1);
	}
	return t;
}

static struct ends
make_ends(const char *alpn)
{
	struct ends e;
	char file[40];
	int fd = memfd_create("authority", MFD_CLOEXEC);

	e.server = make((struct tcp_tls_setup){
	    TCPUNIT_TLS_SETUP, .server = true, .alpn = alpn});
	dprintf(fd, "%s", tcp_tls_authority(e.server));
	(void)snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	e.client = make((struct tcp_tls_setup){
	    TCPUNIT_TLS_SETUP, .ca_file = file, .alpn = alpn});
	close(fd);
	return e;
}

static void
free_ends(struct ends *e)
{
	tcp_free_tls(e->client);
	tcp_free_tls(e->server);
}

/* One side of a handshake, for a thread of its own. */
struct side {
	tcp_port in, out;
	struct tcp_tls_options options;
	int result, code;
	enum tcp_error_kind kind;
	char text[1000];
};

static void *
start(void *side)
{
	struct side *s = side;

	s->result = tcp_start_tls(s->in, s->out, &s->options);
	s->code = errno;
	s->kind = tcp_last_error()->kind;
	(void)snprintf(s->text, sizeof(s->text), "%s", tcp_last_error()->text);
	return NULL;
}

static struct side
side_of(tcp_port in, tcp_port out, struct tcp_tls *tls)
{
	return (struct side){in, out,
	    {TCPUNIT_TLS_DEFAULTS, .tls = tls, .name = "localhost"}, 0, 0,
	    TCPUNIT_ERROR_NONE, ""};
}

/* Both sides of one handshake. */
struct meeting {
	struct ends ends;
	struct both both;
	struct side server, client;
	tcp_thread thread; /* of the side that begins */
};

static struct meeting
meet(struct ends e)
{
	tcp_listener l = listen_on("127.0.0.1", 0);
	struct meeting m = {.ends = e, .both = both_connect(l, "127.0.0.1")};

	tcp_close(l);
	m.server = side_of(m.both.server_in, m.both.server_out, e.server);
	m.client = side_of(m.both.client_in, m.both.client_out, e.client);
	return m;
}

/* Whether the handshake succeeds, which each side must have begun. */
static bool
agree(struct meeting *m)
{
	tcp_thread_join(m->thread, NULL, LIMIT_MS);
	return m->client.result == 0 && m->server.result == 0;
}

static void
part(struct meeting *m)
{
	both_close(&m->both);
	free_ends(&m->ends);
}

static bool
has_failed(const struct side *s, enum tcp_error_kind kind, int code)
{
	return s->result == -1 && s->kind == kind && s->code == code;
}

/* ---- Setups ---- */

/* Whether the setup is refused with this error and reason. */
static bool
refused(const struct tcp_tls_setup *setup, int code, const char *want)
{
	char reason[TCPUNIT_TLS_TEXT] = "";
	bool null;

	errno = 0;
	null = tcp_make_tls(setup, reason) == NULL && errno == code;
	if (strcmp(reason, want) != 0)
		diag("\"%s\"", reason);
	return null && strcmp(reason, want) == 0;
}

static void
setups(void)
{
	struct {
		struct tcp_tls_setup known;
		int newer;
	} later = {{TCPUNIT_TLS_SETUP}, 1};
	struct tcp_tls_setup s = {TCPUNIT_TLS_SETUP};

	later.known.size = sizeof(later);
	ok(refused(NULL, EINVAL, "not a setup of TLS"), "no setup");
	ok(refused(&(struct tcp_tls_setup){0}, EINVAL, "not a setup of TLS"),
	    "a setup without a size");
	ok(refused(&later.known, EINVAL,
	       "the setup of TLS is newer than the library"),
	    "a member that the library does not know");
	s.key_file = "key.pem";
	ok(refused(&s, EINVAL, "key.pem: a key without a certificate"),
	    "a key needs a certificate");
	s.certificate_file = "/nowhere";
	ok(refused(&s, ENOENT, "/nowhere: No such file or directory"),
	    "a file that is not there");
	s = (struct tcp_tls_setup){TCPUNIT_TLS_SETUP, .alpn = "h2,,x"};
	ok(refused(&s, EINVAL,
	       "'h2,,x' is not a list of names with 1 to 255 bytes"),
	    "an empty name of a protocol");
	tcp_free_tls(NULL);
}

/* ---- Handshakes ---- */

static void
agreed(void)
{
	struct meeting m = meet(make_ends(NULL));
	struct tcp_tls_facts facts;
	char got[4];

	m.client.options.facts = &facts;
	m.thread = tcp_thread_start(start, &m.server);
	start(&m.client);
	ok(agree(&m), "both ends agree");
	is_str(facts.protocol, "TLSv1.3", "on the newest version");
	is_str(facts.name, "localhost", "the client asks for a name");
	is_str(facts.peer, "CN=localhost", "it knows the certificate");
	is_str(facts.alpn, "", "there is no ALPN");
	tcp_write_string(m.client.out, "text");
	tcp_close_output_port(m.client.out);
	is_int(tcp_read_string(m.server.in, got, 4), 4, "bytes go through");
	is_int(tcp_read_byte(m.server.in), TCPUNIT_EOF, "and the end of file");
	part(&m);
}

/* Connections keep what they need of it. */
static void
freed_early(void)
{
	struct meeting m = meet(make_ends("h2,http/1.1"));
	struct tcp_tls_facts facts;

	m.client.options.facts = &facts;
	m.thread = tcp_thread_start(start, &m.server);
	tcp_thread_yield();
	tcp_free_tls(m.ends.server);
	m.ends.server = NULL;
	start(&m.client);
	free_ends(&m.ends);
	ok(agree(&m), "a handshake outlives the TLS that it was started with");
	is_str(facts.alpn, "h2", "with its protocols");
	both_close(&m.both);
}

/* As in STARTTLS: the peer does not wait for an answer. */
static void
read_ahead(void)
{
	struct meeting m = meet(make_ends(NULL));
	char *line;
	size_t len;

	tcp_set_buffer_size(m.client.out, 100);
	tcp_write_string(m.client.out, "STARTTLS\n");
	m.thread = tcp_thread_start(start, &m.client);
	is_int(tcp_read_line(m.server.in, 100, &line, &len), 1,
	    "buffered output is sent in clear");
	start(&m.server);
	ok(agree(&m), "bytes that were read ahead belong to TLS");
	part(&m);
}

/* The end of the handshake, bytes and garbage arrive together. */
static void
bytes_before_garbage(void)
{
	static const char garbage[40] = "\x17\x03\x03\0\x23";
	struct meeting m = meet(make_ends(NULL));
	char got[4];

	m.thread = tcp_thread_start(start, &m.server);
	start(&m.client);
	tcp_write_string(m.both.client_out, "text");
	send(tcp_port_fileno(m.both.client_out), garbage, sizeof(garbage), 0);
	ok(agree(&m), "garbage does not undo a handshake");
	is_int(tcp_read_string(m.both.server_in, got, 4), 4,
	    "bytes that came before the garbage are read");
	ok(failed(tcp_read_byte(m.both.server_in) == -1, TCPUNIT_ERROR_NET,
	       EPROTO),
	    "then it is an error");
	part(&m);
}

/* Nobody else may clear OpenSSL's queue of errors. */
static void
stale_errors(void)
{
	struct meeting m = meet(make_ends(NULL));

	m.thread = tcp_thread_start(start, &m.server);
	tcp_thread_yield();
	ok(BIO_new_file("/nowhere", "r") == NULL, "OpenSSL notes an error");
	start(&m.client);
	ok(BIO_new_file("/nowhere", "r") == NULL, "and another one");
	ok(agree(&m), "which is not taken for one of the handshake");
	ok(BIO_new_file("/nowhere", "r") == NULL, "nor a later one");
	tcp_write_string(m.client.out, "x");
	is_int(tcp_read_byte(m.server.in), 'x', "for one of the data");
	part(&m);
}

/* ---- Failures ---- */

static void
names(void)
{
	struct ends e = make_ends(NULL);
	struct pair p = pair_connect();
	struct side client = side_of(p.in, p.out, e.client);
	char name[300];

	memset(name, 'a', sizeof(name));
	name[256] = '\0';
	client.options.name = name;
	start(&client);
	ok(has_failed(&client, TCPUNIT_ERROR_SYSTEM, EINVAL),
	    "a name is not longer than SNI allows");
	client.options.name = "";
	start(&client);
	ok(has_failed(&client, TCPUNIT_ERROR_SYSTEM, EINVAL),
	    "nor is it empty");
	client.options.name = NULL;
	start(&client);
	ok(has_failed(&client, TCPUNIT_ERROR_SYSTEM, EINVAL),
	    "who checks a certificate knows a name");
	tcp_write_string(p.out, "x");
	is_int(unread(p.peer), 1, "the connection stays a plain one");
	pair_close(&p);
	free_ends(&e);
}

static void
peers_that_leave(void)
{
	struct ends e = make_ends(NULL);
	struct pair p = pair_accept();
	struct side s = side_of(p.in, p.out, e.server);

	pair_send(&p, "\x16\x03\x01", 3);
	pair_finish(&p);
	start(&s);
	ok(has_failed(&s, TCPUNIT_ERROR_NET, ECONNRESET) &&
		strstr(s.text, "the peer left without ending TLS"),
	    "a peer that leaves during the handshake");
	pair_close(&p);
	p = pair_accept();
	s = side_of(p.in, p.out, e.server);
	pair_say(&p, "GET / HTTP/1.0\r\n\r\n");
	start(&s);
	ok(has_failed(&s, TCPUNIT_ERROR_NET, EPROTO) &&
		strstr(s.text, "the peer does not speak TLS"),
	    "a peer that does not speak TLS");
	pair_close(&p);
	p = pair_accept();
	s = side_of(p.in, p.out, e.server);
	pair_reset(&p);
	start(&s);
	ok(has_failed(&s, TCPUNIT_ERROR_NET, ECONNRESET),
	    "a peer that resets the connection");
	pair_close(&p);
	free_ends(&e);
}

static void
waits_that_end(void)
{
	struct ends e = make_ends(NULL);
	struct pair p = pair_connect();
	struct side s = side_of(p.in, p.out, e.client);
	tcp_thread t;

	s.options.timeout = 20;
	start(&s);
	ok(has_failed(&s, TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "a handshake has a time limit");
	pair_close(&p);
	p = pair_connect();
	s = side_of(p.in, p.out, e.client);
	t = tcp_thread_start(start, &s);
	tcp_thread_yield();
	tcp_thread_terminate(t);
	tcp_thread_join(t, NULL, LIMIT_MS);
	ok(s.result == -1 && s.kind == TCPUNIT_ERROR_TERMINATED,
	    "and can be terminated");
	pair_close(&p);
	free_ends(&e);
}

/* ---- Without memory ---- */

enum { RECORD = 20, ROOM = 100000 }; /* sizes that TLS alone asks for */

/* What memory is lacking for. */
static enum { NOTHING, SENDING, RECEIVING, BUFFERS } lacking;
static int spare; /* so many buffers can still be made */

/* These replace libevent's functions, also in its own libraries. */
#define SEEN __attribute__((visibility("default")))

SEEN int
evbuffer_add(struct evbuffer *buf, const void *data, size_t datlen)
{
	static int (*real)(struct evbuffer *, const void *, size_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, __func__);
	if (lacking == SENDING && datlen > RECORD)
		return -1;
	return real(buf, data, datlen);
}

SEEN struct evbuffer *
evbuffer_new(void)
{
	static struct evbuffer *(*real)(void);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, __func__);
	if (lacking == BUFFERS && spare-- <= 0)
		return NULL;
	return real();
}

SEEN void
evbuffer_free(struct evbuffer *buf)
{
	static void (*real)(struct evbuffer *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, __func__);
	spare++;
	real(buf);
}

SEEN int
evbuffer_reserve_space(struct evbuffer *buf, ev_ssize_t size,
    struct evbuffer_iovec *vec, int n_vec)
{
	static int (*real)(
	    struct evbuffer *, ev_ssize_t, struct evbuffer_iovec *, int);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, __func__);
	if (lacking == RECEIVING && size > ROOM)
		return -1;
	return real(buf, size, vec, n_vec);
}

/* Both sides of a handshake that has succeeded. */
static struct meeting
connect_both(void)
{
	struct meeting m = meet(make_ends(NULL));

	m.thread = tcp_thread_start(start, &m.server);
	start(&m.client);
	ok(agree(&m), "both ends agree");
	tcp_set_timeout(m.both.client_in, LIMIT_MS);
	tcp_set_timeout(m.both.server_in, LIMIT_MS);
	return m;
}

static void
finished(void)
{
	struct meeting m = connect_both();
	char got[4];

	tcp_write_string(m.both.client_out, "text");
	is_int(tcp_finish_output(m.both.client_out), 0, "output is finished");
	is_int(tcp_read_string(m.both.server_in, got, 4), 4, "after its bytes");
	is_int(tcp_read_byte(m.both.server_in), TCPUNIT_EOF, "comes the end");
	is_int(tcp_await_acknowledgement(m.both.client_out), 0,
	    "and the acknowledgement can be awaited");
	ok(tcp_write_string(m.both.client_out, "x") == -1,
	    "but nothing can be written");
	tcp_write_string(m.both.server_out, "back");
	is_int(tcp_read_string(m.both.client_in, got, 4), 4,
	    "and the peer still can");
	part(&m);
}

static bool
lacks_memory(bool yes)
{
	lacking = NOTHING;
	return failed(yes, TCPUNIT_ERROR_SYSTEM, ENOMEM);
}

/* The peer must neither wait nor find an end of file. */
static void
is_lost(struct meeting *m, const char *name)
{
	tcp_close_ports(m->both.client_in, m->both.client_out);
	ok(failed(tcp_read_byte(m->both.server_in) == -1, TCPUNIT_ERROR_NET,
	       ECONNRESET),
	    "%s", name);
	part(m);
}

static void
no_memory_to_send(void)
{
	struct meeting m = connect_both();

	lacking = SENDING;
	ok(lacks_memory(tcp_write(m.both.client_out, "x", 1) == -1),
	    "a write fails if there is no memory for its record");
	ok(lacks_memory(tcp_write(m.both.client_out, "y", 1) == -1),
	    "and so do later ones");
	ok(lacks_memory(tcp_read_byte(m.both.client_in) == -1),
	    "a read does not wait for the answer");
	is_lost(&m, "the peer loses the connection");
}

/* The peer that has ended goes on to receive. */
static void
no_memory_to_answer(void)
{
	struct meeting m = connect_both();

	tcp_set_timeout(m.both.client_out, LIMIT_MS);
	tcp_close_output_port(m.both.server_out);
	is_int(tcp_read_byte(m.both.client_in), TCPUNIT_EOF, "the peer ends");
	lacking = SENDING;
	ok(lacks_memory(tcp_write(m.both.client_out, "x", 1) == -1),
	    "a write fails also after the end of the peer");
	is_lost(&m, "which loses the connection");
}

static void
no_memory_to_end(void)
{
	struct meeting m = connect_both();

	lacking = SENDING;
	ok(lacks_memory(tcp_close_output_port(m.both.client_out) == -1),
	    "the end of TLS fails if there is no memory for it");
	ok(lacks_memory(tcp_read_byte(m.both.client_in) == -1),
	    "and so does a read");
	is_lost(&m, "the peer does not take it for an end of file");
	m = connect_both();
	tcp_abandon_port(m.both.client_out);
	tcp_close_output_port(m.both.client_out);
	lacking = SENDING;
	ok(lacks_memory(tcp_close_input_port(m.both.client_in) == -1),
	    "an end that comes with that of the connection fails as well");
	is_lost(&m, "nor does the peer take this one for it");
}

static void
no_memory_to_receive(void)
{
	struct meeting m = connect_both();

	tcp_write(m.both.server_out, "x", 1);
	lacking = RECEIVING;
	ok(lacks_memory(tcp_read_byte(m.both.client_in) == -1),
	    "a read fails if there is no memory for what has come");
	ok(lacks_memory(tcp_write(m.both.client_out, "y", 1) == -1),
	    "and so does a write");
	is_lost(&m, "the peer is not left waiting");
}

static void
no_memory_to_begin(void)
{
	struct ends e = make_ends(NULL);
	struct pair p = pair_connect();
	struct side s = side_of(p.in, p.out, e.client);

	s.options.timeout = LIMIT_MS;
	lacking = SENDING;
	start(&s);
	lacking = NOTHING;
	ok(has_failed(&s, TCPUNIT_ERROR_SYSTEM, ENOMEM),
	    "a handshake fails if there is no memory for its record");
	pair_close(&p);
	free_ends(&e);
}

/* libevent's own buffers are among those that cannot be made. */
static void
no_memory_for_the_layer(void)
{
	struct ends e = make_ends(NULL);
	struct pair p = pair_connect();
	struct side s;
	int i;

	for (i = 0; i < 10; i++) {
		s = side_of(p.in, p.out, e.client);
		s.options.timeout = 0;
		lacking = BUFFERS;
		spare = i;
		start(&s);
		lacking = NOTHING;
		if (!has_failed(&s, TCPUNIT_ERROR_SYSTEM, ENOMEM))
			break;
	}
	ok(i > 0 && has_failed(&s, TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT),
	    "without memory for %d buffers there is no layer, and no crash", i);
	pair_close(&p);
	free_ends(&e);
}

/* ---- OS threads ---- */

static void *
meet_often(void *ends)
{
	const struct ends *e = ends;
	size_t met = 0;

	for (int i = 0; i < 20; i++) {
		struct meeting m = meet(*e);

		m.thread = tcp_thread_start(start, &m.server);
		start(&m.client);
		met += agree(&m);
		both_close(&m.both);
	}
	return (void *)met;
}

static void
shared(void)
{
	struct ends e = make_ends("h2");
	pthread_t threads[2];
	void *met;

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, meet_often, &e);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], &met);
		is_int((int)(size_t)met, 20, "an OS thread uses the same TLS");
	}
	free_ends(&e);
}

int
main(void)
{
	run(setups);
	run(agreed);
	run(finished);
	run(freed_early);
	run(read_ahead);
	run(bytes_before_garbage);
	run(stale_errors);
	run(names);
	run(peers_that_leave);
	run(waits_that_end);
	run(no_memory_to_send);
	run(no_memory_to_answer);
	run(no_memory_to_end);
	run(no_memory_to_receive);
	run(no_memory_to_begin);
	run(no_memory_for_the_layer);
	run(shared);
	return done_testing();
}
