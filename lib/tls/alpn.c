/* SPDX-License-Identifier: ISC */
/*
 * The negotiation of an application protocol.
 */
#include "tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_NAME 255

static int encode(struct tcp_tls *, const char *);
static int choose(SSL *, const unsigned char **, unsigned char *,
    const unsigned char *, unsigned, void *);

int
tt_set_alpn(struct tcp_tls *t, const char *list, char *reason)
{
	const size_t length = strlen(list) + 1; /* a name's comma is its
						   length on the wire */

	t->alpn = length <= UINT16_MAX ? malloc(length) : NULL;
	if (t->alpn == NULL && length <= UINT16_MAX)
		return tt_fail_memory(reason);
	if (t->alpn == NULL || encode(t, list) == -1)
		return tt_fail(reason, EINVAL,
		    "'%s' is not a list of names with 1 to 255 bytes", list);
	if (t->server)
		SSL_CTX_set_alpn_select_cb(t->context, choose, t);
	else if (SSL_CTX_set_alpn_protos(t->context, t->alpn, t->alpn_length) !=
	    0)
		return tt_fail_memory(reason);
	return 0;
}

static int
encode(struct tcp_tls *t, const char *list)
{
	unsigned char *to = t->alpn;
	size_t n;

	for (;; list += n + 1) {
		n = strcspn(list, ",");
		if (n == 0 || n > LONGEST_NAME)
			return -1;
		*to++ = (unsigned char)n;
		memcpy(to, list, n);
		to += n;
		if (list[n] == '\0')
			break;
	}
	t->alpn_length = (unsigned)(to - t->alpn);
	return 0;
}

/* The server's order counts.  SSL_select_next_proto answers with the first of
 * its own names if there is no common one. */
static int
choose(SSL *ssl, const unsigned char **name, unsigned char *length,
    const unsigned char *offered, unsigned offered_length, void *arg)
{
	const struct tcp_tls *t = arg;
	unsigned char *chosen;

	(void)ssl;
	if (SSL_select_next_proto(&chosen, length, t->alpn, t->alpn_length,
		offered, offered_length) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*name = chosen;
	return SSL_TLSEXT_ERR_OK;
}
