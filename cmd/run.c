/* SPDX-License-Identifier: ISC */
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "outlet.h"
#include "text.h"

static void vsay(const struct run *run, const char *prefix, const char *format,
    va_list args) __attribute__((format(printf, 3, 0)));

/* The bytes of the character at S, in ASCII or UTF-8; 0 if it is a control
 * character, or not a character. */
static size_t
printable(const char *s)
{
	const unsigned char *b = (const unsigned char *)s;
	size_t n = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;

	if (b[0] < 0x80)
		return b[0] >= ' ' && b[0] != 0x7f;
	if (b[0] < 0xc2 || b[0] > 0xf4 || (b[0] == 0xc2 && b[1] < 0xa0))
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

/* The user's words may contain newlines; a message must stay one line. */
static void
vsay(
    const struct run *run, const char *prefix, const char *format, va_list args)
{
	char line[1024];
	size_t len, room;

	format_text(line, sizeof(line), "tcpu: %s", prefix);
	len = strlen(line);
	room = sizeof(line) - len - 1;
	(void)vsnprintf(line + len, room, format, args);
	len = strlen(line);
	for (size_t i = 0, n; i < len; i += n ? n : 1) {
		n = printable(line + i);
		if (n == 0)
			line[i] = '?';
	}
	line[len++] = '\n';
	say_text(run, line, len);
}

void
say_text(const struct run *run, const char *text, size_t n)
{
	outbox_post(run->outbox, text, n, tcp_thread_p(run->ending->worker));
}

void
say(const struct run *run, const char *format, ...)
{
	va_list args;

	if (run->options->quiet)
		return;
	va_start(args, format);
	vsay(run, "", format, args);
	va_end(args);
}

void
say_more(const struct run *run, const char *format, ...)
{
	va_list args;

	if (!run->options->verbose || run->options->quiet)
		return;
	va_start(args, format);
	vsay(run, "", format, args);
	va_end(args);
}

int
fail(const struct run *run, enum status status, const char *format, ...)
{
	va_list args;

	if (run->options->quiet)
		return status;
	va_start(args, format);
	vsay(run, "", format, args);
	va_end(args);
	return status;
}

int
usage_error(const struct run *run, const char *format, ...)
{
	char prefix[32] = "";
	va_list args;

	if (run->command)
		format_text(prefix, sizeof(prefix), "%s: ", run->command);
	va_start(args, format);
	vsay(run, prefix, format, args);
	va_end(args);
	return STATUS_USAGE;
}

void
hint(const struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsay(run, "", format, args);
	va_end(args);
}

const char *
reason(const struct tcp_error *e)
{
	if (e->kind == TCPUNIT_ERROR_RESOLVE ||
	    e->kind == TCPUNIT_ERROR_TIMEOUT || e->kind == TCPUNIT_ERROR_NET ||
	    e->kind == TCPUNIT_ERROR_SYSTEM)
		return e->reason;
	return strerror(e->code);
}

static enum status
network_status(int code, enum status otherwise)
{
	/* Without its file, nobody listens on a Unix socket. */
	if (otherwise == STATUS_CONNECT &&
	    (code == ECONNREFUSED || code == ENOENT))
		return STATUS_REFUSED;
	if (otherwise == STATUS_LISTEN && code == EADDRINUSE)
		return STATUS_IN_USE;
	return otherwise;
}

static enum status
status_of(const struct tcp_error *e, enum status otherwise)
{
	switch (e->kind) {
	case TCPUNIT_ERROR_RESOLVE:
		return STATUS_RESOLVE;
	case TCPUNIT_ERROR_TIMEOUT:
		return STATUS_TIMEOUT;
	case TCPUNIT_ERROR_NET:
		return network_status(e->code, otherwise);
	default:
		return STATUS_FAILED;
	}
}

int
library_failure(const struct run *run, const char *what, enum status otherwise)
{
	const struct tcp_error *e = tcp_last_error();

	if (e->kind == TCPUNIT_ERROR_TERMINATED && run->ending->over)
		return ending_failure(run, what);
	return fail(run, status_of(e, otherwise), "%s: %s", what, reason(e));
}

int
ending_failure(const struct run *run, const char *what)
{
	const struct ending *ending = run->ending;
	char time[TIME_TEXT_SIZE];

	if (ending->status == STATUS_TIMEOUT)
		say(run, "%s: timed out after %s", what,
		    format_time(ending->timeout, time));
	if (ending->status == STATUS_NO)
		say(run, "%s: process %d has ended", what, ending->pid);
	if (ending->status == STATUS_FAILED)
		say(run, "%s: %s", what, strerror(ending->code));
	return ending->status;
}

int
pidfd_failure(const struct run *run, const char *what, int code)
{
	return fail(run, STATUS_FAILED, "%s: %s%s", what,
	    code == ESRCH ? "" : "pidfd_open: ", strerror(code));
}

int
system_failure(
    const struct run *run, const char *what, int code, enum status otherwise)
{
	bool shortage = code == EMFILE || code == ENFILE || code == ENOMEM ||
	    code == ENOBUFS;

	return fail(run,
	    shortage ? STATUS_FAILED : network_status(code, otherwise),
	    "%s: %s", what, strerror(code));
}

/* Also watches for the end of the run if the command has not begun to, so that
 * --timeout limits this wait too.  Returns 0 or -1. */
static int
wait_for_reader(const struct run *run, int fd)
{
	struct ending *e = run->ending;

	if (!tcp_thread_p(e->worker) &&
	    watch_endings(e, run->options->timeout) == -1)
		return -1;
	return tcp_wait_fd(fd, TCPUNIT_WRITABLE, -1) == -1 ? -1 : 0;
}

int
deliver(const struct run *run, int fd, const char *text, size_t n)
{
	struct outlet outlet = {.fd = fd};
	int code = 0;
	ssize_t done;

	while (n > 0 && code == 0) {
		done = outlet_write(&outlet, text, n);
		if (done > 0) {
			text += done;
			n -= (size_t)done;
		} else if (done == 0) {
			code = EIO; /* or this would loop for ever */
		} else if (errno != EAGAIN) {
			code = errno;
		} else {
			code = wait_for_reader(run, fd);
		}
	}
	outlet_release(&outlet);
	return code;
}

int
answer(const struct run *run, const char *text, size_t n)
{
	int code = deliver(run, STDOUT_FILENO, text, n);

	if (code == -1)
		return library_failure(run, "stdout", STATUS_FILE);
	return code ? stdout_failure(run, "stdout", code) : STATUS_DONE;
}

int
stdout_failure(const struct run *run, const char *name, int code)
{
	struct sigaction old;

	if (run->ending->stdout_failed)
		return STATUS_FILE;
	run->ending->stdout_failed = true;
	if (code == EPIPE && sigaction(SIGPIPE, NULL, &old) == 0 &&
	    old.sa_handler == SIG_DFL) {
		run->ending->signal = SIGPIPE;
		return STATUS_SIGNAL + SIGPIPE;
	}
	return fail(run, STATUS_FILE, "%s: %s", name, strerror(code));
}
