/* SPDX-License-Identifier: ISC */
/*
 * Sockets that behave as on Linux.  The bytes that came before a reset can
 * still be read; a reset is reported once, and reads as an end of file from
 * then on. Closing a socket that has unread bytes causes a reset.
 */
#include "socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "memory.h"
#include "network.h"
#include "random.h"
#include "weather.h"

enum { ORPHAN = 60 }; /* seconds that a closed end waits for the peer's FIN */

static struct sim_socket *all;

const void *(*sim_maker)(void);

static short poll_socket(const struct sim_file *);
static short poll_connected(const struct sim_socket *);
static ssize_t read_socket(struct sim_file *, void *, size_t, bool);
static ssize_t write_socket(struct sim_file *, const void *, size_t);
static void close_socket(struct sim_file *);
static bool readable_by(const struct sim_file *, int64_t);
static void close_listener(struct sim_socket *);
static ssize_t fail(struct sim_socket *, int);
static void die(struct sim_socket *, int);
static void send_reset(struct sim_socket *);
static void reset_arrives(void *);
static void send_syn(struct sim_socket *);
static void syn_arrives(void *);
static void try_again(void *);
static void refused(void *);
static void unreachable(void *);
static void answered(void *);
static void queued(void *);
static struct sim_socket *meet(struct sim_socket *, struct sim_socket *);
static union sim_address seen_by(int, const union sim_address *);
static void join(struct sim_socket *, struct sim_socket *);
static void network_breaks(void *);

static const struct sim_file_kind kind = {
    .name = "socket",
    .mode = S_IFSOCK,
    .poll = poll_socket,
    .read = read_socket,
    .write = write_socket,
    .close = close_socket,
    .readable_by = readable_by,
};

struct sim_socket *
sim_socket_new(int family)
{
	struct sim_socket *s = sim_memory(sizeof(*s));

	s->file = sim_file_new(&kind, s);
	s->family = family;
	s->made = sim_now();
	s->local.sa.sa_family = (sa_family_t)family;
	s->established = s->died = SIM_NEVER;
	s->next = all;
	all = s;
	sim_file_changed(s->file);
	return s;
}

struct sim_socket *
sim_sockets(void)
{
	return all;
}

struct sim_socket *
sim_socket_of(struct sim_file *f)
{
	if (f != NULL && f->kind == &kind)
		return f->object;
	errno = ENOTSOCK;
	return NULL;
}

int
sim_socket_bind(struct sim_socket *s, const union sim_address *a)
{
	if (a->sa.sa_family != s->family || s->bound) {
		errno = EINVAL;
		return -1;
	}
	return sim_network_bind(s, a);
}

int
sim_socket_listen(struct sim_socket *s, int backlog)
{
	if (!s->bound)
		sim_network_set_port(&s->local, (int)sim_network_free_port());
	s->bound = true;
	s->state = SIM_LISTENING;
	s->backlog = backlog < SIM_MAX_QUEUE - 2 ? backlog : SIM_MAX_QUEUE - 2;
	sim_file_changed(s->file);
	return 0;
}

int
sim_socket_connect(struct sim_socket *s, const union sim_address *a)
{
	if (s->state != SIM_FRESH) {
		errno = s->state == SIM_CONNECTING ? EALREADY : EISCONN;
		return -1;
	}
	if (sim_network_host(a) == SIM_HOST_UNREACHABLE && sim_chance(5000)) {
		errno = ENETUNREACH;
		return -1;
	}
	s->remote = *a;
	if (!s->bound) {
		s->local = *a; /* on one machine both addresses are the same */
		sim_network_set_port(&s->local, (int)sim_network_free_port());
		s->bound = true;
	}
	s->state = SIM_CONNECTING;
	sim_file_changed(s->file);
	send_syn(s);
	errno = EINPROGRESS;
	return -1;
}

struct sim_socket *
sim_socket_accept(struct sim_socket *s)
{
	struct sim_socket *first = s->queue[0];
	unsigned i;

	errno = s->state == SIM_LISTENING ? EAGAIN : EINVAL;
	if (s->n_queue == 0)
		return NULL;
	for (i = 1; i < s->n_queue; i++)
		s->queue[i - 1] = s->queue[i];
	s->n_queue--;
	sim_file_changed(s->file);
	return first;
}

int
sim_socket_shutdown(struct sim_socket *s, int how)
{
	if (s->state != SIM_CONNECTED) {
		errno = ENOTCONN;
		return -1;
	}
	if (how != SHUT_WR)
		s->read_shut = true;
	if (how != SHUT_RD && !s->write_shut) {
		s->write_shut = true;
		sim_stream_finish(s->out);
	}
	sim_file_changed(s->file);
	return 0;
}

uint64_t
sim_socket_queue(const struct sim_socket *s)
{
	uint64_t arrived = s->out->arrived;

	if (s->peer->closed && arrived > s->peer->taken)
		arrived = s->peer->taken;
	return s->out->written - arrived + (s->out->finished && !s->out->ended);
}

bool
sim_socket_is_over(const struct sim_socket *s)
{
	return s->state == SIM_DEAD ||
	    (s->state == SIM_CONNECTED && s->in->ended && s->out->ended);
}

void
sim_socket_probe(struct sim_socket *s)
{
	if (!s->keepalive || s->state != SIM_CONNECTED || !s->peer->closed ||
	    sim_now() < s->peer->closed_at + ORPHAN * SIM_S)
		return;
	s->probed = true;
	sim_socket_reset(s);
}

void
sim_socket_reset(struct sim_socket *s)
{
	if (s->state != SIM_CONNECTED)
		return;
	sim_stream_cut(s->in);
	/* After an end of file, a reset causes a different error. */
	die(s, s->in->ended && !s->write_shut ? EPIPE : ECONNRESET);
}

void
sim_socket_pair(struct sim_socket *pair[2])
{
	pair[0] = sim_socket_new(AF_INET);
	pair[1] = sim_socket_new(AF_INET);
	join(pair[0], pair[1]);
}

static short
poll_socket(const struct sim_file *f)
{
	const struct sim_socket *s = f->object;

	switch (s->state) {
	case SIM_FRESH:
		return POLLOUT | POLLHUP;
	case SIM_LISTENING:
		return s->n_queue > 0 ? POLLIN : 0;
	case SIM_CONNECTING:
		return 0;
	case SIM_CONNECTED:
		return poll_connected(s);
	default:
		return (short)(POLLIN | POLLOUT | POLLHUP | POLLRDHUP |
		    (s->error ? POLLERR : 0));
	}
}

static short
poll_connected(const struct sim_socket *s)
{
	bool in = s->in->ended || s->read_shut;
	short ready = 0;

	if (in || sim_stream_there(s->in) > 0)
		ready |= POLLIN;
	if (in)
		ready |= POLLRDHUP;
	if (in && s->write_shut)
		ready |= POLLHUP;
	if (s->write_shut || sim_stream_room(s->out) * 3 >= s->out->capacity)
		ready |= POLLOUT;
	return ready;
}

static ssize_t
read_socket(struct sim_file *f, void *buf, size_t n, bool peek)
{
	struct sim_socket *s = f->object;

	if (s->state == SIM_FRESH || s->state == SIM_LISTENING)
		return fail(s, ENOTCONN);
	if (s->in != NULL && sim_stream_there(s->in) > 0)
		return (ssize_t)sim_stream_get(
		    s->in, buf, peek ? n : sim_weather_piece(n), peek);
	if (s->error != 0)
		return fail(s, s->error);
	if (s->state == SIM_DEAD || s->read_shut ||
	    (s->in != NULL && s->in->ended))
		return 0;
	return fail(s, EAGAIN);
}

static ssize_t
write_socket(struct sim_file *f, const void *data, size_t n)
{
	struct sim_socket *s = f->object;
	size_t done;

	if (s->error != 0)
		return fail(s, s->error);
	if (s->state == SIM_CONNECTING)
		return fail(s, EAGAIN);
	if (s->state != SIM_CONNECTED || s->write_shut)
		return fail(s, EPIPE);
	done = sim_stream_put(s->out, data, sim_weather_piece(n));
	if (done == 0 && n > 0)
		return fail(s, EAGAIN);
	/* The peer is closed, so nobody takes these bytes. */
	if (s->peer->closed)
		sim_at(sim_stream_arrival(s->in), reset_arrives, s);
	return (ssize_t)done;
}

static void
close_socket(struct sim_file *f)
{
	struct sim_socket *s = f->object;

	s->closed = true;
	s->closed_at = sim_now();
	if (s->state == SIM_LISTENING)
		close_listener(s);
	if (s->in == NULL) {
		s->state = SIM_DEAD;
		return;
	}
	s->taken = s->in->arrived;
	if (s->state != SIM_CONNECTED) {
		s->state = SIM_DEAD;
		return;
	}
	if (s->write_shut && s->in->ended) {
		s->state = SIM_DEAD;
		return;
	}
	if (s->linger || sim_stream_there(s->in) > 0) {
		send_reset(s);
		s->state = SIM_DEAD;
		return;
	}
	s->write_shut = true;
	sim_stream_finish(s->out);
	/* The bytes still under way to this end are answered by a reset. */
	if (s->in->written > s->in->got)
		sim_at(sim_stream_arrival(s->out), reset_arrives, s->peer);
}

static bool
readable_by(const struct sim_file *f, int64_t when)
{
	const struct sim_socket *s = f->object;

	if (s->in == NULL)
		return f->in_since <= when;
	return sim_stream_arrived_by(s->in, when) > s->in->got ||
	    (s->in->ended && s->in->ended_at <= when) || s->died <= when;
}

static void
close_listener(struct sim_socket *s)
{
	unsigned i;

	for (i = 0; i < s->n_queue; i++) {
		s->queue[i]->closed = true;
		send_reset(s->queue[i]);
		s->queue[i]->state = SIM_DEAD;
	}
	s->n_queue = 0;
}

/* An error is reported once. */
static ssize_t
fail(struct sim_socket *s, int error)
{
	if (error == s->error) {
		s->error = 0;
		sim_file_changed(s->file);
	}
	errno = error;
	return -1;
}

static void
die(struct sim_socket *s, int error)
{
	s->state = SIM_DEAD;
	s->died = sim_now();
	s->error = error;
	s->reset = true;
	sim_file_changed(s->file);
}

/* A reset may overtake the bytes under way, or arrive after them. */
static void
send_reset(struct sim_socket *s)
{
	int64_t at = sim_now() + s->out->latency;

	if (s->out->last_at < at || sim_chance(5000))
		at = sim_stream_arrival(s->out);
	sim_at(at, reset_arrives, s->peer);
}

static void
reset_arrives(void *socket)
{
	sim_socket_reset(socket);
}

static void
send_syn(struct sim_socket *s)
{
	int64_t at = sim_now() + sim_weather.latency;

	s->tries++;
	if (at == sim_now())
		syn_arrives(s);
	else
		sim_at(at, syn_arrives, s);
}

static void
syn_arrives(void *socket)
{
	struct sim_socket *s = socket, *l, *t;
	int64_t back = sim_now() + sim_weather.latency;
	enum sim_host host = sim_network_host(&s->remote);

	if (s->closed)
		return;
	l = host == SIM_HOST_HERE ? sim_network_listener(&s->remote) : NULL;
	if (host == SIM_HOST_UNREACHABLE) {
		sim_at(back, unreachable, s);
	} else if (host == SIM_HOST_REFUSES || (host == SIM_HOST_HERE && !l)) {
		sim_at(back, refused, s);
	} else if (l == NULL || (int)(l->n_queue + l->n_coming) > l->backlog) {
		sim_at(sim_now() + (SIM_S << (s->tries - 1)), try_again, s);
	} else {
		t = meet(s, l);
		l->n_coming++;
		sim_at(back, answered, s);
		sim_at(back + sim_weather.latency, queued, t);
	}
}

static void
try_again(void *socket)
{
	struct sim_socket *s = socket;

	if (s->closed)
		return;
	if (s->tries < 7)
		send_syn(s);
	else
		die(s, ETIMEDOUT);
}

static void
refused(void *socket)
{
	struct sim_socket *s = socket;

	if (!s->closed)
		die(s, ECONNREFUSED);
}

static void
unreachable(void *socket)
{
	struct sim_socket *s = socket;

	if (!s->closed)
		die(s, EHOSTUNREACH);
}

/* The client's end of the connection is established. */
static void
answered(void *socket)
{
	struct sim_socket *s = socket;

	if (s->closed || s->state != SIM_CONNECTING) {
		sim_socket_reset(s->peer);
		return;
	}
	s->state = SIM_CONNECTED;
	s->established = sim_now();
	sim_file_changed(s->file);
}

/* The server's end of the connection waits to be accepted. */
static void
queued(void *socket)
{
	struct sim_socket *t = socket, *l = t->next_listener;

	l->n_coming--;
	if (l->state != SIM_LISTENING) {
		t->closed = true;
		send_reset(t);
		t->state = SIM_DEAD;
		return;
	}
	t->established = sim_now();
	l->queue[l->n_queue++] = t;
	sim_file_changed(l->file);
}

/* Makes the server's end of a connection that is being established. */
static struct sim_socket *
meet(struct sim_socket *s, struct sim_socket *l)
{
	struct sim_socket *t = sim_socket_new(l->family);

	t->local = seen_by(l->family, &s->remote);
	t->remote = seen_by(l->family, &s->local);
	t->bound = true;
	t->next_listener = l;
	join(s, t);
	s->state = SIM_CONNECTING;
	sim_file_changed(s->file);
	return t;
}

/* A socket for both families shows IPv4 addresses as mapped IPv6 addresses. */
static union sim_address
seen_by(int family, const union sim_address *a)
{
	union sim_address mapped = {.in6 = {.sin6_family = AF_INET6}};

	if (family != AF_INET6 || a->sa.sa_family == AF_INET6)
		return *a;
	mapped.in6.sin6_port = a->in.sin_port;
	mapped.in6.sin6_addr.s6_addr[10] = 0xff;
	mapped.in6.sin6_addr.s6_addr[11] = 0xff;
	memcpy(&mapped.in6.sin6_addr.s6_addr[12], &a->in.sin_addr, 4);
	return mapped;
}

static void
join(struct sim_socket *a, struct sim_socket *b)
{
	struct sim_socket *s[2] = {a, b};
	int i;

	for (i = 0; i < 2; i++) {
		s[i]->peer = s[1 - i];
		s[i]->out = sim_stream_new(sim_weather.buffer,
		    sim_weather.latency, sim_weather.jitter);
	}
	for (i = 0; i < 2; i++) {
		s[i]->in = s[1 - i]->out;
		s[i]->in->reader = s[i]->file;
		s[i]->out->writer = s[i]->file;
		s[i]->state = SIM_CONNECTED;
		if (sim_chance(sim_weather.reset)) {
			s[i]->in->reset_at = 1 + sim_below(20000);
			s[i]->in->broken = network_breaks;
			s[i]->in->owner = s[i];
		}
		sim_file_changed(s[i]->file);
	}
}

/* Both ends get the reset, each at a time of its own. */
static void
network_breaks(void *socket)
{
	struct sim_socket *s = socket;

	s->in->broken = NULL;
	sim_at(sim_now() + sim_between(0, 2 * s->in->latency), reset_arrives,
	    s->peer);
	reset_arrives(s);
}
