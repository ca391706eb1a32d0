/* SPDX-License-Identifier: ISC */
/*
 * Texts for messages, in memory of a fixed size.
 */
#ifndef TU_TEXT_H
#define TU_TEXT_H

#include <stddef.h>

/* Like snprintf(3), without a result: a text that does not fit is cut. */
void tu_format(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
