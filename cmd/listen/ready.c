/* SPDX-License-Identifier: ISC */
#include "ready.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../descriptors.h"
#include "../text.h"
#include "background.h"
#include "manager.h"

static option_reader print_port;
static int write_file(const struct run *run, const char *option,
    const char *name, const char *text, struct ready_file *file);

static const struct choice print_choices[] = {{"port", PRINT_PORT},
    {"address", PRINT_ADDRESS}, {"sh", PRINT_SH}, {"hostport", PRINT_HOSTPORT},
    {"addresses", PRINT_ADDRESS}, {0}};

const struct option ready_option_table[] = {
    {"print-port", '1', NULL, print_port, offsetof(struct ready_options, print),
	"print the port on stdout, before any data"},
    {"print", 0, "[=CHOICE]", NULL, offsetof(struct ready_options, print),
	"print where tcpu listens; the port, with address, for eval, or "
	"HOST:PORT",
	print_choices},
    {"ready-fd", 0, "N", read_natural, offsetof(struct ready_options, fd),
	"write the port to descriptor N and close it"},
    {"port-file", 0, "FILE", read_text,
	offsetof(struct ready_options, port_file),
	"write the port to FILE, which appears complete"},
    {"pid-file", 0, "FILE", read_text, offsetof(struct ready_options, pid_file),
	"write tcpu's PID to FILE, which appears complete"},
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

/* What stdout will be used for, or NULL. */
static const char *
use_of_stdout(const struct ready_options *o, bool spares_stdout)
{
	if (!spares_stdout)
		return "data";
	return o->print && !o->background ? "--print" : NULL;
}

int
ready_prepare(const struct run *run, struct ready_options *o, bool serves,
    bool spares_stdout)
{
	int status =
	    check_ready_fd(run, o->fd, use_of_stdout(o, spares_stdout));

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

/* ---- The announcement ---- */

static bool
is_wildcard(const char *address)
{
	return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

/* Writes the text that --print asks for. */
static void
format_announcement(
    const struct ready_options *o, const struct end *at, struct text *text)
{
	const enum print print = o->print;
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
		text_add(text, " TCPU_PORT=%d", at->port);
		if (o->ca_file) {
			text_add(text, " TCPU_TLS_CA=");
			text_add_word(text, o->ca_file);
		}
		text_add(text, "\n");
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

	format_announcement(o, at, &text);
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
	if (status == STATUS_GO_ON)
		status = write_file(
		    run, "--tls-save-ca", o->ca_file, o->ca, &files->ca);
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

/* Makes a name in the folder of NAME, for mkostemp(3); both NAME and its last
 * part may be as long as the system allows.  Returns 0, or -1 and errno. */
static int
name_draft(const char *name, char draft[PATH_MAX])
{
	static const char end[] = ".XXXXXX";
	const char *slash = strrchr(name, '/');
	const size_t folder = slash ? (size_t)(slash - name) + 1 : 0;
	size_t len = strlen(name);

	if (len - folder > NAME_MAX + 1 - sizeof(end))
		len = folder + NAME_MAX + 1 - sizeof(end);
	if (len > PATH_MAX - sizeof(end))
		len = PATH_MAX - sizeof(end);
	if (len < folder) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(draft, name, len);
	memcpy(draft + len, end, sizeof(end));
	return 0;
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
	if (name_draft(name, draft) == -1)
		return -1;
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
	withdraw_file(&files->ca);
}
