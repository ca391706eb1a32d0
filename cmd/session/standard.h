/* SPDX-License-Identifier: ISC */
/*
 * standard.h - what a session has at its local end: the ports of descriptors 0
 * and 1, or pipes of a process.
 */
#ifndef TCPU_STANDARD_H
#define TCPU_STANDARD_H

#include <stdbool.h>
#include <tcpunit.h>

#include "../run.h"

/*
 * The reader of tcpu's standard output, if that is a pipe.  Once
 * data have been written there, the run ends when the reader leaves, as the
 * next write would end it: after "tcpu connect ... | head -1" nobody waits for
 * the peer's next byte.
 */
struct reader {
	const struct run *run;
	const char *name; /* of standard output, for messages */
	tcp_port output;  /* the port on standard output */
};

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
 * NULL.  Returns STATUS_GO_ON, or the status to end with, having said why.
 */
int open_standard_ports(
    const struct run *run, const char *output, struct standard_ports *ports);

#endif
