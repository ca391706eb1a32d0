/* SPDX-License-Identifier: ISC */
/*
 * run.h - one run of tcpu: its command, its messages, its answers, and the
 * status that it ends with.  Every file may include this header.
 */
#ifndef TCPU_RUN_H
#define TCPU_RUN_H

#include <stddef.h>
#include <tcpunit.h>

#include "common_options.h"
#include "ending.h"
#include "outbox.h"
#include "status.h"

struct run {
	const char *command; /* its name; NULL before it is known */
	const struct common_options *options;
	struct ending *ending;
	struct outbox *outbox;
};

/*
 * Prints a message, unless --quiet: "tcpu: ", the text and a newline, always
 * one line and one write(2) to stderr.  Never waits for the reader of stderr
 * (outbox.h).
 */
void say(const struct run *run, const char *format, ...) TCPUNIT_PRINTF(2, 3);

/* Prints a text unchanged, even with --quiet. */
void say_text(const struct run *run, const char *text, size_t n);

/* Prints a message only with --verbose. */
void say_more(const struct run *run, const char *format, ...)
    TCPUNIT_PRINTF(2, 3);

/* Prints a message and returns STATUS. */
int fail(const struct run *run, enum status status, const char *format, ...)
    TCPUNIT_PRINTF(3, 4);

/* The same for STATUS_USAGE, with the command's name: "tcpu: listen: ...". */
int usage_error(const struct run *run, const char *format, ...)
    TCPUNIT_PRINTF(2, 3);

/* Prints a second line after a usage error, with a hint. */
void hint(const struct run *run, const char *format, ...) TCPUNIT_PRINTF(2, 3);

/*
 * Reports a failed library call: says "WHAT: why" and returns the status for
 * tcp_last_error(); OTHERWISE is the status for network errors without a status
 * of their own.  If the call failed because the run is over, returns the status
 * of the run: a time limit is reported, a signal is not.
 */
int library_failure(
    const struct run *run, const char *what, enum status otherwise);

/* What library_failure does if the run is over. */
int ending_failure(const struct run *run, const char *what);

/* The same for a system call of the command itself that failed with errno CODE.
 */
int system_failure(
    const struct run *run, const char *what, int code, enum status otherwise);

/*
 * Reports that pidfd_open(2) has failed with errno CODE for the process that
 * WHAT names, and returns STATUS_FAILED.  The message names the call unless the
 * process is gone: the kernel may be too old for it.
 */
int pidfd_failure(const struct run *run, const char *what, int code);

/* Returns only the reason: "Connection refused". */
const char *reason(const struct tcp_error *e);

/*
 * Writes all N bytes to FD, and waits (parks) for its reader until the run is
 * over.  Returns 0; an errno; or -1 and the library's last error.
 */
int deliver(const struct run *run, int fd, const char *text, size_t n);

/*
 * Writes all N bytes of an answer to stdout, as deliver does.  Returns 0, or
 * the status to end with, having said why.
 */
int answer(const struct run *run, const char *text, size_t n);

/*
 * Reports that a write to stdout, or to the file NAME in its place, failed with
 * errno CODE, and returns the status.  A broken pipe is silent if SIGPIPE has
 * its default action: tcpu then dies of SIGPIPE, like cat(1).
 */
int stdout_failure(const struct run *run, const char *name, int code);

#endif
