/* SPDX-License-Identifier: ISC */
/*
 * crlf.h - the line endings of --crlf, one direction each, whatever pieces the
 * bytes come in.
 */
#ifndef TCPU_CRLF_H
#define TCPU_CRLF_H

#include <stdbool.h>
#include <stddef.h>

/* The last byte was CR; receiving, it was also held back. */
struct crlf {
	bool cr;
};

/*
 * Converts N bytes; a null FROM is the end of file.  Returns how many bytes
 * went to TO, which has room for 2 * N + 1.
 */
typedef size_t crlf_converter(
    struct crlf *c, const char *from, size_t n, char *to);

/* LF becomes CRLF; a CRLF stays. */
crlf_converter crlf_send;

/* CRLF becomes LF; a lone CR stays. */
crlf_converter crlf_receive;

#endif
