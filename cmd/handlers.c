/* SPDX-License-Identifier: ISC */
/*
 * handlers.c - starts handlers, counts them, and ends them.
 */
#include "handlers.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "handler.h"

/* How long to wait where processes, descriptors or memory have run out. */
#define SHORTAGE_PAUSE 100

/* How long a handler may take to end once it was told to. */
#define GRACE 1000

static int check_options(const struct run *run,
    const struct handler_options *options,
    const struct session_options *session, bool command);
static void end_all(struct handlers *hs);

const struct option handler_option_table[] = {
    {"pipes", 0, NULL, set_true, offsetof(struct handler_options, pipes),
	"give COMMAND pipes, not the socket; closing stdout is "
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
	if (!is_shortage(code))
		return -1;
	if (!*said)
		say(run, "%s: %s", what, strerror(code));
	*said = true;
	return tcp_thread_sleep(SHORTAGE_PAUSE);
}

int
handlers_begin(struct handlers *hs)
{
	clean_environment();
	hs->program = (struct program){.words = hs->command,
	    .path = hs->options->path,
	    .first = hs->options->ucspi ? 6 : 0,
	    .ending = hs->run->ending};
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
	eventfd_t n;

	while (hs->running >= limit) {
		if (tcp_wait_fd(hs->ended, TCPUNIT_READABLE, -1) == -1)
			return library_failure(
			    hs->run, hs->what, STATUS_FAILED);
		(void)eventfd_read(hs->ended, &n); /* it is readable */
	}
	return 0;
}

void
handlers_start(
    struct handlers *hs, const tcp_port connection[2], const char *name)
{
	struct handler *h = calloc(1, sizeof(*h));
	char local[TCPUNIT_ADDRLEN];

	if (h) {
		h->all = hs;
		h->connection[0] = connection[0];
		h->connection[1] = connection[1];
		(void)snprintf(h->name, sizeof(h->name), "%s", name);
		(void)tcp_addresses(connection[0], local, h->address);
		if (handler_start(h) == 0)
			return;
	} else {
		hs->status = fail(
		    hs->run, STATUS_FAILED, "%s: %s", name, strerror(ENOMEM));
	}
	(void)tcp_reset(connection[0]); /* nobody has it */
	free(h);
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

/* A signal that ended the run is passed on, and that is all: it may be one
 * that they take their time with. */
static void
end_all(struct handlers *hs)
{
	const int number = hs->run->ending->signal;
	int64_t deadline = now() + GRACE;
	struct handler *h, *next;

	for (h = LIST_FIRST(&hs->list); h; h = LIST_NEXT(h, link))
		(void)kill(h->pid, number ? number : SIGTERM);
	for (h = LIST_FIRST(&hs->list); h; h = next) {
		next = LIST_NEXT(h, link);
		if (number == 0)
			handler_end(h, deadline);
		free(h);
	}
	LIST_INIT(&hs->list);
}
