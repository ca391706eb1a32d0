/* SPDX-License-Identifier: ISC */
/*
 * One end's certificate, key and trust, as OpenSSL has them, and the steps that
 * fill them in.  Each step returns 0; or -1 with errno and a reason.
 */
#ifndef TT_TLS_H
#define TT_TLS_H

#include <openssl/ssl.h>

#include "reason.h"
#include "tcpunit-tls.h"

struct tcp_tls {
	SSL_CTX *context;
	bool server;
	bool insecure;
	char *authority;     /* PEM, of a temporary certificate */
	unsigned char *alpn; /* as on the wire: lengths and names */
	unsigned alpn_length;
};

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
