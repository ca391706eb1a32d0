/* SPDX-License-Identifier: ISC */
/*
 * directions.h - the two directions of a session, a green thread each.  Each
 * direction ends by itself, and terminates the other if that has become
 * pointless.
 */
#ifndef TCPU_DIRECTIONS_H
#define TCPU_DIRECTIONS_H

#include <stdbool.h>
#include <tcpunit-tls.h>

#include "../run.h"
#include "lane.h"
#include "progress.h"
#include "session_options.h"
#include "standard.h"
#include "stream.h"

/* How a session went. */
struct outcome {
	int status;
	bool fatal; /* the cause is local: no further session is possible */
	bool cut;   /* --cut has ended it */
};

struct session {
	const struct run *run;
	const struct session_options *options;
	const struct standard_ports *standard;
	const char *name;
	tcp_port in; /* the input port of the connection */
	tcp_port out;
	tcp_thread sender;
	tcp_thread receiver;
	enum session_end end;
	struct outflow outflow; /* of the process, if there is one */
	struct lane in_lane;    /* used if their options are given */
	struct lane out_lane;
	struct outcome outcome;
	struct progress progress;
	bool holds;     /* the FIN is held until the peer has sent its own */
	bool lingers;   /* the input is at its end, and the sender waits */
	bool received;  /* the peer's end of file has come */
	bool sent;      /* the sender has ended */
	bool watches;   /* the receiver waits for the peer to leave */
	bool left;      /* the peer has left after its end of file */
	bool finished;  /* tcpu has sent its FIN */
	bool settled;   /* before the end of TLS all was acknowledged: */
	uint64_t total; /* bytes, and the output port is closed */
	int lost;       /* the errno of a lost connection, or 0 */
	char why[TCPUNIT_TLS_TEXT]; /* the reason for that, with TLS */
};

/* Prepares the lanes of both directions. */
void begin_lanes(struct session *s);

/* Whether the bytes of stdin are converted before they are sent. */
bool converts_input(const struct session_options *options);

/* The threads of a struct session.  A session with a process ends when that
 * process ends, even if other processes still have its pipes. */
void *run_sender(void *session);
void *run_receiver(void *session);
void *watch_command(void *session);

/* Terminates a thread of the session, unless it has ended or never began. */
void end_thread(tcp_thread thread);

/* The same for a direction. */
void end_sender(struct session *s);
void end_receiver(struct session *s);

/* Ends both directions. */
void stop_session(struct session *s, int status, bool fatal);

/* Records the failure of a library call that a direction has made. */
void note_failure(struct session *s, const struct tcp_error *e);

/* How many bytes of the input were sent. */
uint64_t sent_bytes(const struct session *s);

/* Ends the sending direction, with a FIN unless an option forbids it; with TLS
 * by its own means, if it has such. */
void finish_sending(struct session *s);

/* Waits until the peer's kernel has acknowledged every sent byte, or the
 * connection is found lost: see s->lost.  Returns 0; or -1 if the wait was
 * interrupted. */
int await_delivery(struct session *s);

/*
 * Waits until the peer has sent nothing for LIMIT ms, and all received data are
 * written; with BOTH, until nothing has moved in either direction for LIMIT ms.
 * Returns 0; or -1 if the wait was interrupted.
 */
int await_silence(struct session *s, bool both, int limit);

#endif
