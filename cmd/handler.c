/* SPDX-License-Identifier: ISC */
/*
 * handler.c - a process per connection, and a green thread that starts it,
 * hands the connection over, and waits for its end.
 */
#include "handler.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "wire.h"

/* How long to wait where processes, descriptors or memory have run out. */
#define SHORTAGE_PAUSE 100

/* How long a handler may take to end once it was told to. */
#define GRACE 1000

struct handler {
	LIST_ENTRY(handler) link;
	struct handlers *all;
	tcp_port connection[2];
	char name[sizeof(((struct target *)0)->text)]; /* for messages */
	char address[TCPUNIT_ADDRLEN];                 /* the peer's */
	int pipes[2]; /* what it writes, what it reads */
	pid_t pid;    /* -1 while it does not run */
	int process;  /* a pidfd, or -1 */
	int status;
};

static int check_options(const struct run *run,
    const struct handler_options *options,
    const struct session_options *session, bool command);
static void *handle(void *handler);
static int start(struct handler *h);
static pid_t try_start(struct handler *h);
static void relay(struct handler *h);
static void hand_over(struct handler *h);
static void reap(struct handler *h);
static void report(const struct handler *h, int status);
static void leave(struct handler *h);
static void end_all(struct handlers *hs);

const struct option handler_option_table[] = {
    {"pipes", 0, NULL, set_true, offsetof(struct handler_options, pipes),
	"give COMMAND pipes, not the socket; closing stdout is\n"
	"an end of file to the peer"},
    {0},
};

int
handler_prepare(const struct run *run, struct handler_options *o,
    const struct session_options *session, char *const *command)
{
	int status = check_options(run, o, session, command);

	if (status == 0 && command)
		status = find_program(run, command, o->path);
	return status ? status : -1;
}

static int
check_options(const struct run *run, const struct handler_options *o,
    const struct session_options *session, bool command)
{
	if (!command && o->pipes)
		return usage_error(run, "--pipes needs a COMMAND");
	if (!command && o->ucspi)
		return usage_error(run, "--ucspi needs a COMMAND");
	if (o->pipes && o->ucspi)
		return usage_error(
		    run, "--pipes and --ucspi exclude each other");
	if (command && !o->pipes && has_manner(session))
		return usage_error(run,
		    "with a COMMAND, how a session goes is its own matter "
		    "without --pipes");
	return 0;
}

int
wait_out_shortage(const struct run *run, const char *what, int code, bool *said)
{
	if (code != EAGAIN && code != EMFILE && code != ENFILE &&
	    code != ENOMEM)
		return -1;
	if (!*said)
		say(run, "%s: %s", what, strerror(code));
	*said = true;
	return tcp_thread_sleep(SHORTAGE_PAUSE);
}

/* Where SIGCHLD is ignored, nobody is told of statuses. */
int
handlers_begin(struct handlers *hs)
{
	const struct sigaction standard = {.sa_handler = SIG_DFL};

	clean_environment();
	hs->program = (struct program){.words = hs->command,
	    .path = hs->options->path,
	    .first = hs->options->ucspi ? 6 : 0,
	    .mask = &hs->run->ending->inherited};
	(void)sigaction(SIGCHLD, &standard, &hs->program.sigchld);
	LIST_INIT(&hs->list);
	hs->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (hs->ended == -1)
		return fail(
		    hs->run, STATUS_FAILED, "eventfd: %s", strerror(errno));
	return 0;
}

int
handlers_await(struct handlers *hs, int limit)
{
	uint64_t n;

	while (hs->running >= limit) {
		if (tcp_wait_fd(hs->ended, TCPUNIT_READABLE, -1) == -1)
			return library_failure(
			    hs->run, hs->what, STATUS_FAILED);
		(void)!read(hs->ended, &n, sizeof(n)); /* it was readable */
	}
	return 0;
}

void
handlers_start(
    struct handlers *hs, const tcp_port connection[2], const char *name)
{
	struct handler *h = calloc(1, sizeof(*h));
	char local[TCPUNIT_ADDRLEN];
	tcp_thread t = {0};

	if (h) {
		*h = (struct handler){.all = hs,
		    .connection = {connection[0], connection[1]},
		    .pid = -1,
		    .process = -1};
		(void)snprintf(h->name, sizeof(h->name), "%s", name);
		(void)tcp_addresses(connection[0], local, h->address);
		t = tcp_thread_start(handle, h);
	}
	if (!tcp_thread_p(t)) {
		hs->status = fail(
		    hs->run, STATUS_FAILED, "%s: %s", name, strerror(ENOMEM));
		(void)tcp_reset(connection[0]); /* nobody has it */
		free(h);
		return;
	}
	(void)tcp_thread_detach(t);
	LIST_INSERT_HEAD(&hs->list, h, link);
	hs->running++;
}

int
handlers_end(struct handlers *hs, int status)
{
	const struct ending *ending = hs->run->ending;
	int waited;

	if (!ending->over) {
		waited = handlers_await(hs, 1);
		status = status ? status : waited;
	}
	if (ending->over)
		end_all(hs);
	else if (status == 0 && !hs->many)
		status = hs->status;
	(void)close(hs->ended);
	return status;
}

/* The life of a handler. */
static void *
handle(void *handler)
{
	struct handler *h = handler;

	if (start(h) == 0) {
		if (h->all->options->pipes)
			relay(h);
		else
			hand_over(h);
		reap(h);
	} else {
		(void)tcp_reset(h->connection[0]); /* nobody else has it */
	}
	leave(h);
	return NULL;
}

/* Returns 0; or -1, having said why. */
static int
start(struct handler *h)
{
	struct handlers *hs = h->all;
	const char *command = hs->command[0];
	int code;

	do {
		h->pid = try_start(h);
		code = errno;
	} while (h->pid == -1 &&
	    wait_out_shortage(hs->run, command, code, hs->said) == 0);
	if (h->pid == -1) {
		hs->status = fail(hs->run, program_failure(code), "%s: %s",
		    command, strerror(code));
		return -1;
	}
	do {
		h->process = pidfd_open(h->pid, 0);
		code = errno;
	} while (h->process == -1 &&
	    wait_out_shortage(hs->run, command, code, hs->said) == 0);
	if (h->process == -1) {
		(void)kill(h->pid, SIGKILL); /* it is our child */
		(void)waitpid(h->pid, NULL, 0);
		hs->status = fail(
		    hs->run, STATUS_FAILED, "pidfd_open: %s", strerror(code));
		return -1;
	}
	return 0;
}

/* How many connections of its peer there are. */
static int
count_like(const struct handler *h)
{
	const struct handler *other;
	int n = 0;

	for (other = LIST_FIRST(&h->all->list); other;
	     other = LIST_NEXT(other, link))
		n += strcmp(other->address, h->address) == 0;
	return n;
}

/* Its process id, or -1 and errno. */
static pid_t
try_start(struct handler *h)
{
	struct handlers *hs = h->all;
	int fd = tcp_port_fileno(h->connection[0]);

	if (set_environment(
		&hs->environment, h->connection[0], count_like(h)) == -1)
		return -1;
	if (hs->options->pipes)
		return start_with_pipes(&hs->program, h->pipes);
	wire_set(fd, &hs->session->wire);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return start_program(&hs->program, fd, fd);
}

/* A session between its pipes and the connection.  One that was idle for too
 * long may have a handler that would be so for ever. */
static void
relay(struct handler *h)
{
	const struct handlers *hs = h->all;
	struct standard_ports ports = {.input = tcp_open_input_fd(h->pipes[0]),
	    .output = tcp_open_output_fd(h->pipes[1]),
	    .process = h->process};

	h->status =
	    run_session(hs->run, hs->session, &ports, h->name, h->connection)
		.status;
	if (h->status == STATUS_TIMEOUT)
		(void)kill(h->pid, SIGTERM); /* it is our child */
	if (tcp_close_input_port(ports.input) == -1)
		(void)close(h->pipes[0]); /* it was never a port */
	if (tcp_close_output_port(ports.output) == -1)
		(void)close(h->pipes[1]);
}

/* The connection is the handler's alone. */
static void
hand_over(struct handler *h)
{
	(void)tcp_abandon_port(h->connection[0]); /* all of this cannot fail */
	(void)tcp_abandon_port(h->connection[1]);
	(void)tcp_close_input_port(h->connection[0]);
	(void)tcp_close_output_port(h->connection[1]);
}

static void
reap(struct handler *h)
{
	int status = 0;

	(void)tcp_wait_fd(h->process, TCPUNIT_READABLE, -1); /* or waitpid */
	(void)waitpid(h->pid, &status, 0);
	(void)close(h->process);
	if (h->status == 0 && !h->all->run->ending->signal)
		report(h, status);
	if (WIFSIGNALED(status) && h->status != STATUS_TIMEOUT)
		h->status = STATUS_SIGNAL + WTERMSIG(status);
	else if (WIFEXITED(status) && WEXITSTATUS(status))
		h->status = WEXITSTATUS(status);
	h->all->status = h->status;
}

/* Where it was our only one, its status tells. */
static void
report(const struct handler *h, int status)
{
	const struct handlers *hs = h->all;
	const char *command = hs->command[0];

	if (WIFSIGNALED(status))
		say(hs->run, "%s: %s: %s", h->name, command,
		    strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) && hs->many)
		say(hs->run, "%s: %s: exit status %d", h->name, command,
		    WEXITSTATUS(status));
}

static void
leave(struct handler *h)
{
	const uint64_t one = 1;

	LIST_REMOVE(h, link);
	h->all->running--;
	(void)!write(h->all->ended, &one, sizeof(one)); /* never full */
	free(h);
}

static void
kill_late(const struct handler *h, int64_t deadline)
{
	struct pollfd p = {.fd = h->process, .events = POLLIN};
	int64_t left = deadline - now();

	if (poll(&p, 1, left > 0 ? (int)left : 0) != 1)
		(void)kill(h->pid, SIGKILL); /* it is our child */
	(void)waitpid(h->pid, NULL, 0);
}

/* A signal that ended the run is passed on, and that is all: it may be one
 * that they take their time with. */
static void
end_all(struct handlers *hs)
{
	const int number = hs->run->ending->signal;
	int64_t deadline = now() + GRACE;
	struct handler *h, *next;

	for (h = LIST_FIRST(&hs->list); h; h = LIST_NEXT(h, link)) {
		if (h->pid == -1)
			(void)tcp_reset(h->connection[0]); /* it is open */
		else
			(void)kill(h->pid, number ? number : SIGTERM);
	}
	for (h = LIST_FIRST(&hs->list); h; h = next) {
		next = LIST_NEXT(h, link);
		if (h->pid != -1 && number == 0)
			kill_late(h, deadline);
		free(h);
	}
	LIST_INIT(&hs->list);
}
