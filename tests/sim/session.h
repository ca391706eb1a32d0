/* SPDX-License-Identifier: ISC */
/*
 * A session of the command in the simulated machine: the options and processes
 * that the seed chose, the course of the session, and its checks.
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
	struct sim_socket *connection;       /* NULL: not connected yet */
	bool stuck_sink, stuck_peer;         /* they have stopped reading */
	bool breaks;       /* the network may break the connection */
	unsigned messages; /* on stderr, without progress lines */
	int64_t begun, signalled, again, ended; /* the times; 0: not yet */
	uint64_t received;                      /* by the session, at its end */
	bool settled; /* the peer had acknowledged all bytes */
};

/* Each run has only this one. */
extern struct sim_session sim_session;

/* Draw the behaviour of another process, the options, and the events that end
 * the session.  A listener's session may be PATIENT. */
void sim_session_draw_agent(struct sim_agent *a);
void sim_session_draw_options(void);
void sim_session_draw_endings(bool patient);

/* Returns how the session ends, with the default applied. */
enum session_end sim_session_end(void);

/* To be called after the session: let the bytes under way arrive, and check
 * everything. */
void sim_session_wait_for_peer(void);
void sim_session_check(int status);

#endif
