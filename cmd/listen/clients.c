/* SPDX-License-Identifier: ISC */
#include "clients.h"

#include "../clock.h"
#include "../handlers/program.h"

/* Whether clients have to do something before they are served. */
static bool
has_reception(const struct listening *l)
{
	return l->options->proxies.given || l->options->tls.on;
}

int
clients_begin(struct clients *cs, struct listening *l)
{
	*cs = (struct clients){.listening = l};
	return has_reception(l) ? reception_begin(&cs->reception, l)
				: STATUS_GO_ON;
}

/* Without descriptors a connection stays pending until some are free again. */
static int
accept_client(struct listening *l, struct client *c)
{
	while (tcp_accept(l->listener, &c->connection[0], &c->connection[1]) ==
	    -1) {
		if (tcp_last_error()->kind == TCPUNIT_ERROR_TIMEOUT)
			return accept_timed_out(l);
		if (tcp_last_error()->kind == TCPUNIT_ERROR_CLOSED)
			return STATUS_SIGNAL + l->run->ending->signal;
		if (!l->options->keep_open ||
		    wait_out_shortage(l->run, l->what, tcp_last_error()->code,
			&l->said) == -1)
			return library_failure(l->run, l->what, STATUS_LISTEN);
	}
	meet_client(c);
	return STATUS_GO_ON;
}

int
clients_next(struct clients *cs, struct client *c)
{
	struct listening *l = cs->listening;
	const int limit = l->options->accept_timeout;
	const int64_t deadline = now() + limit;
	int64_t left = limit;
	int status;

	if (has_reception(l))
		return reception_next(&cs->reception, c);
	do {
		(void)tcp_set_accept_timeout(l->listener, (int)left);
		status = accept_client(l, c);
		if (status != STATUS_GO_ON)
			return status;
		if (limit != -1)
			left = deadline > now() ? deadline - now() : 0;
	} while (!admit_client(l, c));
	return STATUS_GO_ON;
}

void
clients_end(struct clients *cs)
{
	(void)tcp_close(cs->listening->listener); /* or it is closed already */
	if (has_reception(cs->listening))
		reception_end(&cs->reception);
}
