/* SPDX-License-Identifier: ISC */
#include "facts.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <stdio.h>

static void copy(char[TCPUNIT_TLS_TEXT], const char *);
static void read_peer(SSL *, char[TCPUNIT_TLS_TEXT]);
static void print_subject(X509 *, char[TCPUNIT_TLS_TEXT]);
static void read_alpn(SSL *, char[TCPUNIT_TLS_TEXT]);

void
tt_read_facts(SSL *ssl, struct tcp_tls_facts *facts)
{
	copy(facts->protocol, SSL_get_version(ssl));
	copy(facts->cipher, SSL_get_cipher_name(ssl));
	copy(facts->name, SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
	read_peer(ssl, facts->peer);
	read_alpn(ssl, facts->alpn);
	ERR_clear_error();
}

static void
copy(char to[TCPUNIT_TLS_TEXT], const char *text)
{
	/* Longer texts are cut. */
	(void)snprintf(to, TCPUNIT_TLS_TEXT, "%s", text != NULL ? text : "");
}

static void
read_peer(SSL *ssl, char text[TCPUNIT_TLS_TEXT])
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	X509 *peer = SSL_get1_peer_certificate(ssl);
#else
	X509 *peer = SSL_get_peer_certificate(ssl);
#endif

	text[0] = '\0';
	if (peer != NULL)
		print_subject(peer, text);
	X509_free(peer);
}

/* In the format of RFC 2253, in which other bytes than printable ASCII are
 * escaped. */
static void
print_subject(X509 *x, char text[TCPUNIT_TLS_TEXT])
{
	BIO *memory = BIO_new(BIO_s_mem());
	int n = -1;

	if (memory != NULL &&
	    X509_NAME_print_ex(
		memory, X509_get_subject_name(x), 0, XN_FLAG_RFC2253) != -1)
		n = BIO_read(memory, text, TCPUNIT_TLS_TEXT - 1);
	text[n > 0 ? n : 0] = '\0';
	(void)BIO_free(memory); /* or there is none */
}

static void
read_alpn(SSL *ssl, char text[TCPUNIT_TLS_TEXT])
{
	const unsigned char *name;
	unsigned length;

	SSL_get0_alpn_selected(ssl, &name, &length);
	(void)snprintf(
	    text, TCPUNIT_TLS_TEXT, "%.*s", (int)length, (const char *)name);
}
