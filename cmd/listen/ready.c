/* SPDX-License-Identifier: ISC */
/*
 * ready.c - announces a listener.
 */
#include "ready.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "background.h"
#include "../descriptors.h"
#include "manager.h"
#include "../text.h"

static option_reader print_port;
static int write_file(const struct run *run, const char *option,
    const char *name, int number, struct ready_file *file);

const struct option ready_option_table[] = {
    {"print-port", '1', NULL, print_port, offsetof(struct ready_options, print),
	"print the port on stdout; with a COMMAND, nothing else"},
    {"print", 0, "[=port|address|sh|hostport|addresses]", NULL,
	offsetof(struct ready_options, print),
	"print it, the address too, assignments for the shell's eval, or "
	"HOST:PORT"},
    {"ready-fd", 0, "N", read_natural, offsetof(struct ready_options, fd),
	"write the port to descriptor N and close it"},
    {"port-file", 0, "FILE", read_text,
	offsetof(struct ready_options, port_file),
	"write the port to FILE, all at once"},
    {"pid-file", 0, "FILE", read_text, offsetof(struct ready_options, pid_file),
	"the same with our process id"},
    {"background", 0, NULL, set_true,
	offsetof(struct ready_options, background),
	"go to the background as soon as we listen"},
    {0},
};

static const char *
print_port(const char *text, void *value)
{
	(void)text;
	*(enum ready_print *)value = PRINT_PORT;
	return NULL;
}

int
ready_prepare(const struct run *run, struct ready_options *o, bool serves,
    bool spares_stdout)
{
	int status = check_ready_fd(run, o->fd);

	if (status != 0 || !o->background)
		return status ? status : -1;
	if (!spares_stdout && !is_file(STDOUT_FILENO))
		return usage_error(run,
		    "--background needs a COMMAND, --no-accept, --output, or a "
		    "file as stdout");
	return go_to_background(run, o->fd, serves, &o->launcher);
}

static bool
is_wildcard(const char *address)
{
	return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

/* What --print asks for. */
static void
format_announcement(enum ready_print print, tcp_listener l, struct text *text)
{
	char local[TCPUNIT_ADDRLEN] = "";
	int port = tcp_listener_port(l);

	(void)tcp_listener_addresses(l, 0, local); /* it is open */
	if (print == PRINT_HOSTPORT) {
		if (is_wildcard(local))
			(void)strcpy(local, "localhost");
		text_add(text, strchr(local, ':') ? "[%s]:%d\n" : "%s:%d\n",
		    local, port);
	} else if (print == PRINT_SH) {
		text_add(text, "TCPU_PID=%d TCPU_ADDR=", (int)getpid());
		text_add_quoted(text, local);
		text_add(text, " TCPU_PORT=%d\n", port);
	} else if (print == PRINT_ADDRESS || print == PRINT_ADDRESSES) {
		text_add(text, "%s %d\n", local, port);
	} else if (print == PRINT_PORT) {
		text_add(text, "%d\n", port);
	}
}

static int
print_announcement(const struct run *run, const struct ready_options *o,
    tcp_listener l, bool spares_stdout)
{
	struct text text = {0};
	int status;

	format_announcement(o->print, l, &text);
	if (text.failed)
		status = fail(run, STATUS_FAILED, "%s", strerror(ENOMEM));
	else if (o->launcher != -1)
		status = leave_launcher(
		    run, o->launcher, text.bytes ? text.bytes : "");
	else
		status = answer(run, text.bytes, text.size);
	text_free(&text);
	if (status == 0 && o->launcher == -1 && o->print && spares_stdout)
		release_stdout(run);
	return status;
}

/* Files and descriptors come before stdout: who has read the line finds them.
 */
int
ready_announce(const struct run *run, const struct ready_options *o,
    tcp_listener l, bool spares_stdout, struct ready_files *files)
{
	int port = tcp_listener_port(l);
	bool shared;
	char number[16];
	int status;

	*files = (struct ready_files){0};
	(void)snprintf(number, sizeof(number), "%d\n", port);
	status =
	    write_file(run, "--port-file", o->port_file, port, &files->port);
	if (status == 0)
		status = write_file(
		    run, "--pid-file", o->pid_file, (int)getpid(), &files->pid);
	shared = o->fd == STDOUT_FILENO &&
	    share_a_pipe(STDOUT_FILENO, STDERR_FILENO);
	if (status == 0 && o->fd != -1)
		status = tell_ready_fd(run, o->fd, number);
	if (status != 0)
		return status;
	if (shared)
		release_stderr(run);
	notify_manager();
	return print_announcement(run, o, l, spares_stdout);
}

/* Fills a file under another name and moves it to its own: nobody ever reads
 * half a number.  Returns its descriptor, or -1 and errno. */
static int
replace_file(const char *name, int number)
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
	if (fchmod(fd, 0666 & ~mask) == 0 && dprintf(fd, "%d\n", number) > 0 &&
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
    int number, struct ready_file *file)
{
	struct stat st;

	if (!name)
		return 0;
	/* Whoever reads from a FIFO or a device would wait for ever. */
	if (lstat(name, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISDIR(st.st_mode))
		return fail(run, STATUS_FILE, "%s %s: not a regular file",
		    option, name);
	file->fd = replace_file(name, number);
	if (file->fd == -1)
		return fail(run, STATUS_FILE, "%s %s: %s", option, name,
		    strerror(errno));
	file->name = name;
	return 0;
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
