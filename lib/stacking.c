/* SPDX-License-Identifier: ISC */
/*
 * The calls that put layers on a connection, and that limit its rate.
 */
#include <event2/buffer.h>

#include <errno.h>
#include <stdlib.h>

#include "layers.h"
#include "options.h"
#include "port.h"
#include "tcpunit-event.h"

struct stacking {
	struct tu_port *in, *out;
	struct bufferevent *(*make)(struct bufferevent *, void *);
	void *arg;
	struct tcp_stack_options options;
};

TU_OPTIONS_END(struct tcp_stack_options, release);

static int check(tcp_port, tcp_port);
static int stack(struct stacking *);
static int prepare(struct stacking *);
static int put_on(struct stacking *);
static void make_plain(struct tu_connection *);
static void hand_over(struct stacking *);
static int await_handshake(struct stacking *);
static int set_rate(struct tu_port *, int64_t, int64_t);

int
tcp_stack(tcp_port in, tcp_port out,
    struct bufferevent *(*make)(struct bufferevent *, void *), void *arg)
{
	return tcp_stack_with(in, out, make, arg, NULL);
}

int
tcp_stack_with(tcp_port in, tcp_port out,
    struct bufferevent *(*make)(struct bufferevent *, void *), void *arg,
    const struct tcp_stack_options *options)
{
	struct stacking s = {.make = make, .arg = arg};
	struct tu_runtime *rt = tu_enter("stack");
	int result;

	s.options = (struct tcp_stack_options){TCPUNIT_STACK_DEFAULTS};
	if (rt == NULL || check(in, out) == -1 ||
	    tu_options_take(&s.options, sizeof(s.options), options) == -1 ||
	    tu_check_time(s.options.timeout) == -1)
		return -1;
	if (make == NULL)
		return tu_refuse(EINVAL, "no function that makes a layer");
	s.in = tu_input_enter(rt, in);
	if (s.in == NULL)
		return -1;
	s.out = tu_output_enter_copy(out);
	result = s.out != NULL ? stack(&s) : -1;
	if (s.out != NULL)
		tu_port_leave(s.out);
	tu_port_leave(s.in);
	return result;
}

static int
check(tcp_port in, tcp_port out)
{
	struct tu_port *input = tu_port_find(TU_INPUT, in);
	struct tu_port *output =
	    input != NULL ? tu_port_find(TU_OUTPUT, out) : NULL;

	if (output == NULL || tu_port_of_tcp(in) == NULL)
		return -1;
	if (input->connection == output->connection)
		return 0;
	return tu_refuse(EINVAL, "the ports are not those of one connection");
}

static int
stack(struct stacking *s)
{
	if (s->in->closed) /* while this waited for its turn */
		return tu_port_go_on(s->in);
	if (prepare(s) == -1) {
		make_plain(s->in->connection);
		return tu_port_raise(s->in);
	}
	if (put_on(s) == -1)
		return -1;
	if (!s->options.handshake)
		return 0;
	tu_limit(&s->in->runtime->scheduler, s->options.timeout);
	return await_handshake(s);
}

/* Prepares for a layer.  Bytes that lie in other memory for lack of memory are
 * moved to the read-ahead's buffer.  0, or -1 with errno ENOMEM. */
static int
prepare(struct stacking *s)
{
	struct tu_scheduler *scheduler = &s->in->runtime->scheduler;
	struct tu_ahead *a = &s->in->ahead;

	if (tu_scheduler_invite(scheduler) == -1 ||
	    tu_lane_begin(s->in->connection, scheduler) == -1)
		return -1;
	tu_ahead_restore(a);
	if (a->lent && tu_input_put_back(s->in, a->first, a->size) == -1)
		return -1;
	tu_ahead_reclaim(a);
	return 0;
}

static int
put_on(struct stacking *s)
{
	struct tu_connection *c = s->in->connection;
	struct tu_layer *layer = calloc(1, sizeof(*layer));
	int result = -1, error = ENOMEM;
	size_t unsent;

	unsent = evbuffer_get_length(c->unsent);
	if (layer != NULL) {
		layer->arg = s->arg;
		layer->finish = s->options.finish;
		layer->reason = s->options.reason;
		layer->release = s->options.release;
		layer->skip_lf = s->in->skip_lf;
		result = tu_layers_stack(c, layer, s->make);
		error = errno;
	}
	s->out->position += unsent - evbuffer_get_length(c->unsent);
	if (result == 0) {
		hand_over(s);
		return 0;
	}
	free(layer);
	make_plain(c);
	if (error == EEXIST)
		return tu_refuse(EINVAL, "no layer was made");
	return tu_port_fail(s->in, TCPUNIT_ERROR_SYSTEM, error);
}

/* Without a layer or a rate, the connection is a plain one again.  errno
 * stays. */
static void
make_plain(struct tu_connection *c)
{
	int error = errno;

	if (c->lane != NULL && c->lane->top == NULL &&
	    c->lane->rate.buckets == NULL)
		tu_lane_free(c);
	errno = error;
}

/* The bytes that were read ahead, and the end of the socket, are the first
 * layer's now. */
static void
hand_over(struct stacking *s)
{
	struct tu_port *in = s->in;
	struct tu_lane *l = in->connection->lane;

	in->ahead = (struct tu_ahead){.buffer = in->connection->unread};
	if (l->top->below == NULL) {
		l->over = in->end || in->error != 0;
		l->error = in->error;
	}
	in->empty = in->end = in->skip_lf = false;
	in->error = 0;
}

static int
await_handshake(struct stacking *s)
{
	struct tu_port *in = s->in;
	struct tu_connection *c = in->connection;

	for (;;) {
		if (tu_port_go_on(s->out->closed ? s->out : in) == -1)
			return -1;
		if (tu_lane_shake(c) == 0)
			return 0;
		if (errno != EAGAIN)
			return tu_port_raise(in);
		if (tu_lane_wait(c->lane->connected ? s->out : in, false) == -1)
			return -1;
	}
}

int
tcp_set_rate(tcp_port port, int64_t bytes_per_second, int64_t burst)
{
	struct tu_port *p;

	tu_begin("set-rate");
	p = tu_port_of_tcp(port);
	if (p == NULL || tu_port_in_layer(p))
		return -1;
	if (bytes_per_second <= 0)
		return tu_refuse(
		    EINVAL, "%lld bytes a second", (long long)bytes_per_second);
	if (burst < 0)
		return tu_refuse(EINVAL, "a burst of %lld", (long long)burst);
	if (bytes_per_second == TCPUNIT_NO_RATE)
		bytes_per_second = 0;
	if (set_rate(p, bytes_per_second, burst) == -1)
		return tu_port_raise(p);
	return 0;
}

/* Threads that wait look again whether they have to. */
static int
set_rate(struct tu_port *p, int64_t bytes, int64_t burst)
{
	struct tu_connection *c = p->connection;
	int direction = c->input == p ? TU_RATE_INPUT : TU_RATE_OUTPUT;
	int set;

	if (bytes == 0 && c->lane == NULL)
		return 0;
	if (tu_lane_begin(c, &p->runtime->scheduler) == -1)
		return -1;
	set = tu_rate_set(&c->lane->rate, c->bev, direction, bytes, burst);
	if (set == 0)
		tu_lane_wake(c);
	make_plain(c);
	return set;
}
