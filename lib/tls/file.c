/* SPDX-License-Identifier: ISC */
#include "file.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The most bytes of a file; /dev/zero has no end. */
#define MOST (16L * 1024 * 1024)

static int copy(FILE *, BIO *);

BIO *
tt_read_file(const char *file, char *reason)
{
	FILE *f = fopen(file, "re");
	int error = f == NULL ? errno : ENOMEM;
	BIO *memory = f == NULL ? NULL : BIO_new(BIO_s_mem());

	if (memory != NULL)
		error = copy(f, memory);
	if (f != NULL)
		(void)fclose(f); /* it was only read */
	if (error == 0) {
		BIO_set_flags(memory, BIO_FLAGS_NONCLEAR_RST);
		return memory;
	}
	(void)BIO_free(memory); /* or there is none */
	(void)tt_fail(reason, error, "%s: %s", file, strerror(error));
	return NULL;
}

/* 0, or the errno of the failure. */
static int
copy(FILE *from, BIO *to)
{
	char piece[4096];
	size_t n;
	long all = 0;

	while ((n = fread(piece, 1, sizeof(piece), from)) > 0) {
		all += (long)n;
		if (all > MOST)
			return EFBIG;
		if (BIO_write(to, piece, (int)n) != (int)n)
			return ENOMEM;
	}
	return ferror(from) ? errno : 0;
}

X509 *
tt_next_certificate(BIO *file)
{
	char password[] = ""; /* else OpenSSL would ask the terminal for one */
	X509 *x = PEM_read_bio_X509_AUX(file, NULL, NULL, password);
	const unsigned long error = ERR_peek_last_error();

	if (x != NULL ||
	    (ERR_GET_LIB(error) == ERR_LIB_PEM &&
		ERR_GET_REASON(error) == PEM_R_NO_START_LINE))
		ERR_clear_error();
	return x;
}
