/* SPDX-License-Identifier: ISC */
/*
 * session.h - a session: stdin to the peer and the peer to stdout, two green
 * threads that know nothing of each other, and when it is over.
 */
#ifndef TCPU_SESSION_H
#define TCPU_SESSION_H

#include <stdbool.h>
#include <tcpunit.h>

#include "../run.h"
#include "directions.h"
#include "session_options.h"
#include "standard.h"

/*
 * Runs a session on the two ports of a connection and closes them: in order
 * when all went well, else with a reset.  NAME is the peer's, for messages.
 */
struct outcome run_session(const struct run *run,
    const struct session_options *options,
    const struct standard_ports *standard, const char *name,
    const tcp_port connection[2]);

#endif
