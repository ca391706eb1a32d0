/* SPDX-License-Identifier: ISC */
#include "ready.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../close_range.h"
#include "../descriptors.h"
#include "../text.h"
#include "manager.h"

/* The first byte through the pipe to the launcher; the text follows. */
#define ANNOUNCED 'R'

static option_reader print_port;
static int go_to_background(
    const struct run *run, int keep, bool serves, int *launcher);
static int await_announcement(const struct run *run, int fd, pid_t child);
static void leave_caller(int keep, bool serves, int launcher);
static int write_file(const struct run *run, const char *option,
    const char *name, const char *text, struct ready_file *file);

static const struct choice print_choices[] = {{"port", PRINT_PORT},
    {"address", PRINT_ADDRESS}, {"sh", PRINT_SH}, {"hostport", PRINT_HOSTPORT},
    {"addresses", PRINT_ADDRESS}, {0}};

const struct option ready_option_table[] = {
    {"print-port", '1', NULL, print_port, offsetof(struct ready_options, print),
	"print the port on stdout, before any data"},
    {"print", 0, "[=CHOICE]", NULL, offsetof(struct ready_options, print),
	"print where it listens; the port, with address, for eval, or "
	"HOST:PORT",
	print_choices},
    {"ready-fd", 0, "N", read_natural, offsetof(struct ready_options, fd),
	"write the port to descriptor N and close it"},
    {"port-file", 0, "FILE", read_text,
	offsetof(struct ready_options, port_file),
	"write the port to FILE, as a whole"},
    {"pid-file", 0, "FILE", read_text, offsetof(struct ready_options, pid_file),
	"write the process id of tcpu to FILE, as a whole"},
    {"background", 0, NULL, set_true,
	offsetof(struct ready_options, background),
	"go to the background once tcpu listens"},
    {0},
};

static const char *
print_port(const char *text, void *value)
{
	(void)text;
	*(enum print *)value = PRINT_PORT;
	return NULL;
}

int
ready_prepare(const struct run *run, struct ready_options *o, bool serves,
    bool spares_stdout)
{
	int status = check_ready_fd(run, o->fd);

	if (status == STATUS_GO_ON &&
	    (o->background || (o->print && spares_stdout)))
		status = check_null(run);
	if (status != STATUS_GO_ON || !o->background)
		return status;
	if (!spares_stdout && !is_file(STDOUT_FILENO))
		return usage_error(run,
		    "--background needs a COMMAND, --no-accept, --output, or a "
		    "file as stdout");
	return go_to_background(run, o->fd, serves, &o->launcher);
}

/* ---- In the background ---- */

/*
 * Forks, before the library is first called.  In the child returns STATUS_GO_ON
 * and stores the pipe to the launcher; of the other descriptors above 2 only
 * KEEP stays open, and stdin is empty with SERVES or if it is a terminal.  In
 * the launcher returns the status to end with.
 */
static int
go_to_background(const struct run *run, int keep, bool serves, int *launcher)
{
	int pipe_fds[2], status;
	pid_t child;

	if (pipe2(pipe_fds, O_CLOEXEC) == -1)
		return fail(run, STATUS_FAILED, "pipe: %s", strerror(errno));
	outbox_flush(run->outbox); /* or the child would print it too */
	child = fork();
	if (child == -1)
		return fail(run, STATUS_FAILED, "fork: %s", strerror(errno));
	if (child > 0) {
		(void)close(pipe_fds[1]);
		status = await_announcement(run, pipe_fds[0], child);
		return status == STATUS_DONE ? STATUS_ENDED : status;
	}
	/* Until the listener is announced, only the launcher can end it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	leave_caller(keep, serves, pipe_fds[1]);
	*launcher = pipe_fds[1];
	return STATUS_GO_ON;
}

/* Returns the status of the launcher: that of the answer once the child has
 * announced itself, or else that of the child, which has said why it ended. */
static int
await_announcement(const struct run *run, int fd, pid_t child)
{
	char text[2 * TCPUNIT_ADDRLEN];
	size_t len = 0;
	ssize_t n;
	int status;

	unblock_signals(run->ending);
	do {
		n = read(fd, text + len, sizeof(text) - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 || (n == -1 && errno == EINTR));
	if (len > 0) {
		block_signals(run->ending);
		status = answer(run, text + 1, len - 1);
		if (status != STATUS_DONE)
			(void)kill(child, SIGTERM); /* nobody knows of it */
		return status;
	}
	while (waitpid(child, &status, 0) == -1) {
		if (errno != EINTR)
			return fail(
			    run, STATUS_FAILED, "wait: %s", strerror(errno));
	}
	return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static void
close_between(int after, int before)
{
	if (after + 1 < before)
		close_descriptors(after + 1, before - 1);
}

static void
leave_caller(int keep, bool serves, int launcher)
{
	int low = keep > 2 && keep < launcher ? keep : launcher;
	int high = keep > launcher ? keep : launcher;

	close_between(2, low);
	close_between(low, high);
	close_between(high, INT_MAX);
	(void)setsid(); /* cannot fail: a new process leads no group */
	if (serves || isatty(STDIN_FILENO))
		replace_by_null(STDIN_FILENO);
}

static bool
is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* Gives the launcher its text and lets it end.  Also closes stderr if it is a
 * pipe, and stdout unless it is a file or a terminal, as the caller may read
 * them to their end.  Returns STATUS_GO_ON, or the status to end with. */
static int
leave_launcher(const struct run *run, int launcher, const char *text)
{
	(void)prctl(PR_SET_PDEATHSIG, 0);
	if (dprintf(launcher, "%c%s", ANNOUNCED, text) < 0)
		return STATUS_FAILED; /* the launcher was killed */
	(void)close(launcher);
	if (is_pipe(STDERR_FILENO))
		release_stderr(run);
	if (!is_file(STDOUT_FILENO) && !isatty(STDOUT_FILENO))
		replace_by_null(STDOUT_FILENO);
	return 0;
}

/* ---- The announcement ---- */

static bool
is_wildcard(const char *address)
{
	return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

/* Writes the text that --print asks for. */
static void
format_announcement(enum print print, const struct end *at, struct text *text)
{
	struct end to = *at;

	if (print == PRINT_NONE)
		return;
	if (print == PRINT_HOSTPORT) {
		if (is_wildcard(at->ip))
			(void)strcpy(to.ip, "localhost");
		add_end(text, &to);
		text_add(text, "\n");
	} else if (print == PRINT_SH) {
		text_add(text, "TCPU_PID=%d TCPU_ADDR=", (int)getpid());
		if (at->is_unix) {
			text_add(text, "%s TCPU_PORT=\n", at->ip);
			return;
		}
		text_add_quoted(text, at->ip);
		text_add(text, " TCPU_PORT=%d\n", at->port);
	} else if (at->is_unix) {
		text_add(text, "%s\n", at->ip);
	} else if (print == PRINT_ADDRESS) {
		text_add(text, "%s %d\n", at->ip, at->port);
	} else if (print == PRINT_PORT) {
		text_add(text, "%d\n", at->port);
	}
}

static int
print_announcement(const struct run *run, const struct ready_options *o,
    const struct end *at, bool spares_stdout)
{
	struct text text = {0};
	int status;

	format_announcement(o->print, at, &text);
	if (text.failed)
		status = fail(run, STATUS_FAILED, "%s", strerror(ENOMEM));
	else if (o->launcher != -1)
		status = leave_launcher(
		    run, o->launcher, text.bytes ? text.bytes : "");
	else
		status = answer(run, text.bytes, text.size);
	text_free(&text);
	if (status == STATUS_GO_ON && o->launcher == -1 && o->print &&
	    spares_stdout)
		release_stdout(run);
	return status;
}

/* Writes the files and the descriptor before stdout, so that a script that has
 * read the line from stdout finds them. */
int
ready_announce(const struct run *run, const struct ready_options *o,
    const struct end *at, bool spares_stdout, struct ready_files *files)
{
	bool shared;
	char port[sizeof(at->ip) + 1], pid[16];
	int status;

	*files = (struct ready_files){0};
	format_text(pid, sizeof(pid), "%d\n", (int)getpid());
	if (at->is_unix)
		format_text(port, sizeof(port), "%s\n", at->ip);
	else
		format_text(port, sizeof(port), "%d\n", at->port);
	status =
	    write_file(run, "--port-file", o->port_file, port, &files->port);
	if (status == STATUS_GO_ON)
		status = write_file(
		    run, "--pid-file", o->pid_file, pid, &files->pid);
	shared = o->fd == STDOUT_FILENO &&
	    share_a_pipe(STDOUT_FILENO, STDERR_FILENO);
	if (status == STATUS_GO_ON && o->fd != -1)
		status = tell_ready_fd(run, o->fd, port);
	if (status != STATUS_GO_ON)
		return status;
	if (shared)
		release_stderr(run);
	notify_manager();
	return print_announcement(run, o, at, spares_stdout);
}

/* Writes a file under another name and then renames it, so that no reader ever
 * sees half a text.  Returns its descriptor, or -1 and errno. */
static int
replace_file(const char *name, const char *text)
{
	char draft[PATH_MAX];
	mode_t mask = umask(0);
	int fd, code;

	(void)umask(mask);
	if (snprintf(draft, sizeof(draft), "%s.XXXXXX", name) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(draft, O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fchmod(fd, 0666 & ~mask) == 0 && dprintf(fd, "%s", text) > 0 &&
	    rename(draft, name) == 0)
		return fd;
	code = errno;
	(void)unlink(draft);
	(void)close(fd);
	errno = code;
	return -1;
}

static int
write_file(const struct run *run, const char *option, const char *name,
    const char *text, struct ready_file *file)
{
	struct stat st;

	if (!name)
		return STATUS_GO_ON;
	/* Replacing a FIFO or device would leave its readers waiting for ever.
	 */
	if (lstat(name, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISDIR(st.st_mode))
		return fail(run, STATUS_FILE, "%s %s: not a regular file",
		    option, name);
	file->fd = replace_file(name, text);
	if (file->fd == -1)
		return fail(run, STATUS_FILE, "%s %s: %s", option, name,
		    strerror(errno));
	file->name = name;
	return STATUS_GO_ON;
}

static void
withdraw_file(const struct ready_file *file)
{
	struct stat ours, there;

	if (!file->name)
		return;
	if (fstat(file->fd, &ours) == 0 && lstat(file->name, &there) == 0 &&
	    ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
		(void)unlink(file->name); /* the run is over anyway */
	(void)close(file->fd);
}

void
ready_withdraw(const struct ready_files *files)
{
	withdraw_file(&files->port);
	withdraw_file(&files->pid);
}
