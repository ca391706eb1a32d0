/* SPDX-License-Identifier: ISC */
#include "reason.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tcpunit-tls.h"

/* An alert of the peer's is OpenSSL's reason above this number. */
#define ALERT SSL_AD_REASON_OFFSET

static bool lacks_memory(void);
static bool is_lost(unsigned long);
static void explain_loss(int *, char *);
static void explain_error(SSL *, unsigned long, int *, char *);
static bool is_foreign(int);
static bool is_unacceptable(int);
static void explain_certificate(SSL *, int *, char *);
static void explain_alert(int, int *, char *);

int
tt_fail(char *reason, int code, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)vsnprintf(reason, TCPUNIT_TLS_TEXT, format, list); /* cut */
	va_end(list);
	ERR_clear_error();
	errno = code;
	return -1;
}

int
tt_fail_memory(char *reason)
{
	return tt_fail(reason, ENOMEM, "%s", strerror(ENOMEM));
}

int
tt_fail_file(char *reason, const char *file, const char *fault)
{
	if (lacks_memory())
		return tt_fail_memory(reason);
	return tt_fail(reason, EINVAL, "%s: %s", file, fault);
}

int
tt_fail_openssl(char *reason)
{
	const unsigned long error = ERR_peek_error();
	const char *text = ERR_reason_error_string(error);

	if (error == 0 || lacks_memory())
		return tt_fail_memory(reason);
	return tt_fail(reason, ENOTSUP, "OpenSSL: %s",
	    text != NULL ? text : "unknown error");
}

/* Whether an error in OpenSSL's queue says that there was no memory.  Empties
 * the queue. */
static bool
lacks_memory(void)
{
	unsigned long error;
	bool found = false;

	while ((error = ERR_get_error()) != 0)
		found |= tt_is_memory(error);
	return found;
}

bool
tt_is_memory(unsigned long error)
{
	return ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
}

void
tt_explain(SSL *ssl, unsigned long error, int *code, char *reason)
{
	if (tt_is_memory(error)) {
		*code = ENOMEM;
		(void)tt_fail_memory(reason); /* is -1 */
	} else if (is_lost(error)) {
		explain_loss(code, reason);
	} else {
		*code = EPROTO;
		explain_error(ssl, error, code, reason);
	}
}

/* Whether the socket has ended or failed, and not TLS. */
static bool
is_lost(unsigned long error)
{
	if (ERR_GET_LIB(error) <= ERR_LIB_SYS)
		return true;
#ifdef SSL_R_UNEXPECTED_EOF_WHILE_READING
	return ERR_GET_LIB(error) == ERR_LIB_SSL &&
	    ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
#else
	return false;
#endif
}

static void
explain_loss(int *code, char *reason)
{
	const char *why = "the peer left without ending TLS";

	(void)tt_fail(reason, 0, "%s", *code != 0 ? strerror(*code) : why);
	if (*code == 0)
		*code = ECONNRESET;
}

/* Other parts of OpenSSL number their reasons as they like. */
static void
explain_error(SSL *ssl, unsigned long error, int *code, char *reason)
{
	const char *text = ERR_reason_error_string(error);
	const int why =
	    ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;

	if (why == SSL_R_CERTIFICATE_VERIFY_FAILED) {
		explain_certificate(ssl, code, reason);
	} else if (why == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
		*code = EKEYREJECTED;
		(void)tt_fail(reason, 0, "the peer has no certificate");
	} else if (why > ALERT && why <= ALERT + UINT8_MAX) {
		explain_alert(why - ALERT, code, reason);
	} else if (is_foreign(why)) {
		(void)tt_fail(reason, 0, "the peer does not speak TLS");
	} else if (why == SSL_R_UNSUPPORTED_PROTOCOL) {
		(void)tt_fail(reason, 0, "no common version of TLS");
	} else {
		(void)tt_fail(reason, 0, "TLS: %s",
		    text != NULL ? text : "unknown error");
	}
}

static bool
is_foreign(int why)
{
	switch (why) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
	case SSL_R_UNKNOWN_PROTOCOL:
		return true;
	default:
		return false;
	}
}

static void
explain_certificate(SSL *ssl, int *code, char *reason)
{
	const long result = SSL_get_verify_result(ssl);

	*code = EKEYREJECTED;
	(void)tt_fail(reason, 0, "unacceptable certificate: %s",
	    X509_verify_cert_error_string(result));
}

static void
explain_alert(int alert, int *code, char *reason)
{
	/* Older versions of OpenSSL have no text for this one. */
	const char *text = alert == SSL_AD_CERTIFICATE_REQUIRED
	    ? "certificate required"
	    : SSL_alert_desc_string_long(alert);

	if (is_unacceptable(alert))
		*code = EKEYREJECTED;
	(void)tt_fail(reason, 0, "the peer refused: %s", text);
}

/* Whether an alert refuses a certificate. */
static bool
is_unacceptable(int alert)
{
	switch (alert) {
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
	case SSL_AD_CERTIFICATE_REVOKED:
	case SSL_AD_CERTIFICATE_EXPIRED:
	case SSL_AD_CERTIFICATE_UNKNOWN:
	case SSL_AD_UNKNOWN_CA:
	case SSL_AD_ACCESS_DENIED:
	case SSL_AD_CERTIFICATE_REQUIRED:
		return true;
	default:
		return false;
	}
}
