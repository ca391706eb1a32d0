/* SPDX-License-Identifier: ISC */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/compat/system_calls.h"
#include "../close_range.h"
#include "../kernel/unix_socket.h"
#include "../text.h"

/* The pause before another try during a shortage, in ms. */
#define SHORTAGE_PAUSE 100

/* The search path if PATH is not set. */
#define STANDARD_PATH "/usr/bin:/bin"

#define SHELL "/bin/sh"

/* The C library may need faccessat2(2) for the effective user; without it this
 * is about the real user, who is nearly always the same. */
static int
check_executable(const char *path)
{
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
		return 0;
	return system_lacks(errno) ? access(path, X_OK) : -1;
}

/* 0, or the errno that executing PATH would fail with. */
static int
check_program(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1 || check_executable(path) == -1)
		return errno;
	return S_ISREG(st.st_mode) ? 0 : EACCES;
}

/* Searches PATH for NAME.  Returns 0 and the path; or an errno, preferring the
 * reason why a file with that name cannot be executed to ENOENT. */
static int
search_path(const char *name, char path[PATH_MAX])
{
	const char *list = getenv("PATH");
	int error = ENOENT, found;
	size_t len;

	for (list = list ? list : STANDARD_PATH;; list += len + 1) {
		len = strcspn(list, ":");
		found = ENAMETOOLONG;
		if (snprintf(path, PATH_MAX, "%.*s/%s", len ? (int)len : 1,
			len ? list : ".", name) < PATH_MAX)
			found = check_program(path);
		if (found == 0)
			return 0;
		if (found == EACCES)
			error = found;
		if (list[len] == '\0')
			return error;
	}
}

int
find_program(const struct run *run, char *const *words, char path[PATH_MAX])
{
	const char *name = words[0];
	int error;

	if (!strchr(name, '/'))
		error = *name ? search_path(name, path) : ENOENT;
	else if (snprintf(path, PATH_MAX, "%s", name) < PATH_MAX)
		error = check_program(path);
	else
		error = ENAMETOOLONG;
	if (error == 0)
		return STATUS_GO_ON;
	return fail(
	    run, program_failure(error), "%s: %s", name, strerror(error));
}

char **
script_words(const char *path, char *const *words)
{
	char **script;
	size_t n = 0;

	while (words[n])
		n++;
	script = calloc(n + 2, sizeof(*script));
	if (!script)
		return NULL;
	script[0] = (char *)SHELL;
	script[1] = (char *)path;
	memcpy(script + 2, words + 1, (n - 1) * sizeof(*words));
	return script;
}

/* execvp(3) of musl runs no script without a line #!. */
void
execute(const char *path, char *const *words, char *const *script)
{
	(void)execv(path, words);
	if (errno != ENOEXEC)
		return;
	(void)execv(SHELL, script);
	errno = ENOEXEC; /* there may be no shell */
}

enum status
program_failure(int code)
{
	if (is_shortage(code))
		return STATUS_FAILED;
	return code == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
}

bool
is_shortage(int code)
{
	return code == EAGAIN || code == EMFILE || code == ENFILE ||
	    code == ENOMEM;
}

int
wait_out_shortage(const struct run *run, const char *what, int code, bool *said)
{
	if (!is_shortage(code))
		return -1;
	if (!*said)
		say(run, "%s: %s", what, strerror(code));
	*said = true;
	return tcp_thread_sleep(SHORTAGE_PAUSE);
}

void
clean_environment(void)
{
	static const char *const names[] = {
	    "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unsetenv(names[i]); /* fails for a bad name only */
}

/* Removes the variables of another connection, also of the other kind. */
static void
clean_connection(void)
{
	static const char *const names[] = {"TCPREMOTEHOST", "TCPREMOTEINFO",
	    "TCPLOCALHOST", "TCPLOCALIP", "TCPLOCALPORT", "TCPREMOTEIP",
	    "TCPREMOTEPORT", "TCPCONNNUM", "UNIXLOCALPATH", "UNIXREMOTEPATH",
	    "UNIXREMOTEPID", "UNIXREMOTEEUID", "UNIXREMOTEEGID", "UNIXCONNNUM"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unsetenv(names[i]); /* fails for a bad name only */
}

/* The peer of the socket is known only if it is that of the connection. */
static int
format_unix(struct environment *e, int fd, const struct ends *ends, int number)
{
	const size_t size = sizeof(e->variables[0]);
	char(*v)[16 + TCPUNIT_ADDRLEN] = e->variables;
	const struct ucred peer = unix_peer(fd);

	format_text(*v++, size, "PROTO=UNIX");
	format_text(*v++, size, "UNIXLOCALPATH=%s", ends->local.path);
	format_text(*v++, size, "UNIXREMOTEPATH=%s", ends->remote.path);
	format_text(*v++, size, "UNIXCONNNUM=%d", number);
	if (!ends->passed_on) {
		format_text(*v++, size, "UNIXREMOTEPID=%d", (int)peer.pid);
		format_text(
		    *v++, size, "UNIXREMOTEEUID=%u", (unsigned)peer.uid);
		format_text(
		    *v++, size, "UNIXREMOTEEGID=%u", (unsigned)peer.gid);
	}
	return (int)(v - e->variables);
}

static int
format_tcp(struct environment *e, const struct ends *ends, int number)
{
	const size_t size = sizeof(e->variables[0]);
	char(*v)[16 + TCPUNIT_ADDRLEN] = e->variables;

	format_text(v[0], size, "PROTO=TCP");
	format_text(v[1], size, "TCPLOCALIP=%s", ends->local.ip);
	format_text(v[2], size, "TCPLOCALPORT=%d", ends->local.port);
	format_text(v[3], size, "TCPREMOTEIP=%s", ends->remote.ip);
	format_text(v[4], size, "TCPREMOTEPORT=%d", ends->remote.port);
	format_text(v[5], size, "TCPCONNNUM=%d", number);
	return 6;
}

/* Overwrites the variables in place: setenv(3) would leak each old value. */
int
set_environment(
    struct environment *e, int fd, const struct ends *ends, int number)
{
	int n;

	clean_connection();
	n = ends->remote.is_unix ? format_unix(e, fd, ends, number)
				 : format_tcp(e, ends, number);
	for (int i = 0; i < n; i++) {
		if (putenv(e->variables[i]) != 0)
			return -1;
	}
	return 0;
}

int
set_tls_environment(struct environment *e, const struct tcp_tls_facts *facts)
{
	static const char *const names[TLS_VARIABLES] = {
	    "TLS_PROTOCOL", "TLS_CIPHER", "TLS_SNI", "TLS_PEER"};
	const char *values[TLS_VARIABLES] = {NULL};

	if (facts) {
		values[0] = facts->protocol;
		values[1] = facts->cipher;
		values[2] = facts->name;
		values[3] = facts->peer;
	}
	for (int i = 0; i < TLS_VARIABLES; i++) {
		(void)unsetenv(names[i]); /* fails for a bad name only */
		if (!values[i])
			continue;
		format_text(
		    e->tls[i], sizeof(e->tls[i]), "%s=%s", names[i], values[i]);
		if (putenv(e->tls[i]) != 0)
			return -1;
	}
	return 0;
}

/*
 * Puts the new process into a group of its own, and lets it die with PARENT,
 * which may be dead already.  PR_SET_PDEATHSIG watches the OS thread that has
 * forked, which all green threads share.
 */
static void
bind_to(pid_t parent, bool leader)
{
	if (leader)
		(void)setpgid(0, 0); /* it leads no session */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(STATUS_SIGNAL + SIGTERM);
}

/*
 * Runs in the new process, which shares the memory of tcpu until it executes
 * the program: it writes only to its own stack frames and ERROR.  INPUT and
 * OUTPUT may be among the descriptors that they are moved to, unless those are
 * 0 and 1.
 */
static _Noreturn void
become(const struct program *p, int input, int output, volatile int *error)
{
	const int above = p->first ? p->first + 2 : STDERR_FILENO + 1;
	int in = p->first ? fcntl(input, F_DUPFD, above) : input;
	int out = p->first ? fcntl(output, F_DUPFD, above) : output;

	if (in != -1 && out != -1 && dup2(in, p->first) != -1 &&
	    dup2(out, p->first + 1) != -1) {
		if (p->first > 0)
			close_descriptors(STDERR_FILENO + 1, p->first - 1);
		close_descriptors(above, INT_MAX);
		bind_to(p->parent, p->leader);
		restore_signals(p->ending);
		execute(p->path, p->words, p->script);
	}
	*error = errno;
	_exit(STATUS_CANNOT_EXECUTE);
}

/*
 * posix_spawn(3) will not do: it cannot start a program with SIGCHLD ignored,
 * and it ignores two internal signals of the C library.  vfork(2) lets the
 * parent continue only when the program runs, and by then the process group of
 * the program exists.
 */
pid_t
start_program(const struct program *p, int input, int output)
{
	volatile int error = 0;
	pid_t pid = vfork();

	if (pid == 0)
		become(p, input, output, &error);
	if (pid == -1 || error == 0)
		return pid;
	(void)waitpid(pid, NULL, 0); /* it has ended */
	errno = error;
	return -1;
}

static void
close_pair(const int fds[2])
{
	(void)close(fds[0]);
	(void)close(fds[1]);
}

pid_t
start_with_pipes(const struct program *p, int ours[2])
{
	int to[2], from[2];
	pid_t pid;

	if (pipe2(to, O_CLOEXEC) == -1)
		return -1;
	if (pipe2(from, O_CLOEXEC) == -1) {
		close_pair(to);
		return -1;
	}
	pid = start_program(p, to[0], from[1]);
	close_pair((int[]){to[0], from[1]});
	(void)fcntl(from[0], F_SETFL, O_NONBLOCK); /* tcpu's end alone */
	ours[0] = from[0];
	ours[1] = to[1];
	if (pid == -1)
		close_pair(ours);
	return pid;
}
