/* SPDX-License-Identifier: ISC */
/*
 * Starting TLS on a connection: a bufferevent of libevent's, as a layer.
 */
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "memory.h"
#include "tcpunit-event.h"
#include "tls.h"

/* TLS on one connection. */
struct session {
	SSL *ssl;
	struct tcp_tls *tls;
	struct tt_memory memory;
	int users; /* the layer, and the call that starts it */
	char reason[TCPUNIT_TLS_TEXT];
};

static int start(
    tcp_port, tcp_port, const struct tcp_tls_options *, struct session *);
static struct session *session_new(const struct tcp_tls_options *);
static bool are_complete(const struct tcp_tls_options *);
static bool is_name(const char *);
static bool expect(SSL *, const struct tcp_tls *, const char *);
static bool is_address(const char *);
static void leave(void *);
static void release(void *);
static struct bufferevent *make(struct bufferevent *, void *);
static struct bufferevent *new_layer(struct session *, struct bufferevent *);
static struct bufferevent *refuse(struct bufferevent *, void *);
static int finish(struct bufferevent *, bool, void *);
static const char *explain(struct bufferevent *, int *, void *);
static unsigned long first_error(struct bufferevent *);

int
tcp_start_tls(tcp_port in, tcp_port out, const struct tcp_tls_options *options)
{
	struct session *s = session_new(options);
	int error = errno;

	if (s == NULL) /* raises the error */
		return tcp_stack(in, out, refuse, &error);
	return start(in, out, options, s);
}

static int
start(tcp_port in, tcp_port out, const struct tcp_tls_options *options,
    struct session *s)
{
	struct tcp_stack_options stack = {TCPUNIT_STACK_DEFAULTS};
	int result;

	stack.timeout = options->timeout;
	stack.handshake = true;
	stack.finish = finish;
	stack.reason = explain;
	stack.release = release;
	result = tcp_stack_with(in, out, make, s, &stack);
	if (result == 0 && options->facts != NULL)
		tt_read_facts(s->ssl, options->facts);
	leave(s);
	return result;
}

static struct session *
session_new(const struct tcp_tls_options *o)
{
	struct session *s;

	errno = EINVAL;
	if (!are_complete(o))
		return NULL;
	errno = ENOMEM;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->users = 1;
	s->tls = tt_hold_tls(o->tls);
	s->ssl = SSL_new(o->tls->context);
	if (s->ssl != NULL &&
	    (o->tls->server || o->name == NULL ||
		expect(s->ssl, o->tls, o->name)))
		return s;
	leave(s);
	ERR_clear_error();
	errno = ENOMEM;
	return NULL;
}

static bool
are_complete(const struct tcp_tls_options *o)
{
	if (o == NULL || o->size < sizeof(*o) || o->tls == NULL)
		return false;
	if (o->tls->server)
		return true;
	return o->name != NULL ? is_name(o->name) : o->tls->insecure;
}

/* OpenSSL's limit for SNI. */
static bool
is_name(const char *name)
{
	return name[0] != '\0' && strlen(name) < TCPUNIT_TLS_TEXT;
}

/* SNI is for names; a name has no dot at its end there.  A certificate has no
 * zone of an address. */
static bool
expect(SSL *ssl, const struct tcp_tls *t, const char *name)
{
	X509_VERIFY_PARAM *check = SSL_get0_param(ssl);
	char host[TCPUNIT_TLS_TEXT];
	size_t n = strlen(name);

	memcpy(host, name, n + 1);
	host[strcspn(host, "%")] = '\0';
	if (is_address(host))
		return t->insecure ||
		    X509_VERIFY_PARAM_set1_ip_asc(check, host) == 1;
	memcpy(host, name, n + 1);
	if (n > 1 && name[n - 1] == '.')
		host[n - 1] = '\0';
	SSL_set_hostflags(ssl,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
		X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	return SSL_set_tlsext_host_name(ssl, host) == 1 &&
	    (t->insecure || SSL_set1_host(ssl, host) == 1);
}

static bool
is_address(const char *name)
{
	struct in6_addr address;

	return inet_pton(AF_INET, name, &address) == 1 ||
	    inet_pton(AF_INET6, name, &address) == 1;
}

static void
leave(void *session)
{
	struct session *s = session;

	if (--s->users > 0)
		return;
	SSL_free(s->ssl);
	tcp_free_tls(s->tls);
	free(s);
}

static void
release(void *session)
{
	struct session *s = session;

	tt_leave_memory(&s->memory);
	leave(s);
}

static struct bufferevent *
make(struct bufferevent *below, void *session)
{
	struct session *s = session;
	struct bufferevent *layer;

	if (tt_watch_memory(&s->memory, below) == -1)
		return NULL;
	layer = tt_has_memory() ? new_layer(s, below) : NULL;
	if (layer == NULL) {
		tt_leave_memory(&s->memory);
		errno = ENOMEM;
		return NULL;
	}
	tt_check_memory(&s->memory, layer, s->ssl);
	s->users++;
	return layer;
}

/* Errors of other calls would count as this one's. */
static struct bufferevent *
new_layer(struct session *s, struct bufferevent *below)
{
	ERR_clear_error();
	return bufferevent_openssl_filter_new(bufferevent_get_base(below),
	    below, s->ssl,
	    s->tls->server ? BUFFEREVENT_SSL_ACCEPTING
			   : BUFFEREVENT_SSL_CONNECTING,
	    0);
}

static struct bufferevent *
refuse(struct bufferevent *below, void *error)
{
	(void)below;
	errno = *(int *)error;
	return NULL;
}

/* Sends close_notify.  TLS 1.2 has no half-close: the peer would answer it with
 * its own, and send no more. */
static int
finish(struct bufferevent *layer, bool last, void *session)
{
	struct session *s = session;
	int sent;

	(void)layer;
	if (!last && SSL_version(s->ssl) < TLS1_3_VERSION)
		return 1;
	ERR_clear_error();
	sent = SSL_shutdown(s->ssl);
	ERR_clear_error();
	if (s->memory.lacks)
		errno = ENOMEM;
	return sent < 0 ? -1 : 0;
}

static const char *
explain(struct bufferevent *layer, int *code, void *session)
{
	struct session *s = session;
	const unsigned long error = first_error(layer);

	if (s->memory.lacks)
		*code = ENOMEM;
	tt_explain(s->ssl, s->memory.lacks ? 0 : error, code, s->reason);
	return s->reason;
}

/* A lack of memory; or the first of the layer's errors that is one of TLS, or
 * any, or 0.  OpenSSL 3.6 adds general ones after it, and libevent returns the
 * last one first. */
static unsigned long
first_error(struct bufferevent *layer)
{
	unsigned long error, first = 0;

	while ((error = bufferevent_get_openssl_error(layer)) != 0) {
		if (tt_is_memory(error))
			return error;
		if (first == 0 || ERR_GET_LIB(error) == ERR_LIB_SSL)
			first = error;
	}
	return first;
}
