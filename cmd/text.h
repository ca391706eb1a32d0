/* SPDX-License-Identifier: ISC */
/*
 * text.h - a text that grows.  It records when memory has run out; a memory
 * stream of glibc silently loses the text that did not fit.
 */
#ifndef TCPU_TEXT_H
#define TCPU_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <tcpunit.h>

struct text {
	char *bytes; /* ended by a NUL; NULL before the first addition */
	size_t size; /* without the NUL */
	bool failed; /* a part is missing */
};

/* Formats a text into SIZE bytes, as snprintf(3) does; cuts it if it does not
 * fit. */
void format_text(char *text, size_t size, const char *format, ...)
    TCPUNIT_PRINTF(3, 4);

void text_add(struct text *t, const char *format, ...) TCPUNIT_PRINTF(2, 3);

/* Adds the text quoted as a word for a shell. */
void text_add_quoted(struct text *t, const char *word);

/* Adds a word in single quotes, as any shell reads it. */
void text_add_word(struct text *text, const char *word);

void text_free(struct text *t);

#endif
