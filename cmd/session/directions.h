/* SPDX-License-Identifier: ISC */
/*
 * directions.h - the two directions of a session, a green thread each.  Each
 * direction ends by itself, and terminates the other if that has become
 * pointless.
 */
#ifndef TCPU_DIRECTIONS_H
#define TCPU_DIRECTIONS_H

#include <stdbool.h>
#include <tcpunit.h>

#include "session_options.h"
#include "state.h"

/* Prepares the lanes of both directions. */
void begin_lanes(struct session *s);

/* Whether the bytes of stdin are converted before they are sent. */
bool converts_input(const struct session_options *options);

/* The threads of a struct session.  A session with a process ends when that
 * process ends, even if other processes still have its pipes. */
void *run_sender(void *session);
void *run_receiver(void *session);
void *watch_command(void *session);

/* Terminates a thread of the session, unless it has ended or never began. */
void end_thread(tcp_thread thread);

/* The same for a direction. */
void end_sender(struct session *s);
void end_receiver(struct session *s);

/* Ends both directions. */
void stop_session(struct session *s, int status, bool fatal);

/* Records the failure of a library call that a direction has made. */
void note_failure(struct session *s, const struct tcp_error *e);

#endif
