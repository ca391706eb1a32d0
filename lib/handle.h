/* SPDX-License-Identifier: ISC */
/*
 * Between handles and objects.  A handle is a value of 64 bits: kind, runtime,
 * generation and place.  A place is used again, its generation never, so that
 * an old handle is always told from a new one.
 */
#ifndef TU_HANDLE_H
#define TU_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a runtime's number, which is never 0. */
enum { TU_RUNTIME_BITS = 16 };

enum tu_kind { TU_LISTENER = 1, TU_INPUT, TU_OUTPUT, TU_THREAD, TU_KINDS };

enum { TU_NOTE_SIZE = 32 };

struct tu_slot {
	void *object;
	uint32_t generation : 24;
	enum tu_kind kind : 8;
	uint32_t next; /* free slot, where object is NULL */
	/* Of the object that was released last. */
	_Alignas(int) unsigned char note[TU_NOTE_SIZE];
};

struct tu_handles {
	struct tu_slot *slots;
	uint32_t n, free;
	uint32_t runtime;
	void (*drop[TU_KINDS])(void *);
};

void tu_handles_init(struct tu_handles *h, uint32_t runtime);

/* Calls the drop of each object of KIND but KEEP, and releases its handle.  The
 * table stays, so that the generations go on. */
void tu_handles_drop(struct tu_handles *h, enum tu_kind kind, const void *keep);

/* A handle for OBJECT, or 0 with errno ENOMEM.  DROP, the same for all of a
 * kind, gives it back at the very end. */
uint64_t tu_handle_make(struct tu_handles *h, enum tu_kind kind, void *object,
    void (*drop)(void *));

/* The object; NULL with errno EBADF where it is gone, EINVAL where the handle
 * never was one of this table and kind. */
void *tu_handle_object(
    const struct tu_handles *h, enum tu_kind kind, uint64_t bits);

/* Whether IS holds for any object of KIND and ARGUMENT. */
bool tu_handles_any(const struct tu_handles *h, enum tu_kind kind,
    bool (*is)(const void *, int), int argument);

/* From now on the handle is a closed one.  The object is its owner's. */
void tu_handle_release(struct tu_handles *h, uint64_t bits);

/* What is remembered of an object once it has been released, TU_NOTE_SIZE bytes
 * at most; NULL if another one has been released in its place since. */
void tu_handle_note(
    struct tu_handles *h, uint64_t bits, const void *note, size_t n);
const void *tu_handle_noted(const struct tu_handles *h, uint64_t bits);

/* Whether it would be another OS thread's, as far as the value tells. */
bool tu_handle_foreign(const struct tu_handles *h, uint64_t bits);

/* Of any value, without looking it up; 0 for the null handle. */
unsigned tu_handle_kind(uint64_t bits);

#endif
