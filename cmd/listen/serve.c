/* SPDX-License-Identifier: ISC */
#include "serve.h"

#include "../clock.h"
#include "../descriptors.h"
#include "../handlers/handlers.h"
#include "../kernel/unix_socket.h"
#include "../listing.h"
#include "../text.h"
#include "hold.h"

/* Room for an address and a port. */
#define NAME_SIZE (TCPUNIT_ADDRLEN + 10)

/* How many handlers run at a time without --max-conns. */
#define MAX_CONNS 100

static void allow_drain(const struct listening *l);
static int serve_sessions(struct listening *l);
static int serve_handlers(struct listening *l);
static int serve_nobody(struct listening *l);
static int accept_connection(
    struct listening *l, tcp_port connection[2], char name[NAME_SIZE]);
static int await_connection(struct listening *l, tcp_port connection[2]);
static bool admit(const struct listening *l, tcp_port in, char name[NAME_SIZE]);

int
serve(struct listening *l)
{
	if (l->options->hold)
		return hold(
		    l->run, l->listener, l->options->handler.path, l->command);
	if (l->command)
		return serve_handlers(l);
	return serves(l->options, false) ? serve_nobody(l) : serve_sessions(l);
}

/* From here on --drain gives running sessions time after a signal. */
static void
allow_drain(const struct listening *l)
{
	l->run->ending->listener = l->listener;
	l->run->ending->drain = l->options->session.drain;
}

static int
serve_sessions(struct listening *l)
{
	const struct listen_options *o = l->options;
	struct standard_ports standard = {
	    .shared = o->keep_open, .patient = true};
	struct outcome outcome;
	tcp_port connection[2];
	char name[NAME_SIZE];
	int status;

	become_stdout(l->output);
	status = open_standard_ports(l->run, o->session.output, &standard);
	allow_drain(l);
	for (int n = 1; status == STATUS_GO_ON; n++) {
		status = accept_connection(l, connection, name);
		if (status != STATUS_GO_ON)
			break;
		if (!o->keep_open || n == o->count)
			(void)tcp_close(l->listener); /* nobody waits there */
		outcome = run_session(
		    l->run, &o->session, &standard, name, connection);
		if (!o->keep_open || outcome.fatal)
			return outcome.status;
		if (n == o->count)
			break;
	}
	return status;
}

static int
serve_handlers(struct listening *l)
{
	const struct listen_options *o = l->options;
	struct handlers handlers = {.run = l->run,
	    .what = l->what,
	    .options = &o->handler,
	    .session = &o->session,
	    .command = l->command,
	    .leaders = true,
	    .many = o->keep_open,
	    .said = &l->said};
	const int limit = o->max_conns ? o->max_conns : MAX_CONNS;
	const int count = o->keep_open ? o->count : 1;
	tcp_port connection[2];
	char name[NAME_SIZE];
	int status;

	status = handlers_begin(&handlers);
	if (status != STATUS_GO_ON)
		return status;
	allow_drain(l);
	for (int n = 0; status == STATUS_GO_ON && (count == 0 || n < count);
	     n++) {
		status = handlers_await(&handlers, limit);
		if (status == STATUS_GO_ON)
			status = accept_connection(l, connection, name);
		if (status == STATUS_GO_ON && n + 1 == count)
			(void)tcp_close(l->listener); /* nobody waits there */
		if (status == STATUS_GO_ON &&
		    handlers_start(&handlers, connection, name) == -1)
			status =
			    library_failure(l->run, l->what, STATUS_LISTEN);
	}
	(void)tcp_close(l->listener); /* or it is closed already */
	return handlers_end(&handlers, status);
}

static int
accept_connection(
    struct listening *l, tcp_port connection[2], char name[NAME_SIZE])
{
	const int limit = l->options->accept_timeout;
	const int64_t deadline = now() + limit;
	int64_t left = limit;
	int status;

	do {
		(void)tcp_set_accept_timeout(l->listener, (int)left);
		status = await_connection(l, connection);
		if (status != STATUS_GO_ON)
			return status;
		if (limit != -1)
			left = deadline > now() ? deadline - now() : 0;
	} while (!admit(l, connection[0], name));
	return STATUS_GO_ON;
}

/* Without descriptors a connection stays pending until some are free again. */
static int
await_connection(struct listening *l, tcp_port connection[2])
{
	const struct listen_options *o = l->options;
	char time[TIME_TEXT_SIZE];

	while (tcp_accept(l->listener, &connection[0], &connection[1]) == -1) {
		if (tcp_last_error()->kind == TCPUNIT_ERROR_TIMEOUT)
			return fail(l->run, STATUS_TIMEOUT,
			    "%s: timed out after %s", l->what,
			    format_time(o->accept_timeout, time));
		if (tcp_last_error()->kind == TCPUNIT_ERROR_CLOSED)
			return STATUS_SIGNAL + l->run->ending->signal;
		if (!o->keep_open ||
		    wait_out_shortage(l->run, l->what, tcp_last_error()->code,
			&l->said) == -1)
			return library_failure(l->run, l->what, STATUS_LISTEN);
	}
	return STATUS_GO_ON;
}

/* The clients of a Unix socket seldom have names of their own. */
static void
name_unix_peer(int fd, const struct ends *ends, char name[NAME_SIZE])
{
	const pid_t pid = unix_peer(fd).pid;

	if (ends->remote.ip[0] || pid == 0)
		format_text(name, NAME_SIZE, "unix:%s",
		    ends->remote.ip[0] ? ends->remote.ip : ends->local.ip);
	else
		format_text(name, NAME_SIZE, "process %d", (int)pid);
}

/* Whether the rules admit the peer.  A denied client gets a reset, so that it
 * does not take the silence for success. */
static bool
admit(const struct listening *l, tcp_port in, char name[NAME_SIZE])
{
	struct ends ends;
	bool admitted;

	read_ends(in, &ends);
	if (ends.remote.is_unix)
		name_unix_peer(tcp_port_fileno(in), &ends, name);
	else
		(void)tcp_host_port(
		    ends.remote.ip, ends.remote.port, name, NAME_SIZE);
	admitted = is_admitted(&l->options->access, ends.remote.ip);
	say_more(l->run, "%s: %s %s", l->what,
	    admitted ? "connection from" : "denied:", name);
	if (!admitted)
		(void)tcp_reset(in); /* nobody else has it */
	return admitted;
}

/* For --no-accept, --black-hole and --refuse: waits for the end of the run. */
static int
serve_nobody(struct listening *l)
{
	(void)tcp_thread_sleep(-1); /* the run is over */
	return library_failure(l->run, l->what, STATUS_FAILED);
}
