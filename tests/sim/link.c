/* SPDX-License-Identifier: ISC */
/*
 * Checked calls that make and give back listeners and connections.
 */
#include "port.h"

#include <event2/bufferevent.h>
#include <tcpunit-event.h>

#include "clock.h"
#include "flow.h"
#include "invariant.h"
#include "memory.h"
#include "pipe.h"
#include "random.h"
#include "socket.h"
#include "stale.h"
#include "stream.h"
#include "verdict.h"

bool sim_layered;

static void stack(const struct sim_link *);
static bool pending(const struct sim_call *, int64_t);
static void set_port(struct sim_port *, tcp_port, int client, bool from_client);
static void check_wasted(const struct sim_call *, int);

int
sim_listen(struct sim_listener *l, int backlog)
{
	struct tcp_listen_options options = {TCPUNIT_LISTEN_DEFAULTS};
	struct sim_call c;
	bool failed;

	options.backlog = backlog;
	sim_call_begin(&c, "listen", -1);
	l->listener = tcp_listen(l->port, &options);
	failed = !tcp_listener_p(l->listener);
	sim_call_end(&c, failed);
	if (failed)
		return -1;
	l->ms = -1;
	l->port = tcp_listener_port(l->listener);
	l->file = sim_table_get(tcp_listener_fileno(l->listener, 0));
	return 0;
}

int
sim_accept(struct sim_listener *l, struct sim_link *link)
{
	struct sim_call c;
	tcp_port in, out;
	int r, local, client;

	sim_call_begin(&c, "accept", l->ms);
	c.in = l->file;
	c.ready = pending;
	r = tcp_accept(l->listener, &in, &out);
	sim_call_end(&c, r == -1);
	if (r == -1)
		return -1;
	(void)tcp_port_numbers(in, &local, &client);
	set_port(&link->in, in, client, true);
	set_port(&link->out, out, client, false);
	stack(link);
	return 0;
}

int
sim_close_listener(struct sim_listener *l)
{
	struct sim_call c;
	int r;

	sim_call_begin(&c, "close-listener", -1);
	r = tcp_close(l->listener);
	sim_call_end(&c, r == -1);
	sim_stale_listener(l->listener);
	return r;
}

int
sim_connect(const char *host, int port, int ms, struct sim_link *link)
{
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	struct sim_call c;
	tcp_port in, out;
	int r, client, remote;

	options.timeout = ms;
	sim_call_begin(&c, "connect", ms);
	r = tcp_connect(host, port, &options, &in, &out);
	if (r == -1 && tcp_last_error()->kind == TCPUNIT_ERROR_TIMEOUT)
		check_wasted(&c, port);
	sim_call_end(&c, r == -1);
	if (r == -1)
		return -1;
	(void)tcp_port_numbers(in, &client, &remote);
	set_port(&link->in, in, client, false);
	set_port(&link->out, out, client, true);
	stack(link);
	return 0;
}

int
sim_open_pipe(struct sim_port *in, struct sim_port *out)
{
	struct sim_flow *flow = sim_flow_new(sim_random());
	struct sim_file *ends[2];
	int fds[2];

	sim_pipe(ends);
	fds[0] = sim_table_add(ends[0]);
	fds[1] = sim_table_add(ends[1]);
	if (fds[1] == -1) {
		if (fds[0] != -1)
			(void)sim_table_close(fds[0]);
		return -1;
	}
	*in = (struct sim_port){.file = ends[0], .flow = flow, .ms = -1};
	*out = (struct sim_port){.file = ends[1], .flow = flow, .ms = -1};
	in->port = tcp_open_input_fd(fds[0]);
	out->port = tcp_open_output_fd(fds[1]);
	if (!tcp_port_p(in->port) || !tcp_port_p(out->port))
		sim_fail("no port: %s", tcp_last_error()->text);
	return 0;
}

int
sim_open_file(struct sim_port *p, bool input, uint64_t size)
{
	struct sim_flow *flow = sim_flow_new(sim_random());
	struct sim_file *f = sim_regular(&flow->content, size);
	int fd = sim_table_add(f);

	if (fd == -1)
		return -1;
	flow->written = size;
	*p = (struct sim_port){.file = f, .flow = flow, .ms = -1};
	p->port = input ? tcp_open_input_fd(fd) : tcp_open_output_fd(fd);
	if (!tcp_port_p(p->port))
		sim_fail("no port: %s", tcp_last_error()->text);
	return 0;
}

static struct bufferevent *
identity(struct bufferevent *below, void *unused)
{
	return bufferevent_filter_new(below, NULL, NULL, 0, NULL, unused);
}

static void
stack(const struct sim_link *l)
{
	if (sim_layered &&
	    tcp_stack(l->in.port, l->out.port, identity, NULL) == -1)
		sim_fail("no layer: %s", tcp_last_error()->text);
}

/* Without descriptors no connection can be made. */
static bool
pending(const struct sim_call *c, int64_t by)
{
	return c->in->in_since <= by && sim_table_failed() < c->begun &&
	    !sim_table_full();
}

static void
set_port(struct sim_port *p, tcp_port port, int client, bool from_client)
{
	*p = (struct sim_port){.port = port, .ms = -1};
	p->file = sim_table_get(tcp_port_fileno(port));
	p->flow = sim_flow_of(client, from_client);
}

/* The library must not throw away a connection that was made in time. */
static void
check_wasted(const struct sim_call *c, int port)
{
	struct sim_socket *s;

	for (s = sim_sockets(); s != NULL; s = s->next)
		if (s->maker == sim_task_self() && s->closed &&
		    s->made >= c->begun && s->established <= c->deadline)
			sim_fail("connect to port %d times out although it "
				 "was connected in time",
			    port);
}
