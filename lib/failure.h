/* SPDX-License-Identifier: ISC */
/*
 * One failure as a value: the public record and the memory behind its texts.
 * Whose failure it is, is known in error.c.
 */
#ifndef TU_FAILURE_H
#define TU_FAILURE_H

#include <stdarg.h>

#include "tcpunit.h"

struct tu_error {
	struct tcp_error record;
	char text[320];
	char *details; /* malloc'd, or NULL */
};

/* What stands where nothing has failed, and where no memory can be had. */
extern const struct tcp_error tu_error_none;
extern const struct tcp_error tu_error_no_memory;

/* SYSTEM for what this machine lacks, else NET. */
enum tcp_error_kind tu_error_kind(int code);

/* Why, in words: of an errno, or of EAI_* where the kind is RESOLVE. */
const char *tu_error_reason(enum tcp_error_kind kind, int code);

/* The errno that goes with it. */
int tu_error_errno(enum tcp_error_kind kind, int code);

/* Fills in; the text is FORMAT, then ": " and the reason unless the kind's
 * text says it all (argument errors). */
void tu_error_set(struct tu_error *e, enum tcp_error_kind kind, int code,
    const char *where, const char *format, va_list ap)
    __attribute__((format(printf, 5, 0)));

void tu_error_free(struct tu_error *e);

#endif
