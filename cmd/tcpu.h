/* SPDX-License-Identifier: ISC */
/*
 * tcpu.h - what every command of tcpu has in common: its entry in the table of
 * commands, the run it is part of, exit statuses, messages.
 */
#ifndef TCPU_H
#define TCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <tcpunit.h>

#include "ending.h"
#include "options.h"
#include "outbox.h"
#include "target.h"

enum status {
	STATUS_DONE = 0,
	STATUS_NO = 1, /* the answer to a question, and nothing else */
	STATUS_USAGE = 2,
	STATUS_RESOLVE = 3,
	STATUS_REFUSED = 4,
	STATUS_CONNECT = 5,
	STATUS_IN_USE = 6,
	STATUS_LISTEN = 7,
	STATUS_LOST = 8, /* the connection, after it was made */
	STATUS_FILE = 9, /* stdin, stdout, or a file named in an option */
	STATUS_TIMEOUT = 124,
	STATUS_FAILED = 125, /* memory, descriptors, a missing facility */
	STATUS_CANNOT_EXECUTE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128, /* and the signal's number */
	STATUS_ENDED = 256   /* by --until-exit: the run is over, and 0 */
};

struct run;

/* One per file, and a line in tcpu.c's table. */
struct command {
	const char *name;
	const char *operands; /* for the usage: "[HOST] PORT" */
	const char *summary;  /* one line */
	const struct option_set *options;
	const char *const *commonest; /* which of them --help explains */
	const char *examples;         /* lines, indented by two spaces */
	bool runs_command;            /* takes "-- COMMAND" */
	bool port_alone;              /* PORT without HOST is enough */
	const void *defaults; /* a struct that begins with common_options */
	size_t size;          /* of that struct */

	/* OPTIONS is a copy of the defaults with the command line's values.
	 * Returns an exit status. */
	int (*run)(const struct run *run, const void *options,
	    const struct operands *operands);

	/* What has to happen before the library is called, unless null.
	 * Returns -1 to go on, or an exit status. */
	int (*prepare)(const struct run *run, void *options,
	    const struct operands *operands);
};

extern const struct command listen_command;
extern const struct command connect_command;
extern const struct command accept_ready_command;
extern const struct command addresses_command;

/* One invocation of one command. */
struct run {
	const struct command *command;
	const struct common_options *options;
	struct ending *ending;
	struct outbox *outbox;
};

/*
 * Messages: "tcpu: ", the text and a newline, in one write(2) to stderr and
 * always one line; nothing with --quiet.  A stderr that nobody reads holds up
 * nothing (outbox.h).
 */
void say(const struct run *run, const char *format, ...) TCPUNIT_PRINTF(2, 3);

/* The same for a text as it is, --quiet or not. */
void say_text(const struct run *run, const char *text, size_t n);

/* A message with --verbose only. */
void say_more(const struct run *run, const char *format, ...)
    TCPUNIT_PRINTF(2, 3);

/* Says it and returns STATUS. */
int fail(const struct run *run, enum status status, const char *format, ...)
    TCPUNIT_PRINTF(3, 4);

/* The same for STATUS_USAGE, with the command's name: "tcpu: listen: ...". */
int usage_error(const struct run *run, const char *format, ...)
    TCPUNIT_PRINTF(2, 3);

/* A second line for those who made a mistake, printed as usage errors are. */
void hint(const struct run *run, const char *format, ...) TCPUNIT_PRINTF(2, 3);

/*
 * The target that the operands name (read_target); a port below LEAST is
 * refused, which is 0 for listen and 1 elsewhere.  Returns 0, or the status to
 * end with, having said why.
 */
int find_target(const struct run *run, const struct operands *operands,
    bool need_host, int least, struct target *target);

/*
 * The end of a library call that failed: says "WHAT: why" and returns the
 * status for tcp_last_error(); OTHERWISE is the one for errors of the network
 * that have none of their own.  A run that was ended from outside gives the
 * status of that: a time limit says so, a signal is silent.
 */
int library_failure(
    const struct run *run, const char *what, enum status otherwise);

/* The reason alone: "Connection refused". */
const char *reason(const struct tcp_error *e);

/*
 * Writes all N bytes to FD, waiting (parks) for whoever reads there, until the
 * run is over.  Returns 0; an errno; or -1 and the library's last error.
 */
int deliver(const struct run *run, int fd, const char *text, size_t n);

/*
 * Writes all N bytes of an answer to stdout, as deliver does.  Returns 0, or
 * the status to end with, having said why.
 */
int answer(const struct run *run, const char *text, size_t n);

/*
 * The end of a write to stdout, or to the file NAME in its place, that failed
 * with errno CODE.  A broken pipe is
 * silent where SIGPIPE has its default action: the run ends by it, as cat(1)
 * would.
 */
int stdout_failure(const struct run *run, const char *name, int code);

#endif
