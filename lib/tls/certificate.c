/* SPDX-License-Identifier: ISC */
/*
 * The certificate and the key of this end, from files.
 */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <errno.h>

static int refuse_to_ask(char *, int, int, void *);

int
tt_set_certificate(
    struct tcp_tls *t, const struct tcp_tls_setup *setup, char *reason)
{
	const char *file = setup->certificate_file;
	const char *key = setup->key_file != NULL ? setup->key_file : file;
	SSL_CTX *c = t->context;

	SSL_CTX_set_default_passwd_cb(c, refuse_to_ask);
	if (SSL_CTX_use_certificate_chain_file(c, file) != 1)
		return tt_fail_file(
		    reason, file, "no usable certificate in it");
	if (SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) == 1)
		return 0;
	if (ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_X509)
		return tt_fail_file(
		    reason, key, "the key does not match the certificate");
	return tt_fail_file(reason, key, "no usable key in it");
}

/* Without this OpenSSL would ask the terminal for the password of a key. */
static int
refuse_to_ask(char *password, int size, int writing, void *arg)
{
	(void)password;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}
