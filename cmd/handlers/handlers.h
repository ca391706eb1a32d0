/* SPDX-License-Identifier: ISC */
/*
 * handlers.h - COMMAND, run for each connection: which it is, how many run at a
 * time, and what becomes of them when the run ends.
 */
#ifndef TCPU_HANDLERS_H
#define TCPU_HANDLERS_H

#include "../options.h"
#include "../run.h"
#include "../session/session.h"
#include "handler.h"

extern const struct option handler_option_table[];

/*
 * Before the library is called: finds COMMAND, if there is one, and sees that
 * the options go together.  Returns STATUS_GO_ON, or the status to end with.
 */
int handler_prepare(const struct run *run, struct handler_options *options,
    const struct session_options *session, char *const *command);

/*
 * Returns STATUS_GO_ON, or the status to end with, having said why.  From here
 * on the environment lies in HS.
 */
int handlers_begin(struct handlers *hs);

/* Waits (parks) until fewer than LIMIT run.  Returns STATUS_GO_ON, or the
 * status of the run, which is over. */
int handlers_await(struct handlers *hs, int limit);

/*
 * Starts one for the connection, whose ports it takes over; NAME is the peer's,
 * for messages.  That it cannot be started is said, and is its status.  Returns
 * 0; or -1 if it was not started and the run is over.
 */
int handlers_start(
    struct handlers *hs, const tcp_port connection[2], const char *name);

/*
 * Waits for those that run, with STATUS 0, and gives everything back.  If the
 * run is over, they and what is left of others get the signal that ended it, or
 * SIGTERM, and a second later SIGKILL.  Returns STATUS or, where it is 0, the
 * run's.
 */
int handlers_end(struct handlers *hs, int status);

#endif
