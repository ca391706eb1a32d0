/* SPDX-License-Identifier: ISC */
/*
 * session.h - a session: one green thread copies stdin to the peer, another
 * copies the peer's data to stdout.  While the session runs its socket is armed
 * (wire.h): the peer sees a normal end only if the session has succeeded.
 */
#ifndef TCPU_SESSION_H
#define TCPU_SESSION_H

#include <stdbool.h>
#include <tcpunit.h>

#include "../run.h"
#include "session_options.h"
#include "standard.h"
#include "state.h"

/*
 * Runs a session on the two ports of a connection and closes them: normally if
 * the session has succeeded, else with a reset.  NAME is the name of the peer
 * in messages.
 */
struct outcome run_session(const struct run *run,
    const struct session_options *options,
    const struct standard_ports *standard, const char *name,
    const tcp_port connection[2]);

#endif
