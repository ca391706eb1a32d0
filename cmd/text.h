/* SPDX-License-Identifier: ISC */
/*
 * text.h - a text that grows.  Unlike a memory stream it tells when memory ran
 * out; glibc's loses what did not fit and closes as if nothing were missing.
 */
#ifndef TCPU_TEXT_H
#define TCPU_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <tcpunit.h>

struct text {
	char *bytes; /* with a NUL behind them; NULL where nothing was added */
	size_t size; /* without it */
	bool failed; /* a part is missing */
};

void text_add(struct text *t, const char *format, ...) TCPUNIT_PRINTF(2, 3);

/* As a word for a shell. */
void text_add_quoted(struct text *t, const char *word);

void text_free(struct text *t);

#endif
