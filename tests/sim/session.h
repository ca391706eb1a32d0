/* SPDX-License-Identifier: ISC */
/*
 * A session of the command in the simulated machine: what the seed decided, how
 * it went, and what must hold.
 */
#ifndef SIM_SESSION_H
#define SIM_SESSION_H

#include "../../cmd/session/session.h"
#include "agent.h"
#include "socket.h"

struct sim_session {
	struct common_options common;
	struct session_options options;
	struct ending ending;
	struct outbox outbox;
	struct sim_agent source, sink, peer; /* the other processes */
	struct sim_file *input, *output;     /* descriptors 0 and 1 */
	struct sim_socket *connection;       /* NULL: not yet */
	bool stuck_sink, stuck_peer;         /* they read no more */
	bool breaks;       /* the network may break the connection */
	unsigned messages; /* on stderr, without those of progress */
	int64_t begun, signalled, again, ended; /* at which time; 0: not */
	uint64_t received;                      /* by the session, then */
	bool settled; /* all that was sent had been acknowledged */
};

/* The only one of a run. */
extern struct sim_session sim_session;

/* Draws how one of the other processes behaves; the options; and what ends the
 * session, where it is PATIENT as a listener's. */
void sim_session_draw_agent(struct sim_agent *a);
void sim_session_draw_options(void);
void sim_session_draw_endings(bool patient);

/* When it ends, be it by default. */
enum session_end sim_session_end(void);

/* Once the session is over: lets what is under way arrive; and checks all. */
void sim_session_wait_for_peer(void);
void sim_session_check(int status);

#endif
