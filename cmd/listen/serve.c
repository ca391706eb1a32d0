/* SPDX-License-Identifier: ISC */
#include "serve.h"

#include "../descriptors.h"
#include "../handlers/handlers.h"
#include "clients.h"
#include "hold.h"

/* How many handlers run at a time without --max-conns. */
#define MAX_CONNS 100

static void allow_drain(const struct listening *l);
static int serve_sessions(struct listening *l);
static int serve_handlers(struct listening *l);
static int run_sessions(struct listening *l, struct clients *clients);
static int start_handlers(
    struct listening *l, struct clients *clients, struct handlers *handlers);
static int serve_nobody(struct listening *l);

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
	struct clients clients;
	int status = clients_begin(&clients, l);

	if (status == STATUS_GO_ON)
		status = run_sessions(l, &clients);
	clients_end(&clients);
	return status;
}

static int
run_sessions(struct listening *l, struct clients *clients)
{
	const struct listen_options *o = l->options;
	struct standard_ports standard = {
	    .shared = o->keep_open, .patient = true};
	struct outcome outcome;
	struct client c;
	int status;

	become_stdout(l->output);
	status = open_standard_ports(l->run, o->session.output, &standard);
	allow_drain(l);
	for (int n = 1; status == STATUS_GO_ON; n++) {
		status = clients_next(clients, &c);
		if (status != STATUS_GO_ON)
			break;
		if (!o->keep_open || n == o->count)
			clients_end(clients);
		outcome = run_session(
		    l->run, &o->session, &standard, c.name, c.connection);
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
	struct handlers handlers = {.run = l->run,
	    .what = l->what,
	    .options = &l->options->handler,
	    .session = &l->options->session,
	    .command = l->command,
	    .leaders = true,
	    .many = l->options->keep_open,
	    .said = &l->said};
	struct clients clients;
	int status = handlers_begin(&handlers);

	if (status != STATUS_GO_ON)
		return status;
	status = clients_begin(&clients, l);
	allow_drain(l);
	if (status == STATUS_GO_ON)
		status = start_handlers(l, &clients, &handlers);
	clients_end(&clients);
	return handlers_end(&handlers, status);
}

/* Starts a handler for each client. */
static int
start_handlers(
    struct listening *l, struct clients *clients, struct handlers *handlers)
{
	const struct listen_options *o = l->options;
	const int limit = o->max_conns ? o->max_conns : MAX_CONNS;
	const int count = o->keep_open ? o->count : 1;
	struct client c;
	int status = STATUS_GO_ON;

	for (int n = 0; status == STATUS_GO_ON && (count == 0 || n < count);
	     n++) {
		status = handlers_await(handlers, limit);
		if (status == STATUS_GO_ON)
			status = clients_next(clients, &c);
		if (status == STATUS_GO_ON && n + 1 == count)
			clients_end(clients);
		if (status == STATUS_GO_ON &&
		    handlers_start(handlers, c.connection, &c.ends,
			o->tls.on ? &c.tls : NULL, c.name) == -1)
			status =
			    library_failure(l->run, l->what, STATUS_LISTEN);
	}
	return status;
}

/* For --no-accept, --black-hole and --refuse: waits for the end of the run. */
static int
serve_nobody(struct listening *l)
{
	(void)tcp_thread_sleep(-1); /* the run is over */
	return library_failure(l->run, l->what, STATUS_FAILED);
}
