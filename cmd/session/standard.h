/* SPDX-License-Identifier: ISC */
/*
 * standard.h - the local end of a session: ports on descriptors 0 and 1, or on
 * the pipes of a process.
 */
#ifndef TCPU_STANDARD_H
#define TCPU_STANDARD_H

#include <stdbool.h>
#include <tcpunit.h>

#include "../run.h"

/*
 * The reader of tcpu's standard output, if that is a pipe.  Once data have been
 * written to the pipe, the run ends when the reader leaves.  The next write
 * would end it anyway, but "tcpu connect ... | head -1" need not wait for the
 * peer's next byte.
 */
struct reader {
	const struct run *run;
	const char *name; /* of standard output, for messages */
	tcp_port output;  /* the port on standard output */
};

/* The ports on descriptors 0 and 1; or on pipes from and to a process, whose
 * end is the end of the session. */
struct standard_ports {
	tcp_port input;
	tcp_port output;
	bool shared;      /* later sessions use stdout too: it stays open */
	bool terminal;    /* stdin is a terminal */
	bool socket;      /* stdin and stdout are the same socket */
	bool patient;     /* of a listener: see holds_end in session.c */
	int process;      /* a pidfd; -1 none */
	const char *name; /* of the output, for messages: "stdout" */
	struct reader reader;
};

/*
 * Opens the ports of descriptors 0 and 1.  OUTPUT names the file that 1 is, or
 * NULL.  Returns STATUS_GO_ON, or the status to end with, having said why.
 */
int open_standard_ports(
    const struct run *run, const char *output, struct standard_ports *ports);

#endif
