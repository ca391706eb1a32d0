/* SPDX-License-Identifier: ISC */
/*
 * An agent is another process at the far end of a pipe or of a connection.  It
 * does not use the library: it writes and reads from time to time, and leaves
 * when it likes.
 */
#ifndef SIM_AGENT_H
#define SIM_AGENT_H

#include "content.h"
#include "file.h"

enum sim_finish {
	SIM_FIN,   /* sends its end of file once it has written everything */
	SIM_HOLD,  /* sends it only after it has seen the other end's */
	SIM_STAY,  /* never sends it */
	SIM_CLOSE, /* closes both directions instead */
	SIM_RESET  /* likewise, with SO_LINGER 0, which makes it a reset */
};

struct sim_agent {
	const char *name;
	struct sim_file *file;
	struct sim_content sends, gets;
	uint64_t to_send, sent;
	uint64_t to_get, got; /* it reads at most to_get bytes */
	bool leaves;          /* instead of reading more bytes */
	enum sim_finish finish;
	int64_t pause, idle; /* ns between two calls: at most, and the next */
	bool finished;       /* it has written everything */
	bool ended;          /* it has seen the end of file */
	bool lost;           /* a call failed */
	bool gone;           /* it has closed the file */
};

void sim_agent_start(struct sim_agent *a);
void sim_agent_leave(struct sim_agent *a, bool reset);

#endif
