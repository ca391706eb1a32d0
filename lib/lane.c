/* SPDX-License-Identifier: ISC */
#include "lane.h"

#include <event2/buffer.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "layers.h"
#include "wire.h"

enum {
	WITHHELD = 256 * 1024, /* then a writer does not feed the layers */
	PAUSE = 1000, /* ms: no event says that the socket has failed */
#ifdef TCPUNIT_TINY   /* calls of one byte */
	TRIES = 4096,
#else
	TRIES = 16,
#endif
};

static void give_back(struct tu_connection *);
static int begin(struct tu_connection *);
static int turn_over(struct tu_lane *);
static ssize_t take(struct tu_connection *, struct evbuffer *, void *, size_t);
static ssize_t fail(struct tu_connection *);
static int feed(struct tu_connection *);
static int feed_for_output(struct tu_connection *);
static bool may_feed(const struct tu_connection *);
static ssize_t give(struct tu_connection *, const struct iovec *, int);
static void lack_of(const struct tu_connection *, int, short, struct tu_lack *);

int
tu_lane_make(struct tu_connection *c, struct tu_scheduler *s)
{
	struct tu_lane *l;

	if (c->lane != NULL) {
		tu_lane_claim(c);
		return 0;
	}
	l = calloc(1, sizeof(*l));
	if (l == NULL || tu_connection_transform(c, s) == -1) {
		free(l);
		return -1;
	}
	l->scheduler = s;
	l->claim = s->claims;
	l->piece = TU_LEAST_PIECE;
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

/* Before there were layers, the ports used the buffers of the lowest
 * bufferevent. */
static void
give_back(struct tu_connection *c)
{
	evbuffer_free(c->unread);
	evbuffer_free(c->unsent);
	c->unread = tu_wire_input(c);
	c->unsent = tu_wire_output(c);
	tu_layers_free(c);
}

ssize_t
tu_lane_read(struct tu_connection *c, void *buf, size_t n)
{
	struct tu_lane *l = c->lane;
	struct evbuffer *input = bufferevent_get_input(tu_layers_top(c));

	if (l->top == NULL)
		return tu_wire_receive(c, buf, n);
	if (begin(c) == -1)
		return -1;
	(void)tu_wire_push(c); /* if it fails, the next write reports it */
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
	return turn_over(l);
}

void
tu_lane_claim(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;

	if (l->claim != l->scheduler->claims && l->top != NULL)
		tu_wire_drop(c);
	l->claim = l->scheduler->claims;
}

/* Returns -1 with errno EAGAIN if a function of a layer calls it. */
static int
begin(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;

	errno = EAGAIN;
	if (tu_lane_active(c))
		return -1;
	l->full = false;
	tu_lane_claim(c);
	return 0;
}

static int
turn_over(struct tu_lane *l)
{
	l->again = true;
	errno = EAGAIN;
	return -1;
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

/* The last bytes of a layer say why it failed, such as an alert of TLS. */
static ssize_t
fail(struct tu_connection *c)
{
	if (evbuffer_get_length(tu_wire_output(c)) > 0)
		(void)tu_wire_push(c); /* as far as there is room */
	errno = c->lane->code;
	return -1;
}

/*
 * Lets the layers process bytes that they left before or that have come, or
 * report the end of the socket.  0; or -1 with errno.  The end comes after all
 * bytes: if the layers leave some then, these are an incomplete part.
 */
static int
feed(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;
	struct evbuffer *top = bufferevent_get_input(tu_layers_top(c));

	if (evbuffer_get_length(tu_wire_input(c)) > 0) {
		tu_layers_offer(c, EV_READ);
		if (evbuffer_get_length(top) > 0 || l->end || l->failed)
			return 0;
	}
	if (l->told)
		return tu_wire_look(c);
	if (!l->over)
		return tu_wire_read(c);
	tu_layers_tell(c);
	return 0;
}

ssize_t
tu_lane_write(struct tu_connection *c, struct iovec *iov, int n)
{
	struct tu_lane *l = c->lane;
	struct evbuffer *output = bufferevent_get_output(tu_layers_top(c));
	int pushed;

	if (l->top == NULL)
		return tu_wire_transmit(c, iov, n);
	if (begin(c) == -1)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		if (l->failed)
			return fail(c);
		pushed = tu_wire_push(c);
		if (pushed == -1)
			return -1;
		if (pushed == 1)
			continue;
		if (n > 0 && evbuffer_get_length(output) < TU_MOST_PIECE)
			return give(c, iov, n);
		if (n == 0 && !tu_lane_unsent(c))
			return 0;
		if (feed_for_output(c) == -1)
			return -1;
	}
	return turn_over(l);
}

/* A handshake that ends with the input has failed.  The input may say why its
 * output is lost.  A layer that fails after its handshake may have made bytes,
 * which are read before the error. */
int
tu_lane_shake(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;

	if (begin(c) == -1)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		if (l->failed && !l->connected)
			return (int)fail(c);
		if (l->end && !l->connected) {
			errno = ECONNRESET;
			return -1;
		}
		if (tu_wire_push(c) == -1 &&
		    (l->connected || (errno != EAGAIN && !l->lost)))
			return -1;
		if (l->connected && !tu_lane_unsent(c))
			return 0;
		if (!l->connected && feed(c) == -1)
			return -1;
	}
	return turn_over(l);
}

/* A layer that takes no bytes of the writer may be waiting for bytes of the
 * peer.  What it makes of these is dropped if nobody can read it. */
static int
feed_for_output(struct tu_connection *c)
{
	struct evbuffer *input = bufferevent_get_input(tu_layers_top(c));

	if (!may_feed(c))
		return tu_wire_look(c);
	tu_layers_enter(c->lane);
	(void)evbuffer_drain(
	    input, evbuffer_get_length(input)); /* not frozen */
	tu_layers_leave(c->lane);
	return feed(c);
}

/* Whether a writer may read for the layers: only while few bytes wait for a
 * reader. */
static bool
may_feed(const struct tu_connection *c)
{
	return c->input == NULL ||
	    (evbuffer_get_length(tu_wire_input(c)) < WITHHELD &&
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
	c->lane->marks.taken += given;
	if (c->lane->failed)
		return fail(c);
	errno = ENOMEM;
	return given > 0 ? (ssize_t)given : -1;
}

size_t
tu_lane_lost(struct tu_connection *c, size_t most)
{
	size_t lost = c->lane->given_lost;

	if (lost > most)
		lost = most;
	c->lane->given_lost = 0;
	c->lane->marks.taken -= lost;
	return lost;
}

bool
tu_lane_unsent(const struct tu_connection *c)
{
	return c->lane->top != NULL &&
	    (evbuffer_get_length(tu_wire_output(c)) > 0 ||
		tu_layers_keep(c->lane));
}

uint64_t
tu_lane_missing(const struct tu_connection *c, size_t queued)
{
	if (c->lane == NULL || c->lane->top == NULL)
		return queued;
	return tu_marks_missing(&c->lane->marks, queued);
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
		unsent = evbuffer_get_length(tu_wire_output(c)) > 0 ||
		    (output && l->full);
	if (!input && !unsent) { /* see feed_for_output */
		input = may_feed(c);
		l->starved = !input;
	}
	if (input && !l->told)
		lack_of(c, TU_RATE_INPUT, EV_READ, &lack);
	if (unsent && !l->lost)
		lack_of(c, TU_RATE_OUTPUT, EV_WRITE, &lack);
	if (lack.what == 0 && lack.until == TU_NEVER)
		lack.until = tu_after(PAUSE);
	return lack;
}

/* Notes that a direction of the socket has to be ready, or to have tokens. */
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
