/* SPDX-License-Identifier: ISC */
/*
 * Input and output ports.  A port is one direction of a connection, or of any
 * descriptor, with its buffer, its time limit, and the thread that waits there.
 */
#ifndef TU_PORT_H
#define TU_PORT_H

#include "ahead.h"
#include "connection.h"
#include "error.h"
#include "lane.h"
#include "runtime.h"
#include "tcpunit.h"
#include "waiter.h"
#include "watch.h"

/* How messages name a port: by its peer's address, or by its descriptor. */
struct tu_peer {
	int fd; /* -1: of a TCP connection, or a closed Unix socket */
	union tcp_address address;
};

/* The error of a write that went out in part. */
struct tu_torn {
	enum tcp_error_kind kind; /* TCPUNIT_ERROR_NONE: every write is whole */
	int code;
};

/* Free memory at the end of the buffered output, of which the port may use ROOM
 * bytes, and bytes in it that libevent does not count yet. */
struct tu_fill {
	unsigned char *start;
	size_t used, room;
};

/* What a read or a write uses that has to wait comes first, so that it lies in
 * few lines of the cache. */
struct tu_port {
	struct tu_runtime *runtime;
	struct tu_connection *connection;
	struct tu_thread *user;    /* in a call here; frees a closed port */
	struct tu_cleanup cleanup; /* of that call */
	uint64_t position;
	int timeout;
	short error; /* found by char-ready, for the next read */
	bool closed : 1;
	bool abandoned : 1;

	/* Of an input port. */
	bool end : 1;     /* end of file was read */
	bool empty : 1;   /* a read would most likely fail with EAGAIN */
	bool skip_lf : 1; /* an LF that comes next belongs to the last line */
	enum tcp_line_ending ending : 8;

	/* Of an output port. */
	bool finished : 1; /* a FIN was sent */
	bool writing;      /* a call has more to send: closing cuts it short */
	bool copies;       /* that call is a copy */
	struct tu_waiters writers; /* the threads that wait to write */

	union {
		struct tu_ahead ahead; /* of an input port */
		struct {               /* of an output port */
			size_t buffer_size;
			struct tu_torn torn;
			struct tu_fill fill;
		};
	};
	struct tu_watch watch;
	struct tu_queue queue; /* the thread that waits, if any */
	uint64_t handle;
};

/* Makes the two ports of a connected socket.  FILE is that of its own name, or
 * NULL.  0; or -1, with an error raised: then the socket and the file are still
 * the caller's. */
int tu_ports_open(struct tu_runtime *rt, int fd,
    const union tcp_address *remote, struct tu_socket_file *file, tcp_port *in,
    tcp_port *out);

/* All calls below obey the time limit of the running call. */

/* The port of a handle; NULL, with an error raised. */
struct tu_port *tu_port_find(enum tu_kind kind, tcp_port p);

/* Likewise, a port of either kind; or only a port of a TCP connection. */
struct tu_port *tu_port_of(tcp_port p);
struct tu_port *tu_port_of_tcp(tcp_port p);

/* The input port of a handle, if no call is in progress there and no function
 * of a layer is running.  tu_input_idle is for calls that do not wait;
 * tu_input_enter keeps other calls out until tu_port_leave.  NULL, with an
 * error raised. */
struct tu_port *tu_input_check(tcp_port p);
static inline struct tu_port *
tu_input_idle(const struct tu_runtime *rt, tcp_port port)
{
	struct tu_port *p = tu_handle_find(&rt->handles, TU_INPUT, port.bits);

	if (p != NULL && p->user == NULL && !tu_in_callback(&rt->scheduler))
		return p;
	return tu_input_check(port);
}

struct tu_port *tu_input_enter(const struct tu_runtime *rt, tcp_port p);

/*
 * The output port of a handle, from its turn until tu_port_leave.  The call's
 * time limit begins.  No call waits for a copy.  NULL, with an error raised.
 * tu_output_pass hands a port that was left on to the next writer.  After
 * tu_output_tear, writers get the error that was just raised.  In writers.c.
 */
struct tu_port *tu_output_enter(tcp_port p);
struct tu_port *tu_output_enter_copy(tcp_port p);
void tu_output_pass(struct tu_port *p);
void tu_output_tear(struct tu_port *p);

/* Enters an idle port for thread T, which runs or waits. */
void tu_port_hold(struct tu_port *p, struct tu_thread *t);
void tu_port_leave(struct tu_port *p); /* in reverse order of entering */

/* Waits for the port's descriptor.  0; or -1, with an error raised, also if the
 * port was closed meanwhile. */
int tu_port_wait(struct tu_port *p);

/* In lane_port.c.  Makes a lane for a connection, if it has none: 0, or -1 with
 * errno ENOMEM. */
int tu_lane_begin(struct tu_connection *c, struct tu_scheduler *s);
/* For a connection that has a lane.  The first waits for what the port lacks,
 * and with UNSENT also for what the other one lacks; the second is called when
 * its output has been flushed, and ends it; the third when one of its ports is
 * about to be closed as the last, and ends output that could not be ended
 * alone. */
int tu_lane_wait(struct tu_port *p, bool unsent);
int tu_lane_end_output(struct tu_port *p);
int tu_lane_end(struct tu_port *p);
/* Wakes the threads that wait at the ports. */
void tu_lane_wake(struct tu_connection *c);

/* Called before each system call, as tu_go_on is.  0; or -1, with an error
 * raised. */
int tu_port_end(struct tu_port *p, enum tu_wake woken);
static inline int
tu_port_go_on(struct tu_port *p)
{
	enum tu_wake woken = tu_go_on(&p->runtime->scheduler);

	if (woken == TU_READY && !p->closed)
		return 0;
	return tu_port_end(p, woken);
}

/* Raise an error of this port; tu_port_raise raises errno. */
int tu_port_raise(struct tu_port *p);
int tu_port_fail(struct tu_port *p, enum tcp_error_kind kind, int code);

/* Frees a closed port that no call uses any more. */
void tu_port_free(struct tu_port *p);

struct tu_peer tu_peer_of(const struct tu_connection *c);

/* Closes a port without flushing it.  An error of close(2) is raised.  In
 * closing.c. */
int tu_port_close(struct tu_port *p);

/* Buffered output, in unsent.c: how many bytes there are. */
size_t tu_output_buffered(const struct tu_port *p);
/* Puts all of them into the connection's buffer. */
void tu_output_settle(struct tu_port *p);
/* Makes room in p->fill for N bytes or more, which the port may buffer: 0, or
 * -1 with errno ENOMEM. */
int tu_output_room(struct tu_port *p, size_t n);
/* Drops the first N bytes of the connection's buffer, unless closing has freed
 * it. */
void tu_output_drop(struct tu_port *p, size_t n);

/* Whether a function of a layer of the connection is running, and the port must
 * not be used: then an error is raised. */
bool tu_port_in_layer(struct tu_port *p);

/* Send buffered output.  tu_output_flush sends all of it; tu_output_push sends
 * as much as possible without waiting or failing, and returns true if the rest
 * has to wait.  In output.c. */
int tu_output_flush(struct tu_port *p);
bool tu_output_push(struct tu_port *p);
/* Sends all of it, and then the end that layers have, if they have one. */
int tu_output_end(struct tu_port *p);

/*
 * Reading for all calls, in input.c.  tu_input_read returns at least
 * one byte; 0 is end of file.  tu_input_wait first sends the connection's own
 * buffered output.  tu_input_fill reads ahead and returns 1, or 0 at end of
 * file; after 1 there may be no new byte, if all that came was the LF that ends
 * the previous line.
 */
ssize_t tu_input_read(struct tu_port *p, void *buf, size_t cap);
int tu_input_wait(struct tu_port *p);
/* Whether a read would not wait.  To find out, available bytes are read
 * ahead. */
bool tu_input_ready(struct tu_port *p);
int tu_input_fill(struct tu_port *p);
/* Unreads N bytes: 0, or -1 with errno ENOMEM. */
int tu_input_put_back(struct tu_port *p, const void *data, size_t n);

/* Unreads the bytes of MEMORY from FROM up to END, where there is room for one
 * more byte.  The port takes over the memory.  No byte is lost, even if memory
 * runs out. */
void tu_input_return(
    struct tu_port *p, unsigned char *memory, size_t from, size_t end);

/* Writes the pieces as tcp_write writes its one, for a call that has been
 * entered. */
ssize_t tu_write(tcp_port port, struct iovec *iov, int n);

/* Bytes to write.  As they are sent, the pieces shrink and SENT grows. */
struct tu_pieces {
	struct iovec *iov;
	int n;
	size_t sent;
};

/* Writes all of the pieces without using the port's buffer, for copies.  0; or
 * -1, with an error raised.  In output.c. */
int tu_output_write(struct tu_port *p, struct tu_pieces *pieces);

#endif
