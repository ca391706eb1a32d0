/* SPDX-License-Identifier: ISC */
/*
 * Trust in the certificates of peers.
 */
#include <openssl/err.h>
#include <openssl/x509.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "tls.h"

static int trust_file(SSL_CTX *, const struct tcp_tls_setup *, char *);
static int trust_all(SSL_CTX *, BIO *, bool);
static int trust_system(SSL_CTX *, char *);
static const char *place(const char *, const char *);

int
tt_set_trust(struct tcp_tls *t, const struct tcp_tls_setup *setup, char *reason)
{
	SSL_CTX *c = t->context;

	if (setup->ca_file != NULL && trust_file(c, setup, reason) == -1)
		return -1;
	if (setup->server && setup->ca_file != NULL)
		SSL_CTX_set_verify(
		    c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (setup->server || setup->insecure)
		return 0;
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
	return setup->ca_file == NULL ? trust_system(c, reason) : 0;
}

/* A certificate in the file is trusted even if it is no authority, but its own
 * issuer is unknown. */
static int
trust_file(SSL_CTX *c, const struct tcp_tls_setup *setup, char *reason)
{
	const char *file = setup->ca_file;
	BIO *from = tt_read_file(file, reason);
	int count;

	if (from == NULL)
		return -1;
	count = trust_all(c, from, setup->server);
	(void)BIO_free(from); /* cannot fail */
	if (count == 0 || ERR_peek_error() != 0)
		return tt_fail_file(reason, file, "no certificate in it");
	(void)X509_STORE_set_flags(
	    SSL_CTX_get_cert_store(c), X509_V_FLAG_PARTIAL_CHAIN); /* is 1 */
	return 0;
}

/* Returns the number of certificates.  Some clients choose theirs by the
 * authorities that a server names. */
static int
trust_all(SSL_CTX *c, BIO *from, bool named)
{
	X509 *x;
	int count = 0, added = 1;

	while (added == 1 && (x = tt_next_certificate(from)) != NULL) {
		added = X509_STORE_add_cert(SSL_CTX_get_cert_store(c), x);
		if (added == 1 && named)
			added = SSL_CTX_add_client_CA(c, x);
		X509_free(x);
		count++;
	}
	return count;
}

/* OpenSSL does not mind if there are none, and would accept nobody. */
static int
trust_system(SSL_CTX *c, char *reason)
{
	const char *file = place(
	    X509_get_default_cert_file_env(), X509_get_default_cert_file());
	const char *folders =
	    place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());

	if (access(file, F_OK) == -1 && strchr(folders, ':') == NULL &&
	    access(folders, F_OK) == -1)
		return tt_fail(reason, ENOENT,
		    "the system has no authorities: there is neither %s nor %s",
		    file, folders);
	if (SSL_CTX_set_default_verify_paths(c) != 1)
		return tt_fail_openssl(reason);
	return 0;
}

static const char *
place(const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);

	return value != NULL ? value : otherwise;
}
