/* SPDX-License-Identifier: ISC */
/*
 * handlers.h - runs COMMAND for each connection: starts the handlers, counts
 * them, and ends them when the run ends.
 */
#ifndef TCPU_HANDLERS_H
#define TCPU_HANDLERS_H

#include "../options.h"
#include "../run.h"
#include "../session/session.h"
#include "handler.h"

extern const struct option handler_option_table[];

/*
 * Call before the library is used.  Finds COMMAND, if there is one, and checks
 * that the options go together.  Returns STATUS_GO_ON, or the status to end
 * with.
 */
int handler_prepare(const struct run *run, struct handler_options *options,
    const struct session_options *session, char *const *command);

/*
 * Prepares HS.  From here on the environment points into HS.  Returns
 * STATUS_GO_ON, or the status to end with, having said why.
 */
int handlers_begin(struct handlers *hs);

/* Waits (parks) until fewer than LIMIT handlers run.  Returns STATUS_GO_ON; or
 * the status of the run if it is over. */
int handlers_await(struct handlers *hs, int limit);

/*
 * Starts a handler for the connection with these ends, and with these
 * properties if it has TLS (or NULL), and takes over its ports; NAME is the
 * name of the peer in messages.  If the handler cannot be started, says why and
 * records the failure as the handler's status.  Returns 0; or -1 if the handler
 * was not started and the run is over.
 */
int handlers_start(struct handlers *hs, const tcp_port connection[2],
    const struct ends *ends, const struct tcp_tls_facts *tls, const char *name);

/*
 * Waits for the running handlers and frees HS.  If the run is over, sends all
 * processes that are left, also those of handlers that have ended, the signal
 * that ended the run, or SIGTERM, and a second later SIGKILL.  Returns STATUS;
 * or, if it is 0, the status of the run.
 */
int handlers_end(struct handlers *hs, int status);

#endif
