/* SPDX-License-Identifier: ISC */
#include "port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "text.h"
#include "unix_address.h"

enum { OBJECT_SIZE = TCPUNIT_ADDRLEN + 8 };

_Static_assert(sizeof(struct tu_peer) <= TU_NOTE_SIZE, "it is remembered");

static struct tu_port *port_new(
    struct tu_runtime *, struct tu_connection *, enum tu_kind);
static void name_closed(tcp_port);
static const char *describe(struct tu_peer, char[OBJECT_SIZE]);
static void release(void *);
static void drop(void *);
static tcp_port open_fd(int, enum tu_kind, const char *);
static bool is_taken(
    struct tu_runtime *, const struct tu_connection *, enum tu_kind);
static bool connects(const void *, int);

int
tu_ports_open(struct tu_runtime *rt, int fd, const union tcp_address *remote,
    struct tu_socket_file *file, tcp_port *in, tcp_port *out)
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
		return tu_raise(TCPUNIT_ERROR_SYSTEM, ENOMEM, NULL);
	}
	c->file = file;
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
tu_port_find(enum tu_kind kind, tcp_port port)
{
	struct tu_port *p = tu_lookup(kind, port.bits);

	if (p == NULL && errno == EBADF)
		name_closed(port);
	return p;
}

/* Raises that the port is closed, with its peer's address if that is still
 * known. */
static void
name_closed(tcp_port port)
{
	struct tu_runtime *rt = tu_runtime();
	const struct tu_peer *peer = NULL;
	char object[OBJECT_SIZE];

	if (rt != NULL)
		peer = tu_handle_noted(&rt->handles, port.bits);
	if (peer != NULL)
		tu_raise_wake(TU_CLOSED, describe(*peer, object));
}

struct tu_port *
tu_input_check(tcp_port port)
{
	struct tu_port *p = tu_port_find(TU_INPUT, port);

	if (p == NULL || tu_port_in_layer(p))
		return NULL;
	if (p->user == NULL)
		return p;
	tu_raise(TCPUNIT_ERROR_BUSY, EBUSY, NULL);
	tu_error_attach(port, 0);
	return NULL;
}

struct tu_port *
tu_input_enter(const struct tu_runtime *rt, tcp_port port)
{
	struct tu_port *p = tu_input_idle(rt, port);

	if (p != NULL)
		tu_port_hold(p, p->runtime->scheduler.current);
	return p;
}

void
tu_port_hold(struct tu_port *p, struct tu_thread *t)
{
	p->user = t;
	p->cleanup = (struct tu_cleanup){release, p, t->cleanups};
	t->cleanups = &p->cleanup;
}

void
tu_port_leave(struct tu_port *p)
{
	tu_cleanup_pop(&p->runtime->scheduler);
	release(p);
}

int
tu_port_wait(struct tu_port *p)
{
	enum tu_wake woken;

	if (p->connection->lane != NULL)
		return tu_lane_wait(p, false);
	woken = tu_watch_wait(&p->watch);
	if (woken == TU_READY && !p->closed)
		return 0;
	return tu_port_end(p, woken);
}

/* A termination is reported even if the port was closed as well: it ends one
 * wait only. */
int
tu_port_end(struct tu_port *p, enum tu_wake woken)
{
	char object[OBJECT_SIZE];

	if (p->closed && woken != TU_TERMINATED)
		woken = TU_CLOSED;
	tu_raise_wake(woken, describe(tu_peer_of(p->connection), object));
	tu_error_attach((tcp_port){p->handle}, 0);
	return -1;
}

int
tu_port_raise(struct tu_port *p)
{
	enum tcp_error_kind kind = TCPUNIT_ERROR_SYSTEM;
	int code = errno;

	if (p->connection->tcp)
		kind = tu_error_kind(code);
	return tu_port_fail(p, kind, code);
}

int
tu_port_fail(struct tu_port *p, enum tcp_error_kind kind, int code)
{
	const struct tu_connection *c = p->connection;
	const char *reason = NULL;
	char object[OBJECT_SIZE];

	if (c->lane != NULL)
		reason = tu_lane_reason(c, code);
	tu_raise_reason(kind, code, describe(tu_peer_of(c), object), reason);
	tu_error_attach((tcp_port){p->handle}, 0);
	return -1;
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
	TAILQ_INIT(&p->writers);
	tu_watch_init(&p->watch, &rt->scheduler, c->descriptor.fd,
	    kind == TU_INPUT ? EV_READ : EV_WRITE, &p->queue);
	p->watch.always = c->descriptor.access == TU_FILE;
	if (kind == TU_INPUT)
		c->input = p;
	else
		c->output = p;
	return p;
}

void
tu_port_free(struct tu_port *p)
{
	struct tu_connection *c = p->connection;

	free(p);
	if (--c->ports == 0)
		tu_connection_free(c);
}

struct tu_peer
tu_peer_of(const struct tu_connection *c)
{
	return (struct tu_peer){
	    .fd = c->tcp && !tu_connection_is_unix(c) ? -1 : c->descriptor.fd,
	    .address = c->remote,
	};
}

/* Writes "127.0.0.1:80" or "descriptor 5" to OBJECT.  A closed Unix socket has
 * no name any more. */
static const char *
describe(struct tu_peer peer, char object[OBJECT_SIZE])
{
	if (peer.address.sa.sa_family == AF_UNIX)
		tu_unix_name(peer.fd, object);
	else if (peer.fd == -1)
		tu_address_with_port(&peer.address, object);
	else
		tu_format(object, OBJECT_SIZE, "descriptor %d", peer.fd);
	return object;
}

static void
release(void *port)
{
	struct tu_port *p = port;

	p->user = NULL;
	p->copies = false;
	if (p->closed)
		tu_port_free(p);
	else
		tu_output_pass(p); /* an input port has no writers */
}

/* Called at the end of the runtime, when no call that waits will return.  A
 * process that shares the connection since a fork keeps it. */
static void
drop(void *object)
{
	struct tu_port *p = object;

	p->abandoned = true;
	(void)tu_port_close(p); /* no caller is left to report to */
}

static tcp_port
open_fd(int fd, enum tu_kind kind, const char *name)
{
	struct tu_runtime *rt = tu_begin(name);
	struct tu_connection *c;
	struct tu_port *p;
	bool taken;

	if (rt == NULL)
		return (tcp_port){0};
	c = tu_connection_over(&rt->plain, fd);
	if (c == NULL) {
		tu_raise(errno == EBADF ? TCPUNIT_ERROR_ARGUMENT
					: TCPUNIT_ERROR_SYSTEM,
		    errno, NULL);
		return (tcp_port){0};
	}
	taken = is_taken(rt, c, kind);
	p = taken ? NULL : port_new(rt, c, kind);
	if (p != NULL)
		return (tcp_port){p->handle};
	if (c->input == NULL && c->output == NULL)
		tu_connection_free(c);
	if (taken)
		tu_refuse(EEXIST, "descriptor %d already has a port", fd);
	else
		tu_raise(TCPUNIT_ERROR_SYSTEM, ENOMEM, NULL);
	return (tcp_port){0};
}

/* Whether the descriptor has a port of this kind already, or belongs to a TCP
 * connection.  Such a connection cannot share it: both would close it, and the
 * second close could hit a descriptor opened meanwhile. */
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

/* For calls that cannot wait: finds a port of either kind, without entering
 * it. */
struct tu_port *
tu_port_of(tcp_port port)
{
	if (tcp_port_p(port))
		return tu_port_find(tu_handle_kind(port.bits), port);
	if (tu_runtime() != NULL)
		tu_refuse(EINVAL, "the handle is not a port");
	return NULL;
}

struct tu_port *
tu_port_of_tcp(tcp_port port)
{
	struct tu_port *p = tu_port_of(port);

	if (p == NULL || p->connection->tcp)
		return p;
	tu_refuse(EINVAL, "the port was not made by connect or accept");
	tu_error_attach(port, 0);
	return NULL;
}
