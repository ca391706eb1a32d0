/* SPDX-License-Identifier: ISC */
/*
 * run.h - one run of tcpu: which command it is, what it says, what it answers,
 * and the status that it ends with.  Every file may include this one.
 */
#ifndef TCPU_RUN_H
#define TCPU_RUN_H

#include <stddef.h>
#include <tcpunit.h>

#include "ending.h"
#include "options.h"
#include "outbox.h"
#include "status.h"

struct run {
	const char *command; /* its name; NULL before it is known */
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
