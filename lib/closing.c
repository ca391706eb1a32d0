/* SPDX-License-Identifier: ISC */
/*
 * Closing, abandoning, resetting and releasing ports.
 */
#include <event2/buffer.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "port.h"

static void close_abandoned(struct tu_connection *);
static bool is_used(const struct tu_connection *);
static size_t bytes_held(const struct tu_connection *);
static void drop_bytes(struct tu_port *);
static void shut_down(struct tu_port *);
static int close_both(struct tu_port *);

int
tcp_close_port(tcp_port port)
{
	if (tcp_input_port_p(port))
		return tcp_close_input_port(port);
	if (tcp_output_port_p(port))
		return tcp_close_output_port(port);
	tu_begin("close-port");
	(void)tu_port_of(port); /* raises */
	return -1;
}

int
tcp_close_ports(tcp_port in, tcp_port out)
{
	int sent = tcp_close_output_port(out), error = errno;
	int closed = tcp_close_input_port(in);

	if (closed == 0)
		errno = error; /* report the output port's error */
	return sent == -1 ? -1 : closed;
}

int
tcp_close_input_port(tcp_port port)
{
	struct tu_port *p;

	if (tu_closed(TU_INPUT, port.bits))
		return 0;
	tu_begin("close-input-port");
	p = tu_lookup(TU_INPUT, port.bits);
	if (p == NULL || tu_port_in_layer(p))
		return -1;
	return tu_port_close(p);
}

int
tcp_finish_output(tcp_port port)
{
	struct tu_port *p;
	int result;

	if (tu_enter("finish-output") == NULL)
		return -1;
	p = tu_output_enter(port);
	if (p == NULL)
		return -1;
	result = tu_output_end(p);
	if (result == 0 && !p->closed) {
		result = tu_lane_holds_open(p->connection);
		shut_down(p);
	}
	tu_port_leave(p);
	return result;
}

int
tcp_abandon_port(tcp_port port)
{
	struct tu_port *p;

	tu_begin("abandon-port");
	p = tu_port_of(port);
	if (p == NULL || tu_port_in_layer(p))
		return -1;
	if (p->connection->descriptor.access != TU_SOCKET) {
		tu_refuse(EINVAL, "descriptor %d is not a socket",
		    p->connection->descriptor.fd);
		tu_error_attach(port, 0);
		return -1;
	}
	p->abandoned = true;
	return 0;
}

int
tcp_reset(tcp_port port)
{
	struct tu_port *p;

	tu_begin("reset");
	p = tu_port_of_tcp(port);
	if (p == NULL || tu_port_in_layer(p))
		return -1;
	if (tu_connection_set_reset(p->connection) == -1)
		return tu_port_raise(p);
	p->connection->cut = true;
	close_abandoned(p->connection); /* no FIN before the RST */
	return 0;
}

int
tcp_release_fd(tcp_port port)
{
	struct tu_connection *c;
	struct tu_port *p;
	size_t held;
	int fd;

	tu_begin("release-fd");
	p = tu_port_of_tcp(port);
	if (p == NULL)
		return -1;
	c = p->connection;
	if (c->lane != NULL && c->lane->top != NULL) {
		tu_refuse(EINVAL, "the connection has layers");
		tu_error_attach(port, 0);
		return -1;
	}
	if (is_used(c))
		return tu_port_fail(p, TCPUNIT_ERROR_BUSY, EBUSY);
	held = bytes_held(c);
	if (held > 0) {
		tu_refuse(ENOTEMPTY, "bytes that are buffered: %zu", held);
		tu_error_attach(port, held);
		return -1;
	}
	fd = c->descriptor.fd;
	c->released = true;
	close_abandoned(c);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK); /* open */
	return fd;
}

/* Closes the ports that are open; the last one may free the connection. */
static void
close_abandoned(struct tu_connection *c)
{
	struct tu_port *ports[] = {c->input, c->output};

	for (int i = 0; i < 2; i++) {
		if (ports[i] == NULL)
			continue;
		ports[i]->abandoned = true;
		(void)tu_port_close(ports[i]); /* nothing to lose */
	}
}

static bool
is_used(const struct tu_connection *c)
{
	return (c->input != NULL && c->input->user != NULL) ||
	    (c->output != NULL && c->output->user != NULL);
}

/* The bytes that were read ahead, or are not sent yet. */
static size_t
bytes_held(const struct tu_connection *c)
{
	size_t n = c->input != NULL ? c->input->ahead.size : 0;

	return c->output != NULL ? n + tu_output_buffered(c->output) : n;
}

/* Closing the second port of a socket that was opened elsewhere leaves its end
 * to close(2), which ends the connection unless another process has it. */
int
tu_port_close(struct tu_port *p)
{
	struct tu_connection *c = p->connection;
	bool input = c->input == p;
	struct tu_peer peer;
	int result = 0;

	tu_waits_forget(&p->runtime->scheduler, c->descriptor.fd,
	    input ? EV_READ : EV_WRITE);
	if (c->lane != NULL)
		tu_lane_wake(c);
	if (c->tcp || (c->input != NULL && c->output != NULL))
		shut_down(p);
	tu_watch_clear(&p->watch);
	drop_bytes(p);
	if (input)
		c->input = NULL;
	else
		c->output = NULL;
	if (c->input == NULL && c->output == NULL)
		result = close_both(p);
	p->closed = true;
	tu_waiters_close(&p->writers);
	peer = tu_peer_of(c);
	if (tu_connection_is_unix(c))
		peer.fd = -1; /* its number may be used again */
	tu_handle_note(&p->runtime->handles, p->handle, &peer, sizeof(peer));
	tu_handle_release(&p->runtime->handles, p->handle);
	if (p->user == NULL)
		tu_port_free(p);
	else /* it may be waiting at the other end of a copy */
		tu_wake(p->user, TU_CLOSED);
	return result;
}

/* Drops the bytes that are held for this direction. */
static void
drop_bytes(struct tu_port *p)
{
	struct evbuffer *unsent = p->connection->unsent;

	if (p->connection->input == p) {
		tu_ahead_clear(&p->ahead);
		return;
	}
	if (unsent != NULL)
		(void)evbuffer_drain(
		    unsent, evbuffer_get_length(unsent)); /* not frozen */
	p->fill = (struct tu_fill){0};
}

/* Shuts the port's direction down.  If output was cut there is no end of file,
 * so that the peer does not take a part for the whole. */
static void
shut_down(struct tu_port *p)
{
	struct tu_connection *c = p->connection;
	bool input = c->input == p;

	if (p->abandoned || c->descriptor.access != TU_SOCKET ||
	    (!input && (c->cut || tu_lane_holds_open(c))))
		return;
	if (input && c->lane != NULL)
		c->lane->deaf = true;
	if (shutdown(c->descriptor.fd, input ? SHUT_RD : SHUT_WR) == 0)
		p->finished = !input; /* else the peer has gone */
}

static int
close_both(struct tu_port *p)
{
	struct tu_connection *c = p->connection;
	int ended = tu_lane_end(p), error = errno;

	tu_waits_forget(&p->runtime->scheduler, c->descriptor.fd, TU_BOTH);
	tu_lane_free(c);
	if (tu_connection_close(c, &p->runtime->scheduler) == -1) {
		tu_raise(TCPUNIT_ERROR_SYSTEM, errno, NULL);
		tu_error_attach((tcp_port){p->handle}, 0);
		return -1;
	}
	errno = error;
	return ended;
}
