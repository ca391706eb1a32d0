/* SPDX-License-Identifier: ISC */
/*
 * A temporary certificate.  It is signed by an authority that exists for this
 * purpose only, and whose key is dropped at once.  Some clients accept no
 * certificate that is its own authority.
 */
#include "tls.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The certificate is valid for a day, also if the peer's clock is slow by up to
 * five minutes. */
#define BEFORE (-5L * 60)
#define AFTER (24L * 60 * 60)

#define NAME_SIZE 256

struct extension {
	int id;
	const char *value;
};

/* A certificate and its key. */
struct pair {
	X509 *certificate;
	EVP_PKEY *key;
};

static bool make_both(struct pair *, struct pair *);
static bool make_pair(struct pair *, const char *, const struct pair *);
static EVP_PKEY *make_key(void);
static bool fill(X509 *, const char *);
static bool set_serial(X509 *);
static bool extend(X509 *, X509 *, const struct extension *);
static void list_names(char[2 * NAME_SIZE]);
static bool is_host_name(const char *);
static bool install(struct tcp_tls *, const struct pair *, X509 *);
static char *to_pem(X509 *);
static void drop(struct pair *);

int
tt_set_temporary(struct tcp_tls *t, char *reason)
{
	struct pair authority = {0}, leaf = {0};
	bool made = make_both(&authority, &leaf) &&
	    install(t, &leaf, authority.certificate);

	drop(&authority);
	drop(&leaf);
	return made ? 0 : tt_fail_openssl(reason);
}

static bool
make_both(struct pair *authority, struct pair *leaf)
{
	static const struct extension ca[] = {
	    {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
	    {NID_key_usage, "critical,keyCertSign,cRLSign"},
	    {NID_subject_key_identifier, "hash"}, {0}};
	char names[2 * NAME_SIZE];
	const struct extension server[] = {
	    {NID_basic_constraints, "critical,CA:FALSE"},
	    {NID_key_usage, "critical,digitalSignature"},
	    {NID_ext_key_usage, "serverAuth"},
	    {NID_subject_key_identifier, "hash"},
	    {NID_authority_key_identifier, "keyid"},
	    {NID_subject_alt_name, names}, {0}};

	list_names(names);
	return make_pair(authority, "tcpu temporary authority", authority) &&
	    extend(authority->certificate, authority->certificate, ca) &&
	    X509_sign(authority->certificate, authority->key, EVP_sha256()) >
	    0 &&
	    make_pair(leaf, "localhost", authority) &&
	    extend(leaf->certificate, authority->certificate, server) &&
	    X509_sign(leaf->certificate, authority->key, EVP_sha256()) > 0;
}

static bool
make_pair(struct pair *p, const char *name, const struct pair *issuer)
{
	p->key = make_key();
	p->certificate = X509_new();
	return p->key != NULL && p->certificate != NULL &&
	    X509_set_pubkey(p->certificate, p->key) == 1 &&
	    fill(p->certificate, name) &&
	    X509_set_issuer_name(p->certificate,
		X509_get_subject_name(issuer->certificate)) == 1;
}

static EVP_PKEY *
make_key(void)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	EVP_PKEY *key = NULL;

	if (c == NULL || EVP_PKEY_keygen_init(c) != 1 ||
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(c, NID_X9_62_prime256v1) !=
		1 ||
	    EVP_PKEY_keygen(c, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(c);
	return key;
}

static bool
fill(X509 *x, const char *name)
{
	return X509_set_version(x, 2) == 1 && set_serial(x) && /* X.509 v3 */
	    X509_gmtime_adj(X509_getm_notBefore(x), BEFORE) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), AFTER) != NULL &&
	    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
		MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1;
}

/* A client that keeps certificates expects another number in each. */
static bool
set_serial(X509 *x)
{
	uint64_t number;

	return RAND_bytes((unsigned char *)&number, sizeof(number)) == 1 &&
	    ASN1_INTEGER_set_uint64(
		X509_get_serialNumber(x), number >> 1 | 1) == 1;
}

static bool
extend(X509 *x, X509 *issuer, const struct extension *e)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	int added = 1;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
	for (; e->value != NULL && added == 1; e++) {
		extension =
		    X509V3_EXT_conf_nid(NULL, &context, e->id, e->value);
		if (extension == NULL)
			return false;
		added = X509_add_ext(x, extension, -1);
		X509_EXTENSION_free(extension);
	}
	return added == 1;
}

static void
list_names(char names[2 * NAME_SIZE])
{
	char host[NAME_SIZE] = "";

	if (gethostname(host, sizeof(host) - 1) != 0 || !is_host_name(host))
		host[0] = '\0';
	(void)snprintf(names, 2 * NAME_SIZE,
	    "DNS:localhost,IP:127.0.0.1,IP:::1%s%s", host[0] ? ",DNS:" : "",
	    host);
}

/* Other characters could change the list of names. */
static bool
is_host_name(const char *name)
{
	return name[0] != '\0' &&
	    strspn(name,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-._") == strlen(name);
}

static bool
install(struct tcp_tls *t, const struct pair *leaf, X509 *authority)
{
	t->authority = to_pem(authority);
	return t->authority != NULL &&
	    SSL_CTX_use_certificate(t->context, leaf->certificate) == 1 &&
	    SSL_CTX_use_PrivateKey(t->context, leaf->key) == 1;
}

static char *
to_pem(X509 *x)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *bytes, *text = NULL;
	long n;

	if (memory != NULL && PEM_write_bio_X509(memory, x) == 1) {
		n = BIO_get_mem_data(memory, &bytes);
		text = strndup(bytes, (size_t)n);
	}
	(void)BIO_free(memory); /* or there is none */
	return text;
}

static void
drop(struct pair *p)
{
	X509_free(p->certificate);
	EVP_PKEY_free(p->key);
}
