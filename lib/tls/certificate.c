/* SPDX-License-Identifier: ISC */
/*
 * The certificate and the key of this end, from files.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <errno.h>

#include "file.h"
#include "tls.h"

static bool use_certificates(SSL_CTX *, BIO *);
static const char *why_unusable(void);
static int use_key(SSL_CTX *, BIO *, const char *, char *);
static int refuse_to_ask(char *, int, int, void *);

int
tt_set_certificate(
    struct tcp_tls *t, const struct tcp_tls_setup *setup, char *reason)
{
	const char *file = setup->certificate_file, *key = setup->key_file;
	BIO *certificates = tt_read_file(file, reason), *keys = NULL;
	int result = -1;

	if (certificates == NULL)
		return -1;
	if (!use_certificates(t->context, certificates)) {
		(void)tt_fail_file(reason, file, why_unusable()); /* is -1 */
	} else if (key != NULL) {
		keys = tt_read_file(key, reason);
		if (keys != NULL)
			result = use_key(t->context, keys, key, reason);
	} else {
		(void)BIO_reset(certificates); /* cannot fail */
		result = use_key(t->context, certificates, file, reason);
	}
	(void)BIO_free(certificates); /* cannot fail */
	(void)BIO_free(keys);         /* or there are none */
	return result;
}

/* The first is this end's; those after it lead to an authority. */
static bool
use_certificates(SSL_CTX *c, BIO *from)
{
	X509 *x = tt_next_certificate(from);
	bool used = x != NULL && SSL_CTX_use_certificate(c, x) == 1;

	X509_free(x);
	while (used && (x = tt_next_certificate(from)) != NULL) {
		used = SSL_CTX_add1_chain_cert(c, x) == 1;
		X509_free(x);
	}
	return used && ERR_peek_error() == 0;
}

/* Only the part of OpenSSL about TLS gives a reason that helps, as for a key
 * that is too short. */
static const char *
why_unusable(void)
{
	const unsigned long error = ERR_peek_last_error();
	const char *text = ERR_GET_LIB(error) == ERR_LIB_SSL
	    ? ERR_reason_error_string(error)
	    : NULL;

	return text != NULL ? text : "no usable certificate in it";
}

/* SSL_CTX_use_PrivateKey compares the key only with a certificate of the same
 * kind. */
static int
use_key(SSL_CTX *c, BIO *from, const char *file, char *reason)
{
	bool asked = false;
	EVP_PKEY *key =
	    PEM_read_bio_PrivateKey(from, NULL, refuse_to_ask, &asked);
	int result = 0;

	if (key == NULL)
		return tt_fail_file(reason, file,
		    asked ? "the key has a password" : "no usable key in it");
	if (SSL_CTX_use_PrivateKey(c, key) != 1 ||
	    SSL_CTX_check_private_key(c) != 1)
		result = tt_fail_file(
		    reason, file, "the key does not match the certificate");
	EVP_PKEY_free(key);
	return result;
}

/* Without this OpenSSL would ask the terminal for the password of a key. */
static int
refuse_to_ask(char *password, int size, int writing, void *asked)
{
	(void)password;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}
