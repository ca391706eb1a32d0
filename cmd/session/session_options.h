/* SPDX-License-Identifier: ISC */
/*
 * session_options.h - the options that say how a session is run.
 */
#ifndef TCPU_SESSION_OPTIONS_H
#define TCPU_SESSION_OPTIONS_H

#include <stdbool.h>

#include "../options.h"
#include "../run.h"
#include "lane_options.h"
#include "wire.h"

enum session_end {
	END_DEFAULT, /* PEER if stdin is a terminal, else BOTH */
	END_BOTH,
	END_PEER,
	END_INPUT,
	END_QUIET
};

/* Which line endings are converted; plain --crlf does the same as nc -C. */
enum crlf_option { CRLF_NONE, CRLF_SEND, CRLF_RECEIVE, CRLF_BOTH };

struct session_options {
	struct end_option {
		enum session_end when;
		int quiet; /* END_QUIET: ms of the peer's silence */
	} end;
	bool tls; /* --tls was given */
	bool abandon;
	bool reset;
	enum crlf_option crlf;
	bool progress;
	const char *output; /* a file, or NULL: stdout */
	int idle_timeout;   /* ms; -1 none */
	int drain;          /* ms to finish after a signal */
	struct wire_options wire;
	struct lanes_options lanes;
};

extern const struct option session_option_table[];
#define SESSION_DEFAULTS                                                  \
	{                                                                 \
		.end = {END_DEFAULT, 1000}, .idle_timeout = -1, .wire = { \
			{120000, false},                                  \
			-1,                                               \
			NODELAY_DEFAULT                                   \
		}                                                         \
	}

/* Checks the options; SESSION says that a session will run.  Returns
 * STATUS_GO_ON; or STATUS_USAGE, having said why. */
int check_session_options(
    const struct run *run, const struct session_options *options, bool session);

/* Refuses options that a Unix socket has no use for.  Returns STATUS_GO_ON; or
 * STATUS_USAGE, having said why. */
int check_unix_session(
    const struct run *run, const struct session_options *options);

/* Whether --reset is about every session, and not only about those that --cut
 * ends. */
bool resets_always(const struct session_options *options);

/* Whether any option about the wire was given. */
bool has_wire(const struct session_options *options);

/* Whether any option about the flow of bytes was given. */
bool has_manner(const struct session_options *options);

#endif
