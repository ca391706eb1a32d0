/* SPDX-License-Identifier: ISC */
/*
 * The reasons of failures, in words: those of files and of OpenSSL.
 */
#ifndef TT_REASON_H
#define TT_REASON_H

#include <openssl/ssl.h>

#include <stdbool.h>

/* Formats a reason, of TCPUNIT_TLS_TEXT bytes at most, sets errno to CODE, and
 * returns -1. */
int tt_fail(char *reason, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Likewise, for a call of OpenSSL's about the contents of FILE: FAULT is the
 * reason unless there is no memory. */
int tt_fail_file(char *reason, const char *file, const char *fault);

/* Likewise, for a call that fails only without memory. */
int tt_fail_memory(char *reason);

/* Likewise, for a call of OpenSSL's that fails without memory, or because
 * OpenSSL is not configured well: errno is then ENOTSUP. */
int tt_fail_openssl(char *reason);

/* Whether an error of OpenSSL's says that there was no memory. */
bool tt_is_memory(unsigned long error);

/* Why the connection has failed, with ERROR the first of OpenSSL's, or 0.  CODE
 * is the errno of the socket, or 0; it becomes the errno of the failure. */
void tt_explain(SSL *ssl, unsigned long error, int *code, char *reason);

#endif
