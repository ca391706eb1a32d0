/* SPDX-License-Identifier: ISC */
#include "delivery.h"

#include "wire.h"

static int finish_tls(struct session *s);

uint64_t
sent_bytes(const struct session *s)
{
	return s->counted ? s->total_sent : tcp_port_position(s->out);
}

uint64_t
received_bytes(const struct session *s)
{
	return s->counted ? s->total_received : tcp_port_position(s->in);
}

void
count_bytes(struct session *s)
{
	s->total_sent = sent_bytes(s);
	s->total_received = received_bytes(s);
	s->counted = true;
}

int
finish_sending(struct session *s)
{
	if (s->options->abandon || resets_always(s->options))
		(void)tcp_abandon_port(s->out); /* it is open */
	else if (s->options->tls)
		return finish_tls(s);
	else if (!s->finished)
		s->finished = wire_finish(tcp_port_fileno(s->out));
	return 0;
}

static bool
is_lost(const struct tcp_error *e)
{
	return e->kind == TCPUNIT_ERROR_NET;
}

/* TLS 1.2 ends nothing yet.  As with a FIN, a peer that has left after its own
 * end of file does not need it. */
static int
finish_tls(struct session *s)
{
	const int result = s->lost ? 1 : tcp_finish_output(s->out);

	s->finished = result == 0;
	return result != -1 || (s->left && is_lost(tcp_last_error())) ? 0 : -1;
}

/*
 * Whether the peer's kernel got everything before the connection ended.  A FIN
 * of wire_finish counts as a byte, but need not be acknowledged.  A connection
 * that ended before tcpu sent a FIN was reset and is lost, unless the peer is
 * known to have left after its own end of file.  Where size_t has 32 bits, both
 * numbers may be too great for it, but not their difference.
 */
static bool
is_delivered(const struct session *s, size_t acknowledged)
{
	const size_t missing = (size_t)sent_bytes(s) - acknowledged;

	if (s->finished)
		return missing <= (s->options->tls ? 0 : 1);
	return s->left && missing == 0;
}

int
await_delivery(struct session *s)
{
	const struct tcp_error *e;

	if (s->lost)
		return 0;
	(void)tcp_resume_output(s->out); /* a write may have been terminated */
	if (tcp_await_acknowledgement(s->out) == 0)
		return 0;
	e = tcp_last_error();
	if (e->kind != TCPUNIT_ERROR_NET)
		return -1;
	if (!is_delivered(s, e->transferred))
		s->lost = e->code;
	return 0;
}
