/* SPDX-License-Identifier: ISC */
/*
 * Files of certificates and keys, in PEM format.
 */
#ifndef TT_FILE_H
#define TT_FILE_H

#include <openssl/bio.h>
#include <openssl/x509.h>

#include "reason.h"

/* The contents of FILE, which are read once, as it may be a FIFO.  The caller
 * frees them; BIO_reset goes back to the start.  NULL, with errno and a reason,
 * if the file cannot be read. */
BIO *tt_read_file(const char *file, char *reason);

/* The next certificate, for the caller to free.  NULL at the end; if there was
 * something unusable instead, OpenSSL's queue of errors has it. */
X509 *tt_next_certificate(BIO *file);

#endif
