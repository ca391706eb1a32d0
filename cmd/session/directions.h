/* SPDX-License-Identifier: ISC */
/*
 * directions.h - the two directions of a session, a green thread each.  Each
 * ends by itself; what makes the other pointless terminates it.
 */
#ifndef TCPU_DIRECTIONS_H
#define TCPU_DIRECTIONS_H

#include <stdbool.h>
#include <tcpunit.h>

#include "../run.h"
#include "progress.h"
#include "session_options.h"
#include "standard.h"
#include "stream.h"

/* How a session went. */
struct outcome {
	int status;
	bool fatal; /* not the peer's doing: no further session is possible */
};

struct session {
	const struct run *run;
	const struct session_options *options;
	const struct standard_ports *standard;
	const char *name;
	tcp_port in; /* the connection's */
	tcp_port out;
	tcp_thread sender;
	tcp_thread receiver;
	enum session_end end;
	struct outflow outflow; /* of the process, where there is one */
	struct outcome outcome;
	struct progress progress;
	bool holds;    /* the FIN waits for the peer's */
	bool lingers;  /* the input is at its end, and the sender waits */
	bool received; /* the peer's end of file */
	bool sent;     /* nothing more will be */
	bool watches;  /* the receiver waits for the peer to leave */
	bool left;     /* the peer has, after its end of file */
	bool finished; /* a FIN went out */
	int lost;      /* the errno that the connection was lost with */
};

/* Whether what is sent is not what stdin has. */
bool converts_input(const struct session_options *options);

/* Threads of a struct session.  The session ends with the process that it is
 * with, whoever else still has its pipes. */
void *run_sender(void *session);
void *run_receiver(void *session);
void *watch_command(void *session);

/* Ends both directions. */
void stop_session(struct session *s, int status, bool fatal);

/* What the failed call of a direction means. */
void note_failure(struct session *s);

/* Waits for acknowledgements.  Returns 0, though the connection may be found
 * lost; or -1. */
int settle(struct session *s);

/*
 * Returns 0 once the peer has sent nothing for LIMIT ms, and all that it had
 * sent is written; with BOTH, once nothing has moved for so long.  Or -1.
 */
int await_silence(struct session *s, bool both, int limit);

#endif
