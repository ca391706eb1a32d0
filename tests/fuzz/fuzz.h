/* SPDX-License-Identifier: ISC */
/*
 * fuzz.h - a fuzzing target: a function of some bytes, which libFuzzer calls
 * with inputs that it makes up, and replay.c with the files of the corpus.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs the target once; always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reports a finding and aborts. */
#define REQUIRE(condition)                                                 \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
			    #condition);                                   \
			abort();                                           \
		}                                                          \
	} while (0)

/* Return a copy of exactly SIZE bytes, or of SIZE bytes and a NUL, so that a
 * read past its end is noticed.  The caller frees it. */
static inline void *
copy_of(const void *data, size_t size)
{
	void *copy = malloc(size ? size : 1);

	REQUIRE(copy);
	return size ? memcpy(copy, data, size) : copy;
}

static inline char *
text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	REQUIRE(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif
