/* SPDX-License-Identifier: ISC */
/*
 * Input and output ports: one direction of a connection, or of any descriptor,
 * with its buffer, its time limit, and the thread that waits there.
 */
#ifndef TU_PORT_H
#define TU_PORT_H

#include "ahead.h"
#include "connection.h"
#include "error.h"
#include "runtime.h"
#include "tcpunit.h"
#include "watch.h"

/* How messages call it: by its peer's address, or by its descriptor. */
struct tu_peer {
	int fd; /* -1: of a TCP connection */
	union tcp_address address;
};

struct tu_port {
	uint64_t handle;
	struct tu_runtime *runtime;
	struct tu_connection *connection;
	struct tu_watch watch;
	struct tu_queue queue; /* the thread that waits, if one does */
	uint64_t position;
	struct tu_thread *user;    /* whose call frees the port if closed */
	struct tu_cleanup cleanup; /* of that call */
	int timeout;
	short error; /* that char-ready met: the next read's */
	bool closed : 1;
	bool abandoned : 1;

	/* Of an input port. */
	bool end : 1;     /* of file, seen */
	bool empty : 1;   /* a read would most likely say EAGAIN */
	bool skip_lf : 1; /* it belongs to the CR that ended a line */
	enum tcp_line_ending ending : 8;
	struct tu_ahead ahead;

	/* Of an output port. */
	size_t buffer_size;
};

/* The two ports of a connected TCP socket.  0; or -1, raised for WHERE: then
 * the socket is still the caller's. */
int tu_ports_open(struct tu_runtime *rt, int fd,
    const union tcp_address *remote, const char *where, tcp_port *in,
    tcp_port *out);

/* All the calls below keep to the limit of the running call. */

/* The port of a handle; NULL: raised. */
struct tu_port *tu_port_find(enum tu_kind kind, tcp_port p, const char *where);

/* Likewise, of either kind; or only if it is over a TCP connection. */
struct tu_port *tu_port_of(tcp_port p, const char *where);
struct tu_port *tu_port_of_tcp(tcp_port p, const char *where);

/* The port of a handle if no call is under way there, for what does not wait;
 * or alone in it until left.  NULL: raised. */
struct tu_port *tu_port_idle(enum tu_kind kind, tcp_port p, const char *where);
struct tu_port *tu_port_enter(enum tu_kind kind, tcp_port p, const char *where);
void tu_port_hold(struct tu_port *p);  /* of an idle one */
void tu_port_leave(struct tu_port *p); /* the last one entered, first */

/* Waits for the port's descriptor.  0; or -1, raised, also where the port was
 * closed meanwhile. */
int tu_port_wait(struct tu_port *p, const char *where);

/* Before each system call: see tu_go_on.  Likewise. */
int tu_port_end(struct tu_port *p, enum tu_wake woken, const char *where);
static inline int
tu_port_go_on(struct tu_port *p, const char *where)
{
	enum tu_wake woken = tu_go_on(&p->runtime->scheduler);

	if (woken == TU_READY && !p->closed)
		return 0;
	return tu_port_end(p, woken, where);
}

/* Raises errno for this port. */
int tu_port_raise(struct tu_port *p, const char *where);

/* A closed one that no call uses any more. */
void tu_port_free(struct tu_port *p);

struct tu_peer tu_peer_of(const struct tu_connection *c);

/* In closing.c.  Closes it as it is; errno of close(2) is raised for WHERE. */
int tu_port_close(struct tu_port *p, const char *where);

/* Sends what is buffered, in output.c: all of it; or what goes without waiting
 * or failing: true if the rest has to wait. */
int tu_output_flush(struct tu_port *p, const char *where);
bool tu_output_push(struct tu_port *p);

/* Reading for the copying and for lines, in input.c.  Bytes: at least one; 0
 * is end of file.  Waiting sends the connection's own buffered output first.
 * Filling reads ahead: 1, though perhaps only past the LF of a line's end that
 * was handed out; or 0 at the end. */
ssize_t tu_input_read(
    struct tu_port *p, void *buf, size_t cap, const char *where);
int tu_input_wait(struct tu_port *p, const char *where);
int tu_input_fill(struct tu_port *p, const char *where);
/* Unreads N bytes: 0, or -1 with errno ENOMEM. */
int tu_input_put_back(struct tu_port *p, const void *data, size_t n);

/* Likewise, the bytes of MEMORY from FROM up to END, after which there is room
 * for one more.  The memory is the port's, and none is lost. */
void tu_input_return(
    struct tu_port *p, unsigned char *memory, size_t from, size_t end);

/* What tcp_write does, with the pieces as one. */
ssize_t tu_write(tcp_port port, struct iovec *iov, int n, const char *where);

/* Bytes to write: the pieces change, and SENT grows, as they go. */
struct tu_pieces {
	struct iovec *iov;
	int n;
	size_t sent;
};

/* Writing past the buffer, for the copying, in output.c: all of the pieces.  0,
 * or -1 raised. */
int tu_output_write(
    struct tu_port *p, struct tu_pieces *pieces, const char *where);

#endif
