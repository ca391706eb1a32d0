/* SPDX-License-Identifier: ISC */
/*
 * Somebody of another process at the far end of a pipe or of a connection, who
 * does not use the library: it writes and reads from time to time, and leaves
 * as it pleases.
 */
#ifndef SIM_AGENT_H
#define SIM_AGENT_H

#include "content.h"
#include "file.h"

enum sim_finish {
	SIM_FIN,   /* sends its end of file once it has written everything */
	SIM_HOLD,  /* not before it has seen the other's */
	SIM_STAY,  /* never */
	SIM_CLOSE, /* closes both directions instead */
	SIM_RESET  /* and so that this is a reset */
};

struct sim_agent {
	const char *name;
	struct sim_file *file;
	struct sim_content sends, gets;
	uint64_t to_send, sent;
	uint64_t to_get, got; /* no more than so much is read */
	bool leaves;          /* instead of reading more */
	enum sim_finish finish;
	int64_t pause, idle; /* between two calls: at most, and now */
	bool finished;       /* writing */
	bool ended;          /* the other did */
	bool lost;           /* a call failed */
	bool gone;           /* it has closed the file */
};

void sim_agent_start(struct sim_agent *a);
void sim_agent_leave(struct sim_agent *a, bool reset);

#endif
