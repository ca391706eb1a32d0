/* SPDX-License-Identifier: ISC */
/*
 * Trust in the certificates of peers.
 */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <errno.h>

static int load_authorities(SSL_CTX *, const char *, char *);
static int name_authorities(SSL_CTX *, const char *, char *);

int
tt_set_trust(struct tcp_tls *t, const struct tcp_tls_setup *setup, char *reason)
{
	SSL_CTX *c = t->context;
	const char *file = setup->ca_file;

	if (file != NULL && load_authorities(c, file, reason) == -1)
		return -1;
	if (setup->server) {
		if (file == NULL)
			return 0;
		SSL_CTX_set_verify(
		    c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		return name_authorities(c, file, reason);
	}
	if (setup->insecure)
		return 0;
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
	if (file == NULL && SSL_CTX_set_default_verify_paths(c) != 1)
		return tt_fail_memory(reason);
	return 0;
}

/* A certificate in the file is trusted even if it is no authority, but its own
 * issuer is unknown. */
static int
load_authorities(SSL_CTX *c, const char *file, char *reason)
{
	X509_STORE *store = SSL_CTX_get_cert_store(c);

	if (SSL_CTX_load_verify_locations(c, file, NULL) != 1)
		return tt_fail_file(reason, file, "no certificate in it");
	(void)X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}

/* Some clients choose their certificate by the authorities that a server
 * names. */
static int
name_authorities(SSL_CTX *c, const char *file, char *reason)
{
	STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(file);

	if (names == NULL)
		return tt_fail_file(reason, file, "no certificate in it");
	SSL_CTX_set_client_CA_list(c, names);
	return 0;
}
