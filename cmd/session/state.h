/* SPDX-License-Identifier: ISC */
/*
 * state.h - the state of a session, which its green threads share.
 */
#ifndef TCPU_STATE_H
#define TCPU_STATE_H

#include <stdbool.h>
#include <stdint.h>
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
	bool holds;    /* the FIN is held until the peer has sent its own */
	bool lingers;  /* the input is at its end, and the sender waits */
	bool received; /* the peer's end of file has come */
	bool sent;     /* the sender has ended */
	bool watches;  /* the receiver waits for the peer to leave */
	bool left;     /* the peer has left after its end of file */
	bool finished; /* tcpu has sent its FIN */
	bool counted;  /* the session has ended, after so many bytes: */
	uint64_t total_sent, total_received;
	int lost;                   /* the errno of a lost connection, or 0 */
	char why[TCPUNIT_TLS_TEXT]; /* the reason for that, with TLS */
};

#endif
