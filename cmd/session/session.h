/* SPDX-License-Identifier: ISC */
/*
 * session.h - a session: stdin to the peer and the peer to stdout, two green
 * threads that know nothing of each other, and when it is over.
 */
#ifndef TCPU_SESSION_H
#define TCPU_SESSION_H

#include <stdbool.h>
#include <tcpunit.h>

#include "reader.h"
#include "../run.h"
#include "wire.h"

enum session_end {
	END_DEFAULT, /* PEER where stdin is a terminal, else BOTH */
	END_BOTH,
	END_PEER,
	END_INPUT,
	END_QUIET
};

/* Which lines' ends are converted; plain --crlf is what nc -C does. */
enum crlf_option { CRLF_NONE, CRLF_SEND, CRLF_RECEIVE, CRLF_BOTH };

struct session_options {
	struct end_option {
		enum session_end when;
		int quiet; /* ms that the peer is silent at END_QUIET */
	} end;
	bool abandon;
	bool reset;
	enum crlf_option crlf;
	bool progress;
	const char *output; /* a file, or NULL: stdout */
	int idle_timeout;   /* ms; -1 none */
	int drain;          /* ms to finish after a signal */
	struct wire_options wire;
};

extern const struct option session_option_table[];
#define SESSION_DEFAULTS                                                  \
	{                                                                 \
		.end = {END_DEFAULT, 1000}, .idle_timeout = -1, .wire = { \
			120000,                                           \
			-1,                                               \
			NODELAY_DEFAULT                                   \
		}                                                         \
	}

/* SESSION says that there will be one.  Returns 0; or STATUS_USAGE, having said
 * why. */
int check_session_options(
    const struct run *run, const struct session_options *options, bool session);

/* Whether one of those was given that say how bytes flow. */
bool has_manner(const struct session_options *options);

/* What a session is with: descriptors 0 and 1, or pipes from and to a process
 * that it ends with. */
struct standard_ports {
	tcp_port input;
	tcp_port output;
	bool shared;      /* with sessions to come: stdout stays open */
	bool terminal;    /* stdin is one */
	bool socket;      /* stdin and stdout are the same one */
	bool patient;     /* a listener's: see holds_end in session.c */
	int process;      /* a pidfd; -1 none */
	const char *name; /* of 1, for messages: "stdout" */
	struct reader reader;
};

/*
 * Opens the ports of descriptors 0 and 1.  OUTPUT names the file that 1 is, or
 * NULL.  Returns 0, or the status to end with, having said why.
 */
int open_standard_ports(
    const struct run *run, const char *output, struct standard_ports *ports);

/* How a session went. */
struct outcome {
	int status;
	bool fatal; /* not the peer's doing: no further session is possible */
};

/*
 * Runs a session on the two ports of a connection and closes them: in order
 * when all went well, else with a reset.  NAME is the peer's, for messages.
 */
struct outcome run_session(const struct run *run,
    const struct session_options *options,
    const struct standard_ports *standard, const char *name,
    const tcp_port connection[2]);

#endif
