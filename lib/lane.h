/* SPDX-License-Identifier: ISC */
/*
 * The second lane: how the bytes of a connection move if it has layers or a
 * rate.  Layers are bufferevents; the connection's own is the lowest.  It has
 * no descriptor, as libevent reads at most 4 KiB from one at a time, and its
 * writes raise SIGPIPE.  Instead the bytes are moved by the thread that reads
 * or writes: between the socket and the buffers of the lowest bufferevent, and
 * between the buffers of the highest one and the caller.  So limits, turns and
 * terminations work as they do without layers.
 *
 * Functions of layers run as callbacks of the event loop do, and cannot wait.
 */
#ifndef TU_LANE_H
#define TU_LANE_H

#include <sys/types.h>
#include <sys/uio.h>

#include <stdbool.h>

#include "connection.h"
#include "marks.h"
#include "rate.h"
#include "scheduler.h"

struct tu_layer {
	struct tu_layer *below; /* NULL: only the lowest bufferevent is */
	struct bufferevent *bev;
	void *arg; /* of the functions, which may be NULL: see tcp_stack */
	int (*finish)(struct bufferevent *, bool, void *);
	const char *(*reason)(struct bufferevent *, int *, void *);
	void (*release)(void *);
	bool skip_lf; /* an LF that comes first belongs to a line before it */
};

struct tu_lane {
	struct tu_scheduler *scheduler;
	struct tu_thread *caller;    /* while functions of layers run */
	struct tu_layer *top;        /* NULL: there is only a rate */
	struct tu_layer *unfinished; /* the highest whose output goes on */
	struct tu_rate rate;
	struct tu_marks marks;
	/* Called when a layer has made bytes, taken some, or ended. */
	void (*changed)(struct tu_connection *);

	bool active : 1;    /* a function of a layer is running */
	bool again : 1;     /* the turn was over before there was a result */
	bool over : 1;      /* the socket has ended, with ERROR or 0 */
	bool told : 1;      /* the layers know that */
	bool deaf : 1;      /* its input was shut down at this end */
	bool connected : 1; /* what the highest layer has reported */
	bool end : 1;
	bool failed : 1;  /* with CODE, and REASON or "" */
	bool lost : 1;    /* nothing can be sent any more */
	bool full : 1;    /* the socket has little room */
	bool starved : 1; /* a writer waits until a reader takes the input */
	/* Before its end, output is unsent as long as a layer keeps any: one
	 * that has FINISH, or one below it; afterwards any layer. */
	bool ending : 1;
	bool ended : 1;
	int error;
	int code;
	size_t given;      /* bytes taken since the socket had all output */
	size_t given_lost; /* and of those, when it was lost */
	size_t piece;      /* the most that a layer gets at a time */
	unsigned claim;    /* the process, as the scheduler counts them */
	char reason[120];
};

/* Makes the connection's lane, if it has none: 0, or -1 with errno ENOMEM. */
int tu_lane_make(struct tu_connection *c, struct tu_scheduler *s);
/* Call before layers make output.  In a child of fork(2), what they have made
 * before and was not sent is the parent's, which sends it. */
void tu_lane_claim(struct tu_connection *c);
/* Frees the lane and its layers; C may have none. */
void tu_lane_free(struct tu_connection *c);

/*
 * As tu_connection_read and tu_connection_write.  EAGAIN: see
 * tu_lane_lacks.  A layer takes the bytes that are written; calling
 * tu_lane_write with N = 0 sends what the layers made of them, and returns 0
 * when tu_lane_unsent is false.
 */
ssize_t tu_lane_read(struct tu_connection *c, void *buf, size_t n);
ssize_t tu_lane_write(struct tu_connection *c, struct iovec *iov, int n);
/* Bytes that layers have taken, and whose output is lost, but not more than
 * MOST.  Called once after an error other than EAGAIN. */
size_t tu_lane_lost(struct tu_connection *c, size_t most);
/* Goes on with a handshake: 0 when it is over and sent; or -1 with errno. */
int tu_lane_shake(struct tu_connection *c);
bool tu_lane_unsent(const struct tu_connection *c);
/* How many of the bytes that were written may be missing at the peer, if it has
 * not acknowledged the last QUEUED bytes of the socket. */
uint64_t tu_lane_missing(const struct tu_connection *c, size_t queued);

/* What has to come before reading or writing can go on, or either: one of the
 * events, or the time, which is 0 if only the turn was over. */
struct tu_lack {
	short what; /* EV_READ, EV_WRITE */
	int64_t until;
};
struct tu_lack tu_lane_lacks(
    const struct tu_connection *c, bool input, bool output);

/* Whether a layer could not end its output alone, so that the socket's
 * direction stays open. */
bool tu_lane_holds_open(const struct tu_connection *c);

/* The layers' reason for error CODE, or NULL. */
const char *tu_lane_reason(const struct tu_connection *c, int code);

/* Whether a function of one of the connection's layers is running, or an event
 * of its own. */
bool tu_lane_active(const struct tu_connection *c);

#endif
