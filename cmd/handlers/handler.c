/* SPDX-License-Identifier: ISC */
#include "handler.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/compat/system_calls.h"
#include "../clock.h"
#include "../session/wire.h"

/* Up to this many groups of ended handlers are kept without a check whether
 * they still exist.  After that they are checked whenever their number has
 * doubled. */
#define LEFT 16

static int start(struct handler *h);
static int attend(struct handler *h);
static int cannot_start(struct handlers *hs, int status, int code);
static void drop(struct handler *h);
static void *live(void *handler);
static pid_t try_start(struct handler *h);
static void relay(struct handler *h);
static void end_group(struct group *g);
static void hand_over(struct handler *h);
static void reap(struct handler *h);
static void report(const struct handler *h, int status);
static void leave(struct handler *h);
static void weed(struct handlers *hs);

int
handler_start(struct handler *h)
{
	return start(h) == 0 ? attend(h) : -1;
}

static int
cannot_start(struct handlers *hs, int status, int code)
{
	if (!hs->run->ending->over)
		hs->status = fail(
		    hs->run, status, "%s: %s", hs->command[0], strerror(code));
	return -1;
}

/* Only the end of another handler frees descriptors of tcpu. */
static bool
comes_back(const struct handlers *hs, int code)
{
	return hs->many && (hs->running > 0 || code != EMFILE) &&
	    wait_out_shortage(hs->run, hs->command[0], code, hs->said) == 0;
}

/* Starts the process.  During a shortage this waits here, and with it all later
 * clients: if many handlers waited, each could hold a part of the descriptors,
 * and none would have enough.  Returns 0, or -1, having said why. */
static int
start(struct handler *h)
{
	struct handlers *hs = h->all;
	int code;

	do {
		h->group.pid = try_start(h);
		code = errno;
	} while (h->group.pid == -1 && comes_back(hs, code));
	if (h->group.pid == -1)
		return cannot_start(hs, program_failure(code), code);
	h->group.leader = hs->program.leader;
	LIST_INSERT_HEAD(&hs->list, h, link);
	do {
		h->process = system_pidfd_open(h->group.pid);
		code = errno;
	} while (h->process == -1 && comes_back(hs, code));
	if (h->process != -1)
		return 0;
	drop(h);
	return cannot_start(hs, STATUS_FAILED, code);
}

static int
attend(struct handler *h)
{
	tcp_thread t = tcp_thread_start(live, h);

	if (!tcp_thread_p(t)) {
		drop(h);
		return cannot_start(h->all, STATUS_FAILED, ENOMEM);
	}
	h->all->running++;
	return tcp_thread_detach(t);
}

/* Kills a handler that has no thread to attend to it. */
static void
drop(struct handler *h)
{
	group_signal(&h->group, SIGKILL, NULL);
	group_reap(&h->group);
	LIST_REMOVE(h, link);
	(void)close(h->process); /* or it was not open */
	if (h->all->options->pipes) {
		(void)close(h->pipes[0]);
		(void)close(h->pipes[1]);
	}
}

static void *
live(void *handler)
{
	struct handler *h = handler;

	if (h->all->options->pipes)
		relay(h);
	else
		hand_over(h);
	reap(h);
	leave(h);
	return NULL;
}

/* The number of connections from the same origin. */
static int
count_like(const struct handler *h)
{
	const struct handler *other;
	int n = 1;

	for (other = LIST_FIRST(&h->all->list); other;
	     other = LIST_NEXT(other, link))
		n += strcmp(other->origin, h->origin) == 0;
	return n;
}

/* Returns the process id, or -1 and errno. */
static pid_t
try_start(struct handler *h)
{
	struct handlers *hs = h->all;
	int fd = tcp_port_fileno(h->connection[0]);

	if (set_environment(&hs->environment, fd, &h->ends, count_like(h)) ==
		-1 ||
	    set_tls_environment(
		&hs->environment, h->has_tls ? &h->tls : NULL) == -1)
		return -1;
	if (hs->options->pipes)
		return start_with_pipes(&hs->program, h->pipes);
	wire_set(fd, &hs->session->wire);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return start_program(&hs->program, fd, fd);
}

/* Runs a session between the pipes and the connection.  If the session ended by
 * --idle-timeout, its processes might stay idle for ever, and are ended. */
static void
relay(struct handler *h)
{
	const struct handlers *hs = h->all;
	struct standard_ports ports = {.input = tcp_open_input_fd(h->pipes[0]),
	    .output = tcp_open_output_fd(h->pipes[1]),
	    .process = h->process,
	    .name = hs->command[0]};
	struct outcome outcome;

	if (tcp_input_port_p(ports.input) && tcp_output_port_p(ports.output)) {
		outcome = run_session(
		    hs->run, hs->session, &ports, h->name, h->connection);
		h->status = outcome.status;
		h->cut = outcome.cut;
	} else {
		h->status = library_failure(hs->run, h->name, STATUS_FAILED);
		(void)tcp_reset(h->connection[0]); /* nobody has it */
	}
	if (h->status == STATUS_TIMEOUT)
		end_group(&h->group);
	if (tcp_close_input_port(ports.input) == -1)
		(void)close(h->pipes[0]); /* it was never a port */
	if (tcp_close_output_port(ports.output) == -1)
		(void)close(h->pipes[1]);
}

/* Sends SIGTERM, and later SIGKILL to the processes that are left. */
static void
end_group(struct group *g)
{
	const int64_t deadline = now() + GRACE;
	int pause = 1;

	group_signal(g, SIGTERM, NULL);
	group_signal(g, SIGCONT, NULL); /* or a stopped one would not end */
	while (group_lives(g, NULL) && now() < deadline) {
		if (tcp_thread_sleep(pause) == -1)
			break;
		pause = pause < LONGEST_PAUSE ? 2 * pause : pause;
	}
	group_signal(g, SIGKILL, NULL);
}

/* Closes tcpu's copy of the connection: only the handler has it now. */
static void
hand_over(struct handler *h)
{
	(void)tcp_abandon_port(h->connection[0]); /* all of this cannot fail */
	(void)tcp_abandon_port(h->connection[1]);
	(void)tcp_close_ports(h->connection[0], h->connection[1]);
}

/* Once COMMAND has ended, the kernel cannot say if it has read everything. */
static void
hint_at_pipes(struct handlers *hs)
{
	if (hs->leaders && !hs->options->pipes && !hs->hinted)
		say_more(hs->run,
		    "%s: if %s leaves input unread, its client gets a "
		    "reset; --pipes prevents that",
		    hs->what, hs->command[0]);
	hs->hinted = true;
}

static void
reap(struct handler *h)
{
	int status;

	(void)tcp_wait_fd(h->process, TCPUNIT_READABLE, -1); /* or it waits */
	group_reap(&h->group);
	(void)close(h->process);
	status = h->cut ? 0 : h->group.status; /* the cut may have ended it */
	if (h->status == 0 && !h->all->run->ending->signal)
		report(h, status);
	hint_at_pipes(h->all);
	if (WIFSIGNALED(status) && h->status != STATUS_TIMEOUT)
		h->status = STATUS_SIGNAL + WTERMSIG(status);
	else if (WIFEXITED(status) && WEXITSTATUS(status))
		h->status = WEXITSTATUS(status);
	h->all->status = h->status;
}

/* Without -k an exit status needs no message: tcpu exits with it. */
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

/* Removes a handler whose COMMAND has ended from the list. */
static void
leave(struct handler *h)
{
	struct handlers *hs = h->all;

	LIST_REMOVE(h, link);
	hs->running--;
	(void)eventfd_write(hs->ended, 1); /* never full */
	if (!group_exists(&h->group)) {
		free(h);
		return;
	}
	LIST_INSERT_HEAD(&hs->left, h, link);
	if (++hs->left_count > LEFT && hs->left_count > hs->left_limit)
		weed(hs);
}

/* Frees the handlers whose groups no longer exist. */
static void
weed(struct handlers *hs)
{
	struct handler *h, *next;

	for (h = LIST_FIRST(&hs->left); h; h = next) {
		next = LIST_NEXT(h, link);
		if (group_exists(&h->group))
			continue;
		LIST_REMOVE(h, link);
		free(h);
		hs->left_count--;
	}
	hs->left_limit = 2 * hs->left_count;
}
