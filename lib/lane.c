/* SPDX-License-Identifier: ISC */
#include "lane.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "ahead.h"
#include "layers.h"

enum {
	PIECES = 16,       /* of one system call */
	LEAST = 16 * 1024, /* that a layer gets at a time */
	MOST = 64 * 1024,
	WITHHELD = 256 * 1024, /* then a writer does not feed the layers */
#ifdef TCPUNIT_TINY            /* calls of one byte */
	TRIES = 4096,
#else
	TRIES = 16,
#endif
};

static void give_back(struct tu_connection *);
static int begin(struct tu_connection *);
static void drop_output(struct tu_connection *);
static ssize_t receive(struct tu_connection *, void *, size_t);
static ssize_t take(struct tu_connection *, struct evbuffer *, void *, size_t);
static ssize_t fail(struct tu_connection *);
static int feed(struct tu_connection *);
static int read_socket(struct tu_connection *);
static int feed_for_output(struct tu_connection *);
static bool may_feed(const struct tu_connection *);
static ssize_t give(struct tu_connection *, const struct iovec *, int);
static int push(struct tu_connection *);
static void fail_to_send(struct tu_connection *);
static ssize_t transmit(struct tu_connection *, const struct iovec *, int);
static int trim(struct iovec *, const struct iovec *, int, size_t);
static bool is_kept(const struct tu_lane *);
static void lack_of(const struct tu_connection *, int, short, struct tu_lack *);

static struct evbuffer *
raw_input(const struct tu_connection *c)
{
	return bufferevent_get_input(c->bev);
}

static struct evbuffer *
raw_output(const struct tu_connection *c)
{
	return bufferevent_get_output(c->bev);
}

int
tu_lane_make(struct tu_connection *c, struct tu_scheduler *s)
{
	struct tu_lane *l;

	if (c->lane != NULL)
		return 0;
	l = calloc(1, sizeof(*l));
	if (l == NULL || tu_connection_transform(c, s) == -1) {
		free(l);
		return -1;
	}
	l->scheduler = s;
	l->claim = s->claims;
	l->piece = LEAST;
	c->lane = l;
	return 0;
}

void
tu_lane_free(struct tu_connection *c)
{
	if (c->lane == NULL)
		return;
	tu_rate_free(&c->lane->rate, c->bev);
	if (c->lane->top != NULL)
		give_back(c);
	free(c->lane);
	c->lane = NULL;
}

/* The buffers of the ports were the lowest bufferevent's before there were
 * layers. */
static void
give_back(struct tu_connection *c)
{
	evbuffer_free(c->unread);
	evbuffer_free(c->unsent);
	c->unread = raw_input(c);
	c->unsent = raw_output(c);
	tu_layers_free(c);
}

ssize_t
tu_lane_read(struct tu_connection *c, void *buf, size_t n)
{
	struct tu_lane *l = c->lane;
	struct evbuffer *input = bufferevent_get_input(tu_layers_top(c));

	if (l->top == NULL)
		return receive(c, buf, n);
	if (begin(c) == -1)
		return -1;
	(void)push(c); /* if it fails, the next write reports it */
	for (int i = 0; i < TRIES; i++) {
		if (evbuffer_get_length(input) > 0)
			return take(c, input, buf, n);
		if (l->failed)
			return fail(c);
		if (l->end)
			return 0;
		if (feed(c) == -1)
			return -1;
	}
	l->again = true;
	errno = EAGAIN;
	return -1;
}

/* -1 with errno EAGAIN if a layer's function calls.  In a child of fork(2),
 * unsent bytes are the parent's, which sends them. */
static int
begin(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;

	errno = EAGAIN;
	if (l->active)
		return -1;
	l->full = false;
	if (l->claim != l->scheduler->claims)
		drop_output(c);
	l->claim = l->scheduler->claims;
	return 0;
}

static void
drop_output(struct tu_connection *c)
{
	(void)evbuffer_drain(
	    raw_output(c), evbuffer_get_length(raw_output(c))); /* not frozen */
	c->lane->given = 0;
}

/* Reads from the socket as many bytes as there are tokens. */
static ssize_t
receive(struct tu_connection *c, void *buf, size_t n)
{
	struct tu_rate *rate = &c->lane->rate;
	size_t most = tu_rate_tokens(rate, c->bev, TU_RATE_INPUT);
	ssize_t r;

	errno = EAGAIN;
	if (most == 0 && n > 0)
		return -1;
	r = tu_connection_read(c, buf, n < most ? n : most);
	if (r > 0)
		tu_rate_take(rate, c->bev, TU_RATE_INPUT, (size_t)r);
	return r;
}

/* Draining the buffer lets the layers fill it again. */
static ssize_t
take(struct tu_connection *c, struct evbuffer *input, void *buf, size_t n)
{
	struct tu_lane *l = c->lane;
	int taken;

	tu_layers_enter(l);
	taken = evbuffer_remove(input, buf, n < INT_MAX ? n : INT_MAX);
	tu_layers_leave(l);
	if (l->starved && may_feed(c)) {
		l->starved = false;
		l->changed(c);
	}
	return taken;
}

/* A layer's last bytes say why, such as an alert of TLS. */
static ssize_t
fail(struct tu_connection *c)
{
	if (evbuffer_get_length(raw_output(c)) > 0)
		(void)push(c); /* as far as there is room */
	errno = c->lane->code;
	return -1;
}

/*
 * Lets the layers have bytes that they have left or that have come, or report
 * the socket's end.  0; or -1 with errno.  The end comes after all bytes: those
 * that are left then are a part that means nothing to the layers.
 */
static int
feed(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;
	struct evbuffer *top = bufferevent_get_input(tu_layers_top(c));

	if (evbuffer_get_length(raw_input(c)) > 0) {
		tu_layers_offer(c, EV_READ);
		if (evbuffer_get_length(top) > 0 || l->end || l->failed)
			return 0;
	}
	errno = EAGAIN;
	if (l->told)
		return -1;
	if (!l->over)
		return read_socket(c);
	tu_layers_tell(c);
	return 0;
}

static int
read_socket(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;
	struct evbuffer_iovec space;
	ssize_t n;

	errno = ENOMEM;
	if (evbuffer_reserve_space(raw_input(c), TU_SCRATCH, &space, 1) != 1)
		return -1;
	n = receive(c, space.iov_base, TU_SCRATCH);
	tu_charge(l->scheduler, 0); /* the layers may swallow them */
	if (n == -1 && c->error == 0)
		return -1; /* this call alone has failed, or has to wait */
	if (n == 0 && l->deaf) { /* that is no end of the peer's */
		l->told = true;
		errno = EAGAIN;
		return -1;
	}
	l->over = n <= 0;
	l->error = n == -1 ? c->error : 0;
	if (n <= 0)
		return 0;
	space.iov_len = (size_t)n;
	(void)evbuffer_commit_space(raw_input(c), &space, 1); /* reserved */
	if (l->skip_lf && *(char *)space.iov_base == '\n')
		(void)evbuffer_drain(raw_input(c), 1); /* not frozen */
	l->skip_lf = false;
	tu_layers_offer(c, EV_READ);
	return 0;
}

ssize_t
tu_lane_write(struct tu_connection *c, struct iovec *iov, int n)
{
	struct tu_lane *l = c->lane;
	struct evbuffer *output = bufferevent_get_output(tu_layers_top(c));
	int pushed;

	if (l->top == NULL)
		return transmit(c, iov, n);
	if (begin(c) == -1)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		if (l->failed)
			return fail(c);
		pushed = push(c);
		if (pushed == -1)
			return -1;
		if (pushed == 1)
			continue;
		if (n > 0 && evbuffer_get_length(output) < MOST)
			return give(c, iov, n);
		if (n == 0 && !tu_lane_unsent(c))
			return 0;
		if (feed_for_output(c) == -1)
			return -1;
	}
	l->again = true;
	errno = EAGAIN;
	return -1;
}

/* A handshake that ends with the input has failed.  The input may say why its
 * output is lost. */
int
tu_lane_shake(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;

	if (begin(c) == -1)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		if (l->failed)
			return (int)fail(c);
		if (l->end && !l->connected) {
			errno = ECONNRESET;
			return -1;
		}
		if (push(c) == -1 &&
		    (l->connected || (errno != EAGAIN && !l->lost)))
			return -1;
		if (l->connected && !tu_lane_unsent(c))
			return 0;
		if (!l->connected && feed(c) == -1)
			return -1;
	}
	l->again = true;
	errno = EAGAIN;
	return -1;
}

/* A layer that takes no bytes may be waiting for some from the peer.  Its own
 * are dropped once nobody can read them. */
static int
feed_for_output(struct tu_connection *c)
{
	struct evbuffer *input = bufferevent_get_input(tu_layers_top(c));

	errno = EAGAIN;
	if (!may_feed(c))
		return -1;
	tu_layers_enter(c->lane);
	(void)evbuffer_drain(
	    input, evbuffer_get_length(input)); /* not frozen */
	tu_layers_leave(c->lane);
	return feed(c);
}

/* Whether a writer may read for the layers, as few bytes wait for a reader. */
static bool
may_feed(const struct tu_connection *c)
{
	return c->input == NULL ||
	    (evbuffer_get_length(raw_input(c)) < WITHHELD &&
		evbuffer_get_length(bufferevent_get_input(tu_layers_top(c))) ==
		    0);
}

/*
 * Lets the highest layer take bytes, and returns their number.  It takes few of
 * them, and none if a third of the socket's buffer is not free, so that their
 * output most likely fits there: the layer cannot give them back if the time
 * limit runs out.
 */
static ssize_t
give(struct tu_connection *c, const struct iovec *iov, int n)
{
	struct bufferevent *top = tu_layers_top(c);
	size_t given = 0, size, most = c->lane->piece;

	c->lane->full = !tu_descriptor_writable(&c->descriptor);
	errno = EAGAIN;
	if (c->lane->full)
		return -1;

	tu_layers_enter(c->lane);
	for (int i = 0; i < n && given < most; i++) {
		size = iov[i].iov_len;
		if (size > most - given)
			size = most - given;
		if (bufferevent_write(top, iov[i].iov_base, size) == -1)
			break;
		given += size;
	}
	tu_layers_leave(c->lane);
	c->lane->given += given;
	if (c->lane->failed)
		return fail(c);
	errno = ENOMEM;
	return given > 0 ? (ssize_t)given : -1;
}

/* Sends bytes of the lowest buffer: 1; 0 if there are none; -1 with errno.  If
 * the peer has gone, they are dropped. */
static int
push(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;
	struct evbuffer *output = raw_output(c);
	struct evbuffer_iovec v[PIECES];
	ssize_t sent;
	int n;

	if (evbuffer_get_length(output) == 0 && is_kept(l))
		tu_layers_offer(c, EV_WRITE);
	errno = EPIPE;
	if (l->lost)
		return -1;
	if (evbuffer_get_length(output) == 0)
		return 0;
	n = evbuffer_peek(output, -1, NULL, v, PIECES);
	sent = transmit(c, v, n < PIECES ? n : PIECES);
	tu_charge(l->scheduler, sent > 0 ? (size_t)sent : 0);
	if (sent == -1) {
		fail_to_send(c);
		return -1;
	}
	(void)evbuffer_drain(output, (size_t)sent); /* not frozen */
	if (evbuffer_get_length(output) > 0)
		return 1;
	if (l->given >= l->piece && l->piece < MOST)
		l->piece *= 2;
	l->given = 0;
	tu_layers_offer(c, EV_WRITE);
	return 1;
}

static void
fail_to_send(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;

	l->piece = LEAST;
	if (errno == EAGAIN || errno == ENOMEM || errno == ENOBUFS)
		return;
	l->lost = true;
	l->given_lost = l->given;
	drop_output(c);
}

size_t
tu_lane_lost(struct tu_connection *c)
{
	size_t lost = c->lane->given_lost;

	c->lane->given_lost = 0;
	return lost;
}

/* Writes to the socket as many bytes as there are tokens. */
static ssize_t
transmit(struct tu_connection *c, const struct iovec *iov, int n)
{
	struct tu_rate *rate = &c->lane->rate;
	size_t most = tu_rate_tokens(rate, c->bev, TU_RATE_OUTPUT);
	struct iovec v[PIECES];
	ssize_t r;

	errno = EAGAIN;
	if (most == 0)
		return -1;
	r = tu_connection_write(c, v, trim(v, iov, n, most));
	if (r > 0)
		tu_rate_take(rate, c->bev, TU_RATE_OUTPUT, (size_t)r);
	return r;
}

/* Copies pieces of at most MOST bytes, and returns their number. */
static int
trim(struct iovec *to, const struct iovec *from, int n, size_t most)
{
	int i;

	for (i = 0; i < n && i < PIECES && most > 0; i++) {
		to[i] = from[i];
		if (to[i].iov_len > most)
			to[i].iov_len = most;
		most -= to[i].iov_len;
	}
	return i;
}

bool
tu_lane_unsent(const struct tu_connection *c)
{
	return c->lane->top != NULL &&
	    (evbuffer_get_length(raw_output(c)) > 0 || is_kept(c->lane));
}

/* Whether a layer keeps output that has to be sent. */
static bool
is_kept(const struct tu_lane *l)
{
	const struct tu_layer *layer;
	bool has_to = l->ended;

	for (layer = l->top; layer != NULL; layer = layer->below) {
		has_to |= l->ending && layer->finish != NULL;
		if (has_to &&
		    evbuffer_get_length(bufferevent_get_output(layer->bev)) > 0)
			return true;
	}
	return false;
}

struct tu_lack
tu_lane_lacks(const struct tu_connection *c, bool input, bool output)
{
	struct tu_lane *l = c->lane;
	bool unsent = output;
	struct tu_lack lack = {.until = l->again ? 0 : TU_NEVER};

	if (l->again) {
		l->again = false;
		return lack;
	}
	if (l->top != NULL)
		unsent = evbuffer_get_length(raw_output(c)) > 0 ||
		    (output && l->full);
	if (!input && !unsent) { /* see feed_for_output */
		input = may_feed(c);
		l->starved = !input;
	}
	if (input && !l->told)
		lack_of(c, TU_RATE_INPUT, EV_READ, &lack);
	if (unsent && !l->lost)
		lack_of(c, TU_RATE_OUTPUT, EV_WRITE, &lack);
	return lack;
}

/* Adds that a direction of the socket has to be ready, or have tokens. */
static void
lack_of(const struct tu_connection *c, int direction, short what,
    struct tu_lack *lack)
{
	struct tu_rate *rate = &c->lane->rate;

	if (tu_rate_tokens(rate, c->bev, direction) > 0)
		lack->what |= what;
	else
		lack->until = tu_rate_next(rate);
}

bool
tu_lane_holds_open(const struct tu_connection *c)
{
	return c->lane != NULL && c->lane->ending && !c->lane->ended;
}

const char *
tu_lane_reason(const struct tu_connection *c, int code)
{
	const struct tu_lane *l = c->lane;

	if (l->failed && code == l->code && l->reason[0] != '\0')
		return l->reason;
	return NULL;
}
