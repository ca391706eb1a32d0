/* SPDX-License-Identifier: ISC */
/*
 * attempts.h - makes a connection, from a given source, within a time limit,
 * and with --retry again and again until it succeeds or further attempts are
 * pointless.
 */
#ifndef TCPU_ATTEMPTS_H
#define TCPU_ATTEMPTS_H

#include "run.h"
#include "target.h"
#include "waiting.h"

struct attempt_options {
	int connect_timeout; /* ms; -1 none */
	struct wait_option retry;
	int until_exit; /* a process; 0 none */
	bool probe;
	const char *source;
};

extern const struct option attempt_option_table[];
extern const struct option until_exit_table[];
#define ATTEMPT_DEFAULTS                                 \
	{                                                \
		.connect_timeout = -1, .retry.limit = -1 \
	}

/* Checks the options for a target that is a Unix socket or not.  Returns
 * STATUS_GO_ON; or STATUS_USAGE, having said why. */
int check_attempt_options(
    const struct run *run, const struct attempt_options *options, bool is_unix);

/* How many ms all attempts may take together, a handshake included; or -1. */
int attempts_limit(const struct attempt_options *options);

/*
 * Connects to the target (parks) and stores the two ports.  With SESSION the
 * peer will get a reset if tcpu dies.  From now on the process of --until-exit
 * is watched, until forget_process is called.  Returns STATUS_GO_ON, or the
 * status to end with, having said why.
 */
int make_connection(const struct run *run,
    const struct attempt_options *options, const struct target *target,
    bool session, tcp_port connection[2]);

#endif
