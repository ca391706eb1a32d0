/* SPDX-License-Identifier: ISC */
#include "tls.h"

#include <errno.h>

#include "../text.h"

/* The files may be FIFOs, and have no end. */
static struct tcp_tls *
make_tls(const struct run *run, const struct tls_options *o,
    const struct tcp_tls_setup *setup, char *why)
{
	const int limit = run->options->timeout;
	char time[TIME_TEXT_SIZE];
	struct tcp_tls *made;
	int code;

	begin_blocking(run->ending, limit);
	made = o->library.make(setup, why);
	code = errno;
	if (end_blocking(run->ending, limit) && !made) {
		format_text(why, TCPUNIT_TLS_TEXT, "timed out after %s",
		    format_time(limit, time));
		code = ETIMEDOUT;
	}
	errno = code;
	return made;
}

/* Why no TLS could be made. */
static enum status
failure_status(int code)
{
	if (code == ETIMEDOUT)
		return STATUS_TIMEOUT;
	return code == ENOMEM || code == ENOTSUP ? STATUS_FAILED : STATUS_FILE;
}

int
open_tls(const struct run *run, struct tls_options *o, bool server)
{
	const struct tcp_tls_setup setup = {TCPUNIT_TLS_SETUP, .server = server,
	    .insecure = o->insecure, .ca_file = o->ca,
	    .certificate_file = o->certificate, .key_file = o->key,
	    .alpn = o->alpn};
	char why[TCPUNIT_TLS_TEXT];
	int status;

	if (!o->on)
		return STATUS_GO_ON;
	status = load_tls(run, &o->library);
	if (status != STATUS_GO_ON)
		return status;
	o->tls = make_tls(run, o, &setup, why);
	if (o->tls)
		return STATUS_GO_ON;
	return fail(run, failure_status(errno), "--tls: %s", why);
}

void
close_tls(const struct tls_options *o)
{
	if (o->tls)
		o->library.free(o->tls);
}

const char *
tls_authority(const struct tls_options *o)
{
	return o->tls ? o->library.authority(o->tls) : NULL;
}

int
start_tls(const struct tls_options *o, const char *name,
    const tcp_port connection[2], int limit, struct tcp_tls_facts *facts)
{
	struct tcp_tls_options options = {TCPUNIT_TLS_DEFAULTS, .tls = o->tls,
	    .name = o->name ? o->name : name, .facts = facts};

	options.timeout = limit;
	return o->library.start(connection[0], connection[1], &options);
}

enum status
tls_status(const struct tcp_error *e)
{
	return e->code == EPROTO || e->code == EKEYREJECTED ? STATUS_CONNECT
							    : STATUS_LOST;
}

void
say_tls(
    const struct run *run, const char *what, const struct tcp_tls_facts *facts)
{
	say_more(run, "%s: %s, %s%s%s%s%s", what, facts->protocol,
	    facts->cipher, *facts->alpn ? ", " : "", facts->alpn,
	    *facts->peer ? ", " : "", facts->peer);
}
