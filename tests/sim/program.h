/* SPDX-License-Identifier: ISC */
/*
 * The programs that run in the simulated machine, and their common parts.
 */
#ifndef SIM_PROGRAM_H
#define SIM_PROGRAM_H

#include "port.h"

struct sim_program {
	const char *name;
	void (*run)(void); /* runs in the first thread */
};

extern const struct sim_program sim_programs[];

void sim_run_chat(void);
void sim_run_copies(void);
void sim_run_echo(void);
void sim_run_elsewhere(void);
void sim_run_endings(void);
void sim_run_exchange(void);
void sim_run_fairness(void);
void sim_run_joins(void);
void sim_run_layers(void);
void sim_run_lines(void);
void sim_run_mixture(void);
void sim_run_names(void);
void sim_run_paced(void);
void sim_run_pool(void);
void sim_run_race(void);
void sim_run_relay(void);
void sim_run_session(void);
void sim_run_shutdown(void);
void sim_run_writers(void);

/* Returns NULL if no program has that name. */
const struct sim_program *sim_program_of(const char *name);
const struct sim_program *sim_program_drawn(void);

/* Draws a time limit: none, or up to MOST milliseconds. */
int sim_some_limit(int most);
/* Draws a number of bytes. */
size_t sim_some_bytes(size_t most);
/* Computes for a while, or not at all. */
void sim_some_work(void);

/* Whether the call that returned R moved something or failed by its time
 * limit. */
bool sim_goes_on(int64_t r);

/* Connects a pair; returns -1 if the machine does not allow it. */
int sim_pair(struct sim_link *client, struct sim_link *server);

/* Writes TOTAL bytes in pieces, continues after time-outs, and closes the port.
 * Returns 0 if all of this succeeded. */
int sim_write_all(struct sim_port *p, uint64_t total);
/* Reads until the end of file or an error, continues after time-outs, and
 * closes the port. */
int sim_read_all(struct sim_port *p);

#endif
