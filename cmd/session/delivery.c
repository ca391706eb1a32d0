/* SPDX-License-Identifier: ISC */
#include "delivery.h"

#include "wire.h"

static int finish_tls(struct session *s);

uint64_t
sent_bytes(const struct session *s)
{
	return s->settled ? s->total : tcp_port_position(s->out);
}

uint64_t
received_bytes(const struct session *s)
{
	return s->counted ? s->total_received : tcp_port_position(s->in);
}

void
count_bytes(struct session *s)
{
	s->total = sent_bytes(s);
	s->total_received = received_bytes(s);
	s->settled = s->counted = true;
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

/* The library knows how to end TLS when the port is closed; what was sent
 * before can be asked for only until then.  TLS 1.2 ends nothing yet.  As with
 * a FIN, a peer that has left after its own end of file does not need it. */
static int
finish_tls(struct session *s)
{
	if (s->settled || await_delivery(s) == -1 || s->lost)
		return 0;
	s->total = sent_bytes(s);
	s->settled = true;
	s->finished = tcp_close_output_port(s->out) == 0;
	return s->finished || (s->left && is_lost(tcp_last_error())) ? 0 : -1;
}

/*
 * Whether the peer's kernel got everything before the connection ended.  A FIN
 * counts as a byte, but need not be acknowledged.  A connection that ended
 * before tcpu sent a FIN was reset and is lost, unless the peer is known to
 * have left after its own end of file.  Where size_t has 32 bits, both numbers
 * may be too great for it, but not their difference.
 */
static bool
is_delivered(const struct session *s, size_t acknowledged)
{
	const size_t missing = (size_t)sent_bytes(s) - acknowledged;

	return s->finished ? missing <= 1 : s->left && missing == 0;
}

int
await_delivery(struct session *s)
{
	const struct tcp_error *e;

	if (s->lost || s->settled)
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
