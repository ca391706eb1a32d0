/* SPDX-License-Identifier: ISC */
#include "layers.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_struct.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { WATERMARK = 256 * 1024 };

static int make_layer(struct tu_connection *, struct tu_layer *,
    struct bufferevent *(*)(struct bufferevent *, void *));
static int use(struct tu_connection *, struct tu_layer *, struct evbuffer *[2]);
static int watch_input(
    struct tu_connection *, struct tu_layer *, struct evbuffer *);
static void begin_input(struct tu_layer *, struct evbuffer *);
static void ignore_input(
    struct tu_connection *, struct tu_layer *, struct evbuffer *);
static void start(struct bufferevent *, struct bufferevent *);
static void end_again(struct tu_lane *, struct bufferevent *);
static void set_bounds(struct bufferevent *);
static void listen_to(struct tu_connection *, struct bufferevent *);
static void free_layer(struct tu_connection *, struct tu_layer *);
static void wake(struct tu_connection *);
static void has_added(
    struct evbuffer *, const struct evbuffer_cb_info *, void *);
static void has_begun(
    struct evbuffer *, const struct evbuffer_cb_info *, void *);
static void has_taken(struct bufferevent *, void *);
static void has_ended(struct bufferevent *, short, void *);
static void note_failure(struct tu_lane *, int);
static void flush_input(struct tu_layer *);
static bool has_failed(const struct tu_lane *);
static int finish(struct tu_layer *, bool, bool *);

struct bufferevent *
tu_layers_top(const struct tu_connection *c)
{
	return c->lane->top != NULL ? c->lane->top->bev : c->bev;
}

int
tu_layers_stack(struct tu_connection *c, struct tu_layer *layer,
    struct bufferevent *(*make)(struct bufferevent *, void *))
{
	struct evbuffer *held[2] = {evbuffer_new(), evbuffer_new()};
	int error = ENOMEM, result = -1;

	tu_layers_enter(c->lane);
	if (held[0] != NULL && held[1] != NULL) {
		result = make_layer(c, layer, make);
		error = errno;
	}
	if (result == 0) {
		result = use(c, layer, held);
		error = ENOMEM;
	}
	tu_layers_leave(c->lane);
	for (int i = 0; i < 2; i++)
		if (held[i] != NULL)
			evbuffer_free(held[i]);
	errno = error;
	return result;
}

/* The layer that fails may have taken the callbacks of the one below it. */
static int
make_layer(struct tu_connection *c, struct tu_layer *layer,
    struct bufferevent *(*make)(struct bufferevent *, void *))
{
	struct bufferevent *below = tu_layers_top(c);

	if (c->lane->top != NULL) {
		c->lane->marks.taken += evbuffer_get_length(c->unsent);
		(void)bufferevent_write_buffer(
		    below, c->unsent); /* not frozen */
	}
	errno = 0;
	layer->bev = make(below, layer->arg);
	if (layer->bev != NULL && layer->bev != below)
		return 0;
	if (layer->bev != NULL)
		errno = EEXIST;
	else if (errno == 0)
		errno = ENOMEM;
	if (c->lane->top != NULL)
		listen_to(c, below);
	return -1;
}

/*
 * Makes LAYER the highest.  The first layer leaves the buffers of the lowest
 * bufferevent to it, and the ports get those that are HELD.  The input is
 * watched by a callback of its buffer: libevent would call one for reading
 * again and again as long as the watermark is exceeded.
 */
static int
use(struct tu_connection *c, struct tu_layer *layer, struct evbuffer *held[2])
{
	struct tu_lane *l = c->lane;
	struct bufferevent *below = tu_layers_top(c);

	if (watch_input(c, layer, bufferevent_get_input(below)) == -1) {
		free_layer(c, layer);
		if (l->top != NULL)
			listen_to(c, below);
		return -1;
	}
	if (l->top == NULL) {
		l->marks.taken = evbuffer_get_length(c->unsent);
		c->unread = held[0];
		c->unsent = held[1];
		held[0] = held[1] = NULL;
	} else {
		(void)evbuffer_remove_cb(
		    bufferevent_get_input(below), has_added, c);
		(void)evbuffer_prepend_buffer(
		    bufferevent_get_input(below), c->unread); /* not frozen */
		below->wm_read.high = 0;
	}
	layer->below = l->top;
	l->top = l->unfinished = layer;
	l->connected = false;
	listen_to(c, layer->bev);
	start(layer->bev, below);
	if (l->end)
		end_again(l, below);
	return 0;
}

/* The LF after a line that ended in CR would be the layer's first byte.  0, or
 * -1. */
static int
watch_input(
    struct tu_connection *c, struct tu_layer *layer, struct evbuffer *below)
{
	struct evbuffer *input = bufferevent_get_input(layer->bev);

	if (evbuffer_add_cb(input, has_added, c) == NULL ||
	    (layer->skip_lf &&
		evbuffer_add_cb(below, has_begun, layer) == NULL)) {
		ignore_input(c, layer, below);
		return -1;
	}
	if (layer->skip_lf && evbuffer_get_length(below) > 0)
		begin_input(layer, below);
	return 0;
}

static void
begin_input(struct tu_layer *layer, struct evbuffer *below)
{
	unsigned char first = 0;

	(void)evbuffer_remove_cb(below, has_begun, layer);
	(void)evbuffer_copyout(below, &first, 1);
	if (first == '\n')
		(void)evbuffer_drain(below, 1); /* not frozen */
}

static void
ignore_input(
    struct tu_connection *c, struct tu_layer *layer, struct evbuffer *below)
{
	(void)evbuffer_remove_cb(
	    bufferevent_get_input(layer->bev), has_added, c);
	(void)evbuffer_remove_cb(below, has_begun, layer);
}

/* Writing is announced as an invitation to begin: a filter for TLS that has no
 * descriptor would not begin its handshake without it. */
static void
start(struct bufferevent *bev, struct bufferevent *below)
{
	set_bounds(below);
	set_bounds(bev);
	bev->wm_read.high = WATERMARK;
	(void)bufferevent_enable(bev, EV_READ | EV_WRITE); /* see lane.h */
	bufferevent_trigger(below, EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS);
	if (evbuffer_get_length(bufferevent_get_input(below)) > 0)
		bufferevent_trigger(below, EV_READ, 0);
}

/* Reports to the highest layer that the input BELOW it has ended before. */
static void
end_again(struct tu_lane *l, struct bufferevent *below)
{
	l->end = false;
	(void)bufferevent_flush(l->top->bev, EV_READ, BEV_FINISHED);
	bufferevent_trigger_event(below, BEV_EVENT_EOF | BEV_EVENT_READING, 0);
}

/* These calls cannot fail. */
static void
set_bounds(struct bufferevent *bev)
{
	(void)bufferevent_set_max_single_read(bev, WATERMARK);
	(void)bufferevent_set_max_single_write(bev, WATERMARK);
	bufferevent_setwatermark(bev, EV_WRITE, 0, WATERMARK);
}

static void
listen_to(struct tu_connection *c, struct bufferevent *bev)
{
	bufferevent_setcb(bev, NULL, has_taken, has_ended, c);
}

void
tu_layers_free(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;
	struct tu_layer *layer;

	tu_layers_enter(l);
	while ((layer = l->top) != NULL) {
		l->top = layer->below;
		ignore_input(c, layer, bufferevent_get_input(tu_layers_top(c)));
		free_layer(c, layer);
		free(layer);
	}
	tu_layers_leave(l);
}

/* libevent frees the bufferevent in its next round, but calls no function of
 * the layer any more. */
static void
free_layer(struct tu_connection *c, struct tu_layer *layer)
{
	bufferevent_free(layer->bev);
	tu_loop_frees(&c->lane->scheduler->loop);
	if (layer->release != NULL)
		layer->release(layer->arg);
}

static void
wake(struct tu_connection *c)
{
	c->lane->changed(c);
}

static void
has_added(
    struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	(void)input;
	if (info->n_added > 0)
		wake(arg);
}

static void
has_begun(
    struct evbuffer *below, const struct evbuffer_cb_info *info, void *arg)
{
	if (info->n_added > 0)
		begin_input(arg, below);
}

static void
has_taken(struct bufferevent *bev, void *arg)
{
	(void)bev;
	wake(arg);
}

/* After the end of the input, TLS reports the end of the socket as an error;
 * only the output can still fail then.  OpenSSL calls such a failure an end if
 * it has no error of its own. */
static void
has_ended(struct bufferevent *bev, short what, void *arg)
{
	struct tu_connection *c = arg;
	struct tu_lane *l = c->lane;
	int code = errno;

	(void)bev;
	if ((what & BEV_EVENT_CONNECTED) != 0)
		l->connected = true;
	if (l->failed || (l->end && (what & BEV_EVENT_WRITING) == 0))
		return;
	if ((what & BEV_EVENT_EOF) != 0 && !l->end)
		l->end = true;
	else if ((what & BEV_EVENT_TIMEOUT) != 0)
		note_failure(l, ETIMEDOUT);
	else if ((what & (BEV_EVENT_ERROR | BEV_EVENT_EOF)) != 0)
		note_failure(l, code);
	wake(c);
}

/* The highest layer that has a reason gives it.  An errno that asks to try
 * again is left from an earlier call. */
static void
note_failure(struct tu_lane *l, int code)
{
	struct tu_layer *layer;
	const char *reason = NULL;

	if (code == EAGAIN || code == EINTR)
		code = EPROTO;
	for (layer = l->top; layer != NULL && reason == NULL;
	     layer = layer->below)
		if (layer->reason != NULL)
			reason = layer->reason(layer->bev, &code, layer->arg);
	l->failed = true;
	l->code = code != 0 ? code : ECONNRESET;
	if (reason != NULL)
		tu_format(l->reason, sizeof(l->reason), "%s", reason);
}

void
tu_layers_offer(struct tu_connection *c, short what)
{
	tu_layers_enter(c->lane);
	bufferevent_trigger(c->bev, what, BEV_TRIG_IGNORE_WATERMARKS);
	tu_layers_leave(c->lane);
}

void
tu_layers_tell(struct tu_connection *c)
{
	struct tu_lane *l = c->lane;
	short what = l->error != 0 ? BEV_EVENT_ERROR : BEV_EVENT_EOF;

	l->told = true;
	tu_layers_enter(l);
	if (l->error == 0)
		flush_input(l->top);
	errno = l->error;
	bufferevent_trigger_event(c->bev, (short)(what | BEV_EVENT_READING), 0);
	tu_layers_leave(l);
}

/* From the lowest up. */
static void
flush_input(struct tu_layer *top)
{
	struct tu_layer *layer, *flushed = NULL;

	do {
		for (layer = top; layer->below != flushed;)
			layer = layer->below;
		(void)bufferevent_flush(layer->bev, EV_READ, BEV_FINISHED);
		flushed = layer;
	} while (layer != top);
}

int
tu_layers_finish(struct tu_connection *c, bool last)
{
	struct tu_lane *l = c->lane;
	bool flushed = false;
	int result = has_failed(l) ? -1 : 0;

	tu_layers_enter(l);
	errno = 0;
	while (l->unfinished != NULL && result == 0) {
		result = finish(l->unfinished, last, &flushed);
		if (result == 0)
			l->unfinished = l->unfinished->below;
	}
	if (result == -1 && !l->failed)
		note_failure(l, errno != 0 ? errno : EPROTO);
	l->ended = result == 0;
	tu_layers_leave(l);
	if (result == -1) {
		wake(c);
		errno = l->code;
	}
	return result;
}

/* Whether a layer has failed, and not just the socket. */
static bool
has_failed(const struct tu_lane *l)
{
	return l->failed && l->error == 0;
}

/* A filter of libevent's flushes those below it as well. */
static int
finish(struct tu_layer *layer, bool last, bool *flushed)
{
	if (layer->finish != NULL) {
		*flushed = false;
		return layer->finish(layer->bev, last, layer->arg);
	}
	if (!*flushed)
		(void)bufferevent_flush(layer->bev, EV_WRITE, BEV_FINISHED);
	*flushed = true;
	return 0;
}

bool
tu_layers_keep(const struct tu_lane *l)
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
