/* SPDX-License-Identifier: ISC */
/*
 * fuzz.h - what a fuzzing target is: a function of some bytes, which libFuzzer
 * calls with what it thinks of and replay.c with the files of the corpus.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A finding. */
#define REQUIRE(condition)                                                 \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
			    #condition);                                   \
			abort();                                           \
		}                                                          \
	} while (0)

/* A copy of exactly SIZE bytes, or with a NUL behind them, so that whoever
 * reads past it is noticed.  The caller frees it. */
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
