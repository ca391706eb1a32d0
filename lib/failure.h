/* SPDX-License-Identifier: ISC */
/*
 * One failure as a value: the public record, its texts, and the memory that
 * they lie in.  error.c knows which thread it belongs to.
 */
#ifndef TU_FAILURE_H
#define TU_FAILURE_H

#include "tcpunit.h"

struct tu_error {
	struct tcp_error record;
	char text[320];
	char *details; /* malloc'd, or NULL */
};

/* The records that are used if nothing has failed, and if there is no
 * memory. */
extern const struct tcp_error tu_error_none;
extern const struct tcp_error tu_error_no_memory;

/* SYSTEM for an errno that reports a shortage of this machine, else NET. */
enum tcp_error_kind tu_error_kind(int code);

/* The reason in words: of an errno, or of an EAI_* code if the kind is
 * RESOLVE. */
const char *tu_error_reason(enum tcp_error_kind kind, int code);

/* The errno that a call sets with this error. */
int tu_error_errno(enum tcp_error_kind kind, int code);

/* Fills E in.  The text is "WHERE OBJECT: FAULT".  OBJECT may be NULL; a NULL
 * as FAULT stands for the reason. */
void tu_error_set(struct tu_error *e, enum tcp_error_kind kind, int code,
    const char *where, const char *object, const char *fault);

void tu_error_free(struct tu_error *e);

#endif
