/* SPDX-License-Identifier: ISC */
#include "handlers.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../lib/compat/system_calls.h"
#include "../clock.h"
#include "../kernel/unix_socket.h"
#include "../text.h"

/* How long killed processes have to disappear, in ms. */
#define KILL_TIME 2000

static int check_options(const struct run *run,
    const struct handler_options *options,
    const struct session_options *session, bool command);
static int check_kernel(const struct run *run, const char *name);
static void end_all(struct handlers *hs);
static void free_all(struct handlers *hs);

const struct option handler_option_table[] = {
    {"pipes", 0, NULL, set_true, offsetof(struct handler_options, pipes),
	"give COMMAND pipes: it need not read its input"},
    {0},
};

int
handler_prepare(const struct run *run, struct handler_options *o,
    const struct session_options *session, char *const *command)
{
	int status = check_options(run, o, session, command);

	if (status == STATUS_GO_ON && command)
		status = find_program(run, command, o->path);
	if (status == STATUS_GO_ON && command)
		status = check_kernel(run, command[0]);
	return status;
}

/* An old kernel is reported now, not to the first client. */
static int
check_kernel(const struct run *run, const char *name)
{
	const int process = system_pidfd_open(getpid());

	if (process == -1)
		return pidfd_failure(run, name, errno);
	(void)close(process);
	return STATUS_GO_ON;
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
		    "with a COMMAND, options about the session need --pipes");
	return STATUS_GO_ON;
}

static bool
is_empty(const struct handlers *hs)
{
	return LIST_EMPTY(&hs->list) && LIST_EMPTY(&hs->left);
}

static void
pass_on(void *handlers, int number)
{
	struct handlers *hs = handlers;
	struct processes all;
	struct handler *h;

	if (is_empty(hs))
		return; /* reading all of /proc takes time */
	groups_look(&all);
	for (h = LIST_FIRST(&hs->list); h; h = LIST_NEXT(h, link))
		group_signal(&h->group, number, &all);
	for (h = LIST_FIRST(&hs->left); h; h = LIST_NEXT(h, link))
		group_signal(&h->group, number, &all);
	free(all.list);
}

static void
note_end(void *handlers, pid_t pid, int status)
{
	struct handlers *hs = handlers;
	struct handler *h;

	for (h = LIST_FIRST(&hs->list); h; h = LIST_NEXT(h, link))
		if (h->group.pid == pid)
			group_note(&h->group, status);
}

int
handlers_begin(struct handlers *hs)
{
	clean_environment();
	hs->program = (struct program){.words = hs->command,
	    .script = script_words(hs->options->path, hs->command),
	    .path = hs->options->path,
	    .first = hs->options->ucspi ? 6 : 0,
	    .ending = hs->run->ending,
	    .parent = getpid(),
	    .leader = hs->leaders};
	LIST_INIT(&hs->list);
	LIST_INIT(&hs->left);
	if (!hs->program.script)
		return fail(hs->run, STATUS_FAILED, "%s: %s", hs->command[0],
		    strerror(errno));
	hs->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (hs->ended == -1) {
		free(hs->program.script);
		return fail(
		    hs->run, STATUS_FAILED, "eventfd: %s", strerror(errno));
	}
	watch_children(hs->run->ending,
	    &(struct children){.pass_on = pass_on, .note = note_end, .of = hs});
	return STATUS_GO_ON;
}

int
handlers_await(struct handlers *hs, int limit)
{
	eventfd_t n;

	while (hs->running >= limit) {
		if (tcp_wait_fd(hs->ended, TCPUNIT_READABLE, -1) == -1)
			return library_failure(
			    hs->run, hs->what, STATUS_FAILED);
		(void)eventfd_read(hs->ended, &n); /* it is readable */
	}
	return STATUS_GO_ON;
}

/* Connections are counted by the address of the peer or, as the clients of a
 * Unix socket seldom have one, by the user. */
static void
note_origin(struct handler *h)
{
	const int fd = tcp_port_fileno(h->connection[0]);

	if (h->ends.remote.is_unix && !h->ends.passed_on)
		format_text(h->origin, sizeof(h->origin), "user %u",
		    (unsigned)unix_peer(fd).uid);
	else
		format_text(
		    h->origin, sizeof(h->origin), "%s", h->ends.remote.ip);
}

int
handlers_start(struct handlers *hs, const tcp_port connection[2],
    const struct ends *ends, const struct tcp_tls_facts *tls, const char *name)
{
	struct handler *h = calloc(1, sizeof(*h));

	if (h) {
		h->all = hs;
		h->connection[0] = connection[0];
		h->connection[1] = connection[1];
		h->ends = *ends;
		h->has_tls = tls;
		if (tls)
			h->tls = *tls;
		format_text(h->name, sizeof(h->name), "%s", name);
		note_origin(h);
		if (handler_start(h) == 0)
			return 0;
	} else {
		hs->status = fail(
		    hs->run, STATUS_FAILED, "%s: %s", name, strerror(ENOMEM));
	}
	(void)tcp_reset(connection[0]); /* nobody has it */
	free(h);
	return hs->run->ending->over ? -1 : 0;
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
	if (ending->over || ending->signal)
		end_all(hs);
	else if (status == STATUS_GO_ON && !hs->many)
		status = hs->status;
	free_all(hs);
	(void)close(hs->ended);
	return status;
}

static bool
one_lives(struct handlers *hs)
{
	struct processes all;
	struct handler *h;
	bool found = false;

	if (is_empty(hs))
		return false;
	groups_look(&all);
	for (h = LIST_FIRST(&hs->list); h && !found; h = LIST_NEXT(h, link))
		found = group_lives(&h->group, &all);
	for (h = LIST_FIRST(&hs->left); h && !found; h = LIST_NEXT(h, link))
		found = group_lives(&h->group, &all);
	free(all.list);
	return found;
}

/* Polls without parking, which is no longer possible: the run is over. */
static void
await_all(struct handlers *hs, int limit)
{
	const int64_t deadline = now() + limit;
	int pause = 1;

	while (one_lives(hs) && now() < deadline) {
		(void)poll(NULL, 0, pause);
		pause = pause < LONGEST_PAUSE ? 2 * pause : pause;
	}
}

static void
end_all(struct handlers *hs)
{
	const int number = hs->run->ending->signal;

	pass_on(hs, number ? number : SIGTERM);
	pass_on(hs, SIGCONT); /* or a stopped one would not end */
	await_all(hs, GRACE);
	pass_on(hs, SIGKILL);
	await_all(hs, KILL_TIME);
}

static void
free_all(struct handlers *hs)
{
	struct handler *h;

	while ((h = LIST_FIRST(&hs->list))) {
		LIST_REMOVE(h, link);
		free(h);
	}
	while ((h = LIST_FIRST(&hs->left))) {
		LIST_REMOVE(h, link);
		free(h);
	}
	free(hs->program.script);
}
