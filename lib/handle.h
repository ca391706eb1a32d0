/* SPDX-License-Identifier: ISC */
/*
 * The table that leads from handles to objects.  A handle is a value of 64
 * bits: kind, runtime, generation and place.  There are 2^22 places, each with
 * 2^22 generations.  A place is used again, but never with the same generation,
 * so that an old handle never equals a new one.  After its last generation a
 * place stays unused.
 */
#ifndef TU_HANDLE_H
#define TU_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A handle's parts, from the lowest bits up; the rest is its kind.  A runtime's
 * number is never 0. */
enum { TU_INDEX_BITS = 22, TU_GENERATION_BITS = 22, TU_RUNTIME_BITS = 16 };
enum { TU_KIND_SHIFT = TU_INDEX_BITS + TU_GENERATION_BITS + TU_RUNTIME_BITS };

/* Also the order in which the objects are dropped: threads before the objects
 * that they wait for. */
enum tu_kind {
	TU_LISTENER = 1,
	TU_INPUT,
	TU_OUTPUT,
	TU_THREAD,
	TU_MUTEX,
	TU_CONDITION,
	TU_MAILBOX,
	TU_GROUP,
	TU_KINDS
};

enum { TU_NOTE_SIZE = 32 };

struct tu_slot {
	void *object;
	uint64_t handle; /* 0 if there is no object */
	uint32_t generation : 24;
	enum tu_kind kind : 8;
	uint32_t next; /* the next free slot, if object is NULL */
};

/* About the object of a slot that was released last. */
struct tu_note {
	_Alignas(int) unsigned char bytes[TU_NOTE_SIZE];
};

struct tu_handles {
	struct tu_slot *slots;
	struct tu_note *notes; /* apart: most of them are never written */
	uint32_t n, free;
	uint32_t runtime;
	void (*drop[TU_KINDS])(void *);
};

void tu_handles_init(struct tu_handles *h, uint32_t runtime);

/* Drops each object of KIND except KEEP, and releases its handle.  The table
 * stays, so that generations are not used again. */
void tu_handles_drop(struct tu_handles *h, enum tu_kind kind, const void *keep);

/* Makes a handle for OBJECT; 0 with errno ENOMEM.  DROP, the same function for
 * all objects of a kind, frees the object at the end of the runtime. */
uint64_t tu_handle_make(struct tu_handles *h, enum tu_kind kind, void *object,
    void (*drop)(void *));

/* The object, or NULL: tu_handle_object says why. */
static inline void *
tu_handle_find(const struct tu_handles *h, enum tu_kind kind, uint64_t bits)
{
	uint64_t index = bits & ((UINT64_C(1) << TU_INDEX_BITS) - 1);

	if (index < h->n && h->slots[index].handle == bits &&
	    bits >> TU_KIND_SHIFT == kind)
		return h->slots[index].object;
	return NULL;
}

/* The object.  NULL with errno EBADF: it is gone.  EINVAL: the handle was never
 * one of this table and kind. */
void *tu_handle_object(
    const struct tu_handles *h, enum tu_kind kind, uint64_t bits);

/* Whether IS returns true for ARGUMENT and any object of KIND. */
bool tu_handles_any(const struct tu_handles *h, enum tu_kind kind,
    bool (*is)(const void *, int), int argument);

/* The object of the handle lies elsewhere now. */
void tu_handle_move(struct tu_handles *h, uint64_t bits, void *object);

/* Marks the handle as closed.  The object is left to its owner. */
void tu_handle_release(struct tu_handles *h, uint64_t bits);

/* tu_handle_note keeps at most TU_NOTE_SIZE bytes about an object that is being
 * released; tu_handle_noted returns them, or NULL if another object has been
 * released in its place since. */
void tu_handle_note(
    struct tu_handles *h, uint64_t bits, const void *note, size_t n);
const void *tu_handle_noted(const struct tu_handles *h, uint64_t bits);

/* Whether the handle is another OS thread's, as far as its value shows. */
bool tu_handle_foreign(const struct tu_handles *h, uint64_t bits);

/* The kind of any handle, without looking it up; 0 for the null handle. */
unsigned tu_handle_kind(uint64_t bits);

#endif
