/* SPDX-License-Identifier: ISC */
#include "reception.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../clock.h"
#include "../handlers/program.h"
#include "../proxy/ends.h"
#include "../proxy/receiver.h"
#include "../text.h"
#include "../tls/tls.h"

/* How many visitors may be received at a time; further ones stay pending. */
#define MOST_VISITORS 100

/* How long a handshake may take, in ms. */
#define HANDSHAKE_TIME 10000

struct visitor {
	TAILQ_ENTRY(visitor) link;
	struct reception *reception;
	struct client client;
};

static void *accept_visitors(void *reception);
static bool await_turn(struct reception *r);
static void accept_visitor(struct reception *r);
static void note_refusal(struct reception *r);
static void receive_visitor(struct reception *r, struct visitor *v);
static void *receive(void *visitor);
static bool read_header(const struct reception *r, struct client *c);
static bool shake_hands(const struct reception *r, struct client *c);
static int await_admission(struct reception *r);
static void close_door(struct reception *r);

int
reception_begin(struct reception *r, struct listening *l)
{
	*r = (struct reception){.listening = l};
	TAILQ_INIT(&r->admitted);
	r->threads = tcp_make_group();
	r->changed = tcp_make_condition();
	if (tcp_group_p(r->threads) && tcp_condition_p(r->changed))
		r->acceptor =
		    tcp_group_start(r->threads, accept_visitors, r, NULL);
	return tcp_thread_p(r->acceptor)
	    ? STATUS_GO_ON
	    : library_failure(l->run, l->what, STATUS_FAILED);
}

static void
announce_change(const struct reception *r)
{
	(void)tcp_condition_broadcast(r->changed); /* it is open */
}

/* ---- The acceptor ---- */

static void *
accept_visitors(void *reception)
{
	struct reception *r = reception;

	(void)tcp_set_accept_timeout(r->listening->listener, -1);
	while (await_turn(r))
		accept_visitor(r);
	return NULL;
}

/* Returns false if there is nothing left to do.  A terminated wait only looks
 * again. */
static bool
await_turn(struct reception *r)
{
	while (!r->ended && !r->status &&
	    (!r->open || r->waiting == MOST_VISITORS)) {
		if (tcp_condition_wait(r->changed, -1) == -1 &&
		    tcp_last_error()->kind != TCPUNIT_ERROR_TERMINATED)
			return false;
	}
	return !r->ended && !r->status;
}

static void
accept_visitor(struct reception *r)
{
	struct visitor *v = calloc(1, sizeof(*v));

	if (!v) {
		r->status = fail(
		    r->listening->run, STATUS_FAILED, "%s", strerror(ENOMEM));
		announce_change(r);
	} else if (tcp_accept(r->listening->listener, &v->client.connection[0],
		       &v->client.connection[1]) == -1) {
		free(v);
		note_refusal(r);
	} else {
		v->reception = r;
		receive_visitor(r, v);
	}
}

/* Visitors that are turned away give descriptors back. */
static void
note_refusal(struct reception *r)
{
	struct listening *l = r->listening;
	const struct tcp_error *e = tcp_last_error();

	if (e->kind == TCPUNIT_ERROR_TERMINATED)
		return; /* the door may be closed */
	if (e->kind == TCPUNIT_ERROR_CLOSED)
		r->status = STATUS_SIGNAL + l->run->ending->signal;
	else if ((l->options->keep_open || r->waiting > 0) &&
	    is_shortage(e->code))
		(void)wait_out_shortage(l->run, l->what, e->code, &l->said);
	else
		r->status = library_failure(l->run, l->what, STATUS_LISTEN);
	announce_change(r);
}

static void
receive_visitor(struct reception *r, struct visitor *v)
{
	const struct listening *l = r->listening;

	meet_client(&v->client);
	if (l->options->proxies.given &&
	    !is_proxy(&l->options->proxies, &v->client.ends.remote))
		deny_client(l, &v->client, "may not send a PROXY header");
	else if (!tcp_thread_p(tcp_group_start(r->threads, receive, v, NULL)))
		deny_client(l, &v->client, strerror(ENOMEM));
	else {
		r->waiting++;
		return;
	}
	free(v);
}

/* ---- Visitors ---- */

static bool
admit_visitor(struct visitor *v)
{
	const struct reception *r = v->reception;
	const struct listen_options *o = r->listening->options;
	struct client *c = &v->client;

	if (o->proxies.given && !read_header(r, c))
		return false;
	return admit_client(r->listening, c) &&
	    (!o->tls.on || shake_hands(r, c));
}

/* Returns false after resetting the visitor: nobody waits for it any more. */
static bool
is_awaited(const struct reception *r, struct client *c)
{
	if (r->ended)
		(void)tcp_reset(c->connection[0]); /* nobody else has it */
	return !r->ended;
}

static bool
read_header(const struct reception *r, struct client *c)
{
	struct proxy_header header;
	const char *why =
	    receive_proxy_header(tcp_port_fileno(c->connection[0]), &header);
	struct ends ends;

	if (!is_awaited(r, c))
		return false;
	if (why) {
		deny_client(r->listening, c, why);
		return false;
	}
	if (header.family != AF_UNSPEC) {
		read_header_ends(&header, &ends);
		rename_client(c, &ends);
	}
	return true;
}

static bool
shake_hands(const struct reception *r, struct client *c)
{
	const struct listening *l = r->listening;
	const int idle = l->options->session.idle_timeout;
	const int limit =
	    idle != -1 && idle < HANDSHAKE_TIME ? idle : HANDSHAKE_TIME;
	const int started =
	    start_tls(&l->options->tls, NULL, c->connection, limit, &c->tls);
	char time[TIME_TEXT_SIZE], why[64];

	if (!is_awaited(r, c))
		return false;
	if (started == 0) {
		say_tls(l->run, c->name, &c->tls);
		return true;
	}
	format_text(
	    why, sizeof(why), "timed out after %s", format_time(limit, time));
	deny_client(l, c,
	    tcp_last_error()->kind == TCPUNIT_ERROR_TIMEOUT
		? why
		: reason(tcp_last_error()));
	return false;
}

static void *
receive(void *visitor)
{
	struct visitor *v = visitor;
	struct reception *r = v->reception;
	const bool admitted = admit_visitor(v);

	r->waiting--;
	if (admitted)
		TAILQ_INSERT_TAIL(&r->admitted, v, link);
	else
		free(v);
	announce_change(r);
	return NULL;
}

/* ---- The thread that serves ---- */

int
reception_next(struct reception *r, struct client *c)
{
	struct visitor *v;
	int status;

	r->open = true;
	announce_change(r);
	status = await_admission(r);
	close_door(r);
	if (status != STATUS_GO_ON)
		return status;
	v = TAILQ_FIRST(&r->admitted);
	TAILQ_REMOVE(&r->admitted, v, link);
	*c = v->client;
	free(v);
	return STATUS_GO_ON;
}

/* The acceptor may be waiting for a connection. */
static void
close_door(struct reception *r)
{
	if (r->open)
		(void)tcp_thread_terminate(r->acceptor); /* or it has ended */
	r->open = false;
}

/* Visitors who came in time may still be late with their headers. */
static int
await_admission(struct reception *r)
{
	const struct listening *l = r->listening;
	const int limit = l->options->accept_timeout;
	const int64_t deadline = now() + limit;
	int64_t left = limit;

	tcp_thread_yield(); /* with a limit of 0 the acceptor gets its turn */
	while (TAILQ_EMPTY(&r->admitted) && !r->status) {
		if (!r->open && r->waiting == 0)
			return accept_timed_out(l);
		if (limit != -1 && r->open)
			left = deadline > now() ? deadline - now() : 0;
		if (tcp_condition_wait(r->changed, (int)left) != -1)
			continue;
		if (tcp_last_error()->kind != TCPUNIT_ERROR_TIMEOUT)
			return library_failure(l->run, l->what, STATUS_LISTEN);
		close_door(r);
		left = -1;
	}
	if (l->run->ending->signal)
		return STATUS_SIGNAL + l->run->ending->signal;
	return r->status;
}

/* Ends the threads.  If this is interrupted, the run is over: the termination
 * is passed on to the next wait. */
static void
end_threads(struct reception *r)
{
	bool terminated = false;

	while (tcp_group_terminate(r->threads, -1) == -1 &&
	    tcp_last_error()->kind == TCPUNIT_ERROR_TERMINATED)
		terminated = true;
	(void)tcp_close_group(r->threads);
	if (terminated)
		(void)tcp_thread_terminate(tcp_current_thread()); /* it runs */
}

void
reception_end(struct reception *r)
{
	struct visitor *v;

	if (r->ended)
		return;
	r->ended = true;
	end_threads(r);
	(void)tcp_close_condition(r->changed);
	while ((v = TAILQ_FIRST(&r->admitted))) {
		TAILQ_REMOVE(&r->admitted, v, link);
		(void)tcp_reset(v->client.connection[0]); /* nobody has it */
		free(v);
	}
}

int
accept_timed_out(const struct listening *l)
{
	char time[TIME_TEXT_SIZE];

	return fail(l->run, STATUS_TIMEOUT, "%s: timed out after %s", l->what,
	    format_time(l->options->accept_timeout, time));
}
