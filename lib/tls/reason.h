/* SPDX-License-Identifier: ISC */
/*
 * The reasons of failures, in words: those of files and of OpenSSL.
 */
#ifndef TT_REASON_H
#define TT_REASON_H

#include <openssl/ssl.h>

/* Formats a reason, of TCPUNIT_TLS_TEXT bytes at most, sets errno to CODE, and
 * returns -1. */
int tt_fail(char *reason, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Likewise, for a call of OpenSSL's about FILE: FAULT is the reason unless the
 * file could not be read. */
int tt_fail_file(char *reason, const char *file, const char *fault);

/* Likewise, for a call that fails only without memory. */
int tt_fail_memory(char *reason);

/* Why the connection has failed, with ERROR the first of OpenSSL's, or 0.  CODE
 * is the errno of the socket, or 0; it becomes the errno of the failure. */
void tt_explain(SSL *ssl, unsigned long error, int *code, char *reason);

#endif
