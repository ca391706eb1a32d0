/* SPDX-License-Identifier: ISC */
#include "tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int set_up(struct tcp_tls *, const struct tcp_tls_setup *, char *);
static int check_setup(const struct tcp_tls_setup *, char *);

struct tcp_tls *
tcp_make_tls(const struct tcp_tls_setup *setup, char reason[TCPUNIT_TLS_TEXT])
{
	struct tcp_tls *t;
	int error;

	if (check_setup(setup, reason) == -1)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		(void)tt_fail_memory(reason);
		return NULL;
	}
	atomic_init(&t->users, 1);
	t->server = setup->server;
	t->insecure = setup->insecure;
	if (set_up(t, setup, reason) == 0)
		return t;
	error = errno;
	tcp_free_tls(t);
	errno = error;
	return NULL;
}

/* A newer program may know members that this library does not know. */
static int
check_setup(const struct tcp_tls_setup *setup, char *reason)
{
	const unsigned char *bytes = (const unsigned char *)setup;

	if (setup == NULL || setup->size < sizeof(*setup))
		return tt_fail(reason, EINVAL, "not a setup of TLS");
	for (size_t i = sizeof(*setup); i < setup->size; i++) {
		if (bytes[i] != 0)
			return tt_fail(reason, EINVAL,
			    "the setup of TLS is newer than the library");
	}
	return 0;
}

/*
 * Sessions are not resumed, and a server sends no tickets: a client that only
 * sends would leave them unread, and its close would then reset the connection.
 */
static SSL_CTX *
make_context(bool server)
{
	SSL_CTX *c =
	    SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	if (c == NULL)
		return NULL;
	(void)SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_options(c,
	    SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
		SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_mode(c,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
		SSL_MODE_ENABLE_PARTIAL_WRITE);
	if (SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_num_tickets(c, 0) == 1)
		return c;
	SSL_CTX_free(c);
	return NULL;
}

static int
set_up(struct tcp_tls *t, const struct tcp_tls_setup *setup, char *reason)
{
	t->context = make_context(setup->server);
	if (t->context == NULL)
		return tt_fail_openssl(reason);
	if (setup->alpn != NULL && tt_set_alpn(t, setup->alpn, reason) == -1)
		return -1;
	if (setup->certificate_file != NULL) {
		if (tt_set_certificate(t, setup, reason) == -1)
			return -1;
	} else if (setup->key_file != NULL) {
		return tt_fail(reason, EINVAL,
		    "%s: a key without a certificate", setup->key_file);
	} else if (setup->server && tt_set_temporary(t, reason) == -1) {
		return -1;
	}
	return tt_set_trust(t, setup, reason);
}

struct tcp_tls *
tt_hold_tls(struct tcp_tls *t)
{
	(void)atomic_fetch_add(&t->users, 1); /* they were one or more */
	return t;
}

void
tcp_free_tls(struct tcp_tls *t)
{
	if (t == NULL || atomic_fetch_sub(&t->users, 1) > 1)
		return;
	SSL_CTX_free(t->context);
	free(t->authority);
	free(t->alpn);
	free(t);
}

const char *
tcp_tls_authority(const struct tcp_tls *t)
{
	return t->authority;
}
