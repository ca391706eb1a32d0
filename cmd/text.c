/* SPDX-License-Identifier: ISC */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(struct text *t, const char *piece, size_t n);

void
format_text(char *text, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, size, format, args);
	va_end(args);
}

void
text_add(struct text *t, const char *format, ...)
{
	char *piece;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&piece, format, args);
	va_end(args);
	if (n == -1) {
		t->failed = true;
		return;
	}
	append(t, piece, (size_t)n);
	free(piece);
}

void
text_add_quoted(struct text *t, const char *word)
{
	for (; *word; word++) {
		if (strchr("|&;<>()$`\\\"'*?[]#~={}!^", *word))
			text_add(t, "\\");
		text_add(t, "%c", *word);
	}
}

void
text_add_word(struct text *t, const char *word)
{
	text_add(t, "'");
	for (; *word; word++)
		text_add(t, *word == '\'' ? "'\\''" : "%c", *word);
	text_add(t, "'");
}

void
text_free(struct text *t)
{
	free(t->bytes);
	*t = (struct text){0};
}

static void
append(struct text *t, const char *piece, size_t n)
{
	char *bytes = realloc(t->bytes, t->size + n + 1);

	if (!bytes) {
		t->failed = true;
		return;
	}
	memcpy(bytes + t->size, piece, n + 1);
	t->bytes = bytes;
	t->size += n;
}
