/* SPDX-License-Identifier: ISC */
/*
 * One end's certificate, key and trust, as OpenSSL has them, and the steps that
 * fill them in.  Each step returns 0; or -1 with errno and a reason.
 */
#ifndef TT_TLS_H
#define TT_TLS_H

#include <openssl/ssl.h>

#include <stdatomic.h>

#include "reason.h"
#include "tcpunit-tls.h"

struct tcp_tls {
	SSL_CTX *context;
	atomic_uint users; /* its owner, and the connections */
	bool server;
	bool insecure;
	char *authority;     /* PEM, of a temporary certificate */
	unsigned char *alpn; /* as on the wire: lengths and names */
	unsigned alpn_length;
};

/* One more user, who calls tcp_free_tls as well.  Returns T.  In tls.c. */
struct tcp_tls *tt_hold_tls(struct tcp_tls *t);

/* The authorities to trust, and whether the peer must have a certificate.  In
 * trust.c. */
int tt_set_trust(
    struct tcp_tls *t, const struct tcp_tls_setup *setup, char *reason);

/* The certificate and the key of the files.  In certificate.c. */
int tt_set_certificate(
    struct tcp_tls *t, const struct tcp_tls_setup *setup, char *reason);

/* A temporary certificate, for a server.  In temporary.c. */
int tt_set_temporary(struct tcp_tls *t, char *reason);

/* The application protocols.  In alpn.c. */
int tt_set_alpn(struct tcp_tls *t, const char *list, char *reason);

#endif
