/* SPDX-License-Identifier: ISC */
/*
 * Ports as objects: making, entering, waiting, closing, and what can be asked
 * of them.  Reading is in input.c, writing in output.c.
 */
#include "port.h"

#include <event2/buffer.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

enum { WHAT_SIZE = TCPUNIT_ADDRLEN + 40 };

_Static_assert(sizeof(struct tu_peer) <= TU_NOTE_SIZE, "it is remembered");

static struct tu_port *port_new(
    struct tu_runtime *, struct tu_connection *, enum tu_kind);
static struct tu_peer peer_of(const struct tu_connection *);
static void name_closed(tcp_port, const char *);
static const char *describe(struct tu_peer, const char *, char[WHAT_SIZE]);
static void release(void *);
static void drop(void *);
static void port_free(struct tu_port *);
static void drop_bytes(struct tu_port *);
static void shut_down(struct tu_port *);
static int close_both(struct tu_port *);
static tcp_port open_fd(int, enum tu_kind, const char *);
static bool is_taken(
    struct tu_runtime *, const struct tu_connection *, enum tu_kind);
static bool connects(const void *, int);
static struct tu_port *find(tcp_port, const char *);
static struct tu_port *find_tcp(tcp_port, const char *);

int
tu_ports_open(struct tu_runtime *rt, int fd, const union tcp_address *remote,
    const char *where, tcp_port *in, tcp_port *out)
{
	struct tu_connection *c = tu_connection_new(fd, remote);
	struct tu_port *input = c ? port_new(rt, c, TU_INPUT) : NULL;
	struct tu_port *output = input ? port_new(rt, c, TU_OUTPUT) : NULL;

	if (output == NULL) {
		if (input != NULL)
			tu_handle_release(&rt->handles, input->handle);
		free(input);
		if (c != NULL)
			tu_connection_free(c);
		return tu_raise(
		    TCPUNIT_ERROR_SYSTEM, ENOMEM, where, "%s", where);
	}
	in->bits = input->handle;
	out->bits = output->handle;
	return 0;
}

tcp_port
tcp_open_input_fd(int fd)
{
	return open_fd(fd, TU_INPUT, "open-input-fd");
}

tcp_port
tcp_open_output_fd(int fd)
{
	return open_fd(fd, TU_OUTPUT, "open-output-fd");
}

struct tu_port *
tu_port_find(enum tu_kind kind, tcp_port port, const char *where)
{
	struct tu_port *p = tu_lookup(kind, port.bits, where);

	if (p == NULL && errno == EBADF)
		name_closed(port, where);
	return p;
}

/* Raises the failure of the look-up again, with the peer's address if it is
 * still known. */
static void
name_closed(tcp_port port, const char *where)
{
	struct tu_runtime *rt = tu_runtime();
	const struct tu_peer *peer = NULL;
	char what[WHAT_SIZE];

	if (rt != NULL)
		peer = tu_handle_noted(&rt->handles, port.bits);
	if (peer != NULL)
		tu_raise_wake(TU_CLOSED, where, describe(*peer, where, what));
}

struct tu_port *
tu_port_idle(enum tu_kind kind, tcp_port port, const char *where)
{
	struct tu_port *p = tu_port_find(kind, port, where);

	if (p == NULL)
		return NULL;
	if (p->user != NULL) {
		tu_raise(TCPUNIT_ERROR_BUSY, EBUSY, where, "%s", where);
		tu_error_attach(port, 0);
		return NULL;
	}
	return p;
}

struct tu_port *
tu_port_enter(enum tu_kind kind, tcp_port port, const char *where)
{
	struct tu_port *p = tu_port_idle(kind, port, where);

	if (p != NULL)
		tu_port_hold(p);
	return p;
}

void
tu_port_hold(struct tu_port *p)
{
	p->user = p->runtime->scheduler.current;
	tu_cleanup_push(&p->runtime->scheduler, &p->cleanup, release, p);
}

void
tu_port_leave(struct tu_port *p)
{
	tu_cleanup_pop(&p->runtime->scheduler);
	release(p);
}

int
tu_port_wait(struct tu_port *p, const char *where)
{
	enum tu_wake woken = tu_watch_wait(&p->watch);

	if (woken == TU_READY && !p->closed)
		return 0;
	return tu_port_end(p, woken, where);
}

/* Being terminated is told in any case, as it is told once. */
int
tu_port_end(struct tu_port *p, enum tu_wake woken, const char *where)
{
	char what[WHAT_SIZE];

	if (p->closed && woken != TU_TERMINATED)
		woken = TU_CLOSED;
	tu_raise_wake(
	    woken, where, describe(peer_of(p->connection), where, what));
	tu_error_attach((tcp_port){p->handle}, 0);
	return -1;
}

int
tu_port_raise(struct tu_port *p, const char *where)
{
	enum tcp_error_kind kind = TCPUNIT_ERROR_SYSTEM;
	char what[WHAT_SIZE];
	int code = errno;

	if (p->connection->tcp)
		kind = tu_error_kind(code);
	tu_raise(kind, code, where, "%s",
	    describe(peer_of(p->connection), where, what));
	tu_error_attach((tcp_port){p->handle}, 0);
	return -1;
}

int
tu_port_close(struct tu_port *p, const char *where)
{
	struct tu_connection *c = p->connection;
	bool input = c->input == p;
	struct tu_peer peer;
	int result = 0;

	tu_waits_forget(&p->runtime->scheduler, c->descriptor.fd,
	    input ? EV_READ : EV_WRITE);
	shut_down(p);
	tu_watch_clear(&p->watch);
	drop_bytes(p);
	if (input)
		c->input = NULL;
	else
		c->output = NULL;
	if (c->input == NULL && c->output == NULL && close_both(p) == -1) {
		tu_raise(TCPUNIT_ERROR_SYSTEM, errno, where, "%s", where);
		tu_error_attach((tcp_port){p->handle}, 0);
		result = -1;
	}
	p->closed = true;
	peer = peer_of(c);
	tu_handle_note(&p->runtime->handles, p->handle, &peer, sizeof(peer));
	tu_handle_release(&p->runtime->handles, p->handle);
	if (p->user == NULL)
		port_free(p);
	else /* it may be waiting at the other end of a copy */
		tu_wake(p->user, TU_CLOSED);
	return result;
}

/* What is held for this direction. */
static void
drop_bytes(struct tu_port *p)
{
	struct evbuffer *unsent = p->connection->unsent;

	if (p->connection->input == p)
		tu_ahead_clear(&p->ahead);
	else if (unsent != NULL)
		(void)evbuffer_drain(
		    unsent, evbuffer_get_length(unsent)); /* not frozen */
}

/* Of a plain socket only while its other port goes on: close(2) then ends what
 * nobody else has.  An end of file would make the peer take what was cut for
 * the whole. */
static void
shut_down(struct tu_port *p)
{
	struct tu_connection *c = p->connection;
	bool input = c->input == p;

	if (p->abandoned || c->descriptor.access != TU_SOCKET ||
	    (!input && c->cut))
		return;
	if (!c->tcp && (c->input == NULL || c->output == NULL))
		return;
	(void)shutdown(c->descriptor.fd,
	    input ? SHUT_RD : SHUT_WR); /* the peer may have gone */
}

static int
close_both(struct tu_port *p)
{
	tu_waits_forget(
	    &p->runtime->scheduler, p->connection->descriptor.fd, TU_BOTH);
	return tu_connection_close(p->connection, &p->runtime->scheduler);
}

int
tcp_close_port(tcp_port port)
{
	if (tcp_input_port_p(port))
		return tcp_close_input_port(port);
	if (tcp_output_port_p(port))
		return tcp_close_output_port(port);
	(void)find(port, "close-port"); /* raises */
	return -1;
}

int
tcp_close_ports(tcp_port in, tcp_port out)
{
	int sent = tcp_close_output_port(out), error = errno;
	int closed = tcp_close_input_port(in);

	if (closed == 0)
		errno = error; /* as the output port left it */
	return sent == -1 ? -1 : closed;
}

bool
tcp_port_p(tcp_port p)
{
	return tcp_input_port_p(p) || tcp_output_port_p(p);
}

bool
tcp_input_port_p(tcp_port p)
{
	return tu_handle_kind(p.bits) == TU_INPUT;
}

bool
tcp_output_port_p(tcp_port p)
{
	return tu_handle_kind(p.bits) == TU_OUTPUT;
}

int
tcp_addresses(
    tcp_port port, char local[TCPUNIT_ADDRLEN], char remote[TCPUNIT_ADDRLEN])
{
	struct tu_port *p = find_tcp(port, "addresses");

	if (p == NULL || tu_check_memory(local, 1, "addresses") == -1 ||
	    tu_check_memory(remote, 1, "addresses") == -1)
		return -1;
	tu_address_text(tu_connection_local(p->connection), local);
	tu_address_text(&p->connection->remote, remote);
	return 0;
}

int
tcp_port_numbers(tcp_port port, int *local, int *remote)
{
	struct tu_port *p = find_tcp(port, "port-numbers");

	if (p == NULL || tu_check_memory(local, 1, "port-numbers") == -1 ||
	    tu_check_memory(remote, 1, "port-numbers") == -1)
		return -1;
	*local = tu_address_port(tu_connection_local(p->connection));
	*remote = tu_address_port(&p->connection->remote);
	return 0;
}

int
tcp_abandon_port(tcp_port port)
{
	struct tu_port *p = find(port, "abandon-port");

	if (p == NULL)
		return -1;
	if (p->connection->descriptor.access != TU_SOCKET) {
		tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, "abandon-port",
		    "abandon-port: descriptor %d is no socket",
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
	struct tu_port *p = find_tcp(port, "reset");
	struct tu_port *ports[2];
	int i;

	if (p == NULL)
		return -1;
	ports[0] = p->connection->input;
	ports[1] = p->connection->output;
	if (tu_connection_set_reset(p->connection) == -1)
		return tu_port_raise(p, "reset");
	for (i = 0; i < 2; i++) {
		if (ports[i] == NULL)
			continue;
		ports[i]->abandoned = true; /* no FIN before the RST */
		(void)tu_port_close(ports[i], "reset"); /* nothing to lose */
	}
	return 0;
}

int
tcp_set_timeout(tcp_port port, int timeout)
{
	struct tu_port *p = find(port, "set-timeout");

	if (p == NULL || tu_check_time(timeout, "set-timeout") == -1)
		return -1;
	p->timeout = timeout;
	return 0;
}

int
tcp_port_fileno(tcp_port port)
{
	struct tu_port *p = find(port, "port-fileno");

	return p != NULL ? p->connection->descriptor.fd : -1;
}

uint64_t
tcp_port_position(tcp_port port)
{
	struct tu_port *p = find(port, "port-position");

	return p != NULL ? p->position : 0;
}

static struct tu_port *
port_new(struct tu_runtime *rt, struct tu_connection *c, enum tu_kind kind)
{
	struct tu_port *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->handle = tu_handle_make(&rt->handles, kind, p, drop);
	if (p->handle == 0) {
		free(p);
		return NULL;
	}
	p->runtime = rt;
	p->connection = c;
	c->ports++;
	p->timeout = -1;
	TAILQ_INIT(&p->queue);
	tu_watch_init(&p->watch, &rt->scheduler, c->descriptor.fd,
	    kind == TU_INPUT ? EV_READ : EV_WRITE, &p->queue);
	p->watch.always = c->descriptor.access == TU_FILE;
	if (kind == TU_INPUT)
		c->input = p;
	else
		c->output = p;
	return p;
}

static void
port_free(struct tu_port *p)
{
	struct tu_connection *c = p->connection;

	free(p);
	if (--c->ports == 0)
		tu_connection_free(c);
}

static struct tu_peer
peer_of(const struct tu_connection *c)
{
	return (struct tu_peer){
	    .fd = c->tcp ? -1 : c->descriptor.fd,
	    .address = c->remote,
	};
}

/* "read 127.0.0.1:80" */
static const char *
describe(struct tu_peer peer, const char *where, char what[WHAT_SIZE])
{
	char address[TCPUNIT_ADDRLEN + 8];

	if (peer.fd == -1) {
		tu_address_with_port(&peer.address, address);
		(void)snprintf(what, WHAT_SIZE, "%s %s", where, address);
	} else {
		(void)snprintf(
		    what, WHAT_SIZE, "%s descriptor %d", where, peer.fd);
	} /* both fit */
	return what;
}

static void
release(void *port)
{
	struct tu_port *p = port;

	p->user = NULL;
	if (p->closed)
		port_free(p);
}

/* At the end of the runtime: nobody comes back from a wait, and a process that
 * has the connection too, after a fork, keeps it. */
static void
drop(void *object)
{
	struct tu_port *p = object;

	p->abandoned = true;
	(void)tu_port_close(p, "shutdown"); /* there is nobody to tell */
}

static tcp_port
open_fd(int fd, enum tu_kind kind, const char *where)
{
	struct tu_runtime *rt = tu_runtime();
	struct tu_connection *c;
	struct tu_port *p;
	bool taken;

	if (rt == NULL)
		return (tcp_port){0};
	c = tu_connection_over(&rt->plain, fd);
	if (c == NULL) {
		tu_raise(errno == EBADF ? TCPUNIT_ERROR_ARGUMENT
					: TCPUNIT_ERROR_SYSTEM,
		    errno, where, "%s: %s", where, strerror(errno));
		return (tcp_port){0};
	}
	taken = is_taken(rt, c, kind);
	p = taken ? NULL : port_new(rt, c, kind);
	if (p != NULL)
		return (tcp_port){p->handle};
	if (c->input == NULL && c->output == NULL)
		tu_connection_free(c);
	if (taken)
		tu_raise(TCPUNIT_ERROR_ARGUMENT, EEXIST, where,
		    "%s: descriptor %d has a port already", where, fd);
	else
		tu_raise(TCPUNIT_ERROR_SYSTEM, ENOMEM, where, "%s", where);
	return (tcp_port){0};
}

/* By a port over it, or by one of a TCP connection, which would not share it:
 * two ports would close it, and the second one another's. */
static bool
is_taken(
    struct tu_runtime *rt, const struct tu_connection *c, enum tu_kind kind)
{
	const struct tu_handles *h = &rt->handles;
	int fd = c->descriptor.fd;

	if (c->input != NULL || c->output != NULL)
		return (kind == TU_INPUT ? c->input : c->output) != NULL;
	return c->descriptor.access == TU_SOCKET &&
	    (tu_handles_any(h, TU_INPUT, connects, fd) ||
		tu_handles_any(h, TU_OUTPUT, connects, fd));
}

static bool
connects(const void *port, int fd)
{
	const struct tu_port *p = port;

	return p->connection->tcp && p->connection->descriptor.fd == fd;
}

/* Of either kind and without entering, for what cannot wait. */
static struct tu_port *
find(tcp_port port, const char *where)
{
	if (tcp_port_p(port))
		return tu_port_find(tu_handle_kind(port.bits), port, where);
	if (tu_runtime() != NULL)
		tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, where,
		    "%s: the handle is not a port", where);
	return NULL;
}

static struct tu_port *
find_tcp(tcp_port port, const char *where)
{
	struct tu_port *p = find(port, where);

	if (p == NULL || p->connection->tcp)
		return p;
	tu_raise(TCPUNIT_ERROR_ARGUMENT, EINVAL, where,
	    "%s: the port was not made by connect or accept", where);
	tu_error_attach(port, 0);
	return NULL;
}
