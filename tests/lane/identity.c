/* SPDX-License-Identifier: ISC */
/*
 * identity.c - is linked into a test with --wrap, so that each connection which
 * the test makes has a layer that changes nothing: the test then runs in the
 * second lane.
 */
#include <event2/bufferevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <tcpunit-event.h>

int __real_tcp_connect(const char *, int, const struct tcp_connect_options *,
    tcp_port *, tcp_port *);
int __real_tcp_accept(tcp_listener, tcp_port *, tcp_port *);
int __real_tcp_ports_from_fd(int, tcp_port *, tcp_port *);
int __wrap_tcp_connect(const char *, int, const struct tcp_connect_options *,
    tcp_port *, tcp_port *);
int __wrap_tcp_accept(tcp_listener, tcp_port *, tcp_port *);
int __wrap_tcp_ports_from_fd(int, tcp_port *, tcp_port *);

static struct bufferevent *
make(struct bufferevent *below, void *unused)
{
	return bufferevent_filter_new(below, NULL, NULL, 0, NULL, unused);
}

static int
stack(int made, tcp_port *in, tcp_port *out)
{
	if (made == -1 || tcp_stack(*in, *out, make, NULL) == 0)
		return made;
	fprintf(stderr, "%s\n", tcp_last_error()->text);
	abort();
}

int
__wrap_tcp_connect(const char *host, int port,
    const struct tcp_connect_options *options, tcp_port *in, tcp_port *out)
{
	return stack(__real_tcp_connect(host, port, options, in, out), in, out);
}

int
__wrap_tcp_accept(tcp_listener l, tcp_port *in, tcp_port *out)
{
	return stack(__real_tcp_accept(l, in, out), in, out);
}

int
__wrap_tcp_ports_from_fd(int fd, tcp_port *in, tcp_port *out)
{
	return stack(__real_tcp_ports_from_fd(fd, in, out), in, out);
}
