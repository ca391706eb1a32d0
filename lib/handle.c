/* SPDX-License-Identifier: ISC */
#include "handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NO_SLOT UINT32_MAX
#define MASK(bits) ((UINT64_C(1) << (bits)) - 1)
#define GENERATION_SHIFT TU_INDEX_BITS
#define RUNTIME_SHIFT (GENERATION_SHIFT + TU_GENERATION_BITS)

static void release(struct tu_handles *, uint32_t);
static int grow(struct tu_handles *);

void
tu_handles_init(struct tu_handles *h, uint32_t runtime)
{
	*h = (struct tu_handles){.free = NO_SLOT, .runtime = runtime};
}

void
tu_handles_drop(struct tu_handles *h, enum tu_kind kind, const void *keep)
{
	struct tu_slot *s;
	uint32_t i;

	for (i = 0; i < h->n; i++) {
		s = &h->slots[i];
		if (s->object == NULL || s->object == keep || s->kind != kind)
			continue;
		h->drop[kind](s->object);
		if (s->object != NULL)
			release(h, i);
	}
}

uint64_t
tu_handle_make(
    struct tu_handles *h, enum tu_kind kind, void *object, void (*drop)(void *))
{
	struct tu_slot *s;
	uint32_t i;

	if (h->free == NO_SLOT && grow(h) == -1)
		return 0;
	i = h->free;
	s = &h->slots[i];
	h->free = s->next;
	s->object = object;
	s->kind = kind;
	h->drop[kind] = drop;
	s->handle = (uint64_t)kind << TU_KIND_SHIFT |
	    (uint64_t)h->runtime << RUNTIME_SHIFT |
	    (uint64_t)s->generation << GENERATION_SHIFT | i;
	return s->handle;
}

void *
tu_handle_object(const struct tu_handles *h, enum tu_kind kind, uint64_t bits)
{
	uint64_t index = bits & MASK(TU_INDEX_BITS);
	uint64_t generation =
	    bits >> GENERATION_SHIFT & MASK(TU_GENERATION_BITS);
	void *object = tu_handle_find(h, kind, bits);

	if (object != NULL)
		return object;
	errno = EINVAL;
	if (bits >> TU_KIND_SHIFT == kind && index < h->n &&
	    (bits >> RUNTIME_SHIFT & MASK(TU_RUNTIME_BITS)) == h->runtime &&
	    generation < h->slots[index].generation)
		errno = EBADF;
	return NULL;
}

bool
tu_handles_any(const struct tu_handles *h, enum tu_kind kind,
    bool (*is)(const void *, int), int argument)
{
	for (uint32_t i = 0; i < h->n; i++)
		if (h->slots[i].object != NULL && h->slots[i].kind == kind &&
		    is(h->slots[i].object, argument))
			return true;
	return false;
}

void
tu_handle_move(struct tu_handles *h, uint64_t bits, void *object)
{
	h->slots[bits & MASK(TU_INDEX_BITS)].object = object;
}

void
tu_handle_release(struct tu_handles *h, uint64_t bits)
{
	release(h, bits & MASK(TU_INDEX_BITS));
}

void
tu_handle_note(struct tu_handles *h, uint64_t bits, const void *note, size_t n)
{
	memcpy(h->notes[bits & MASK(TU_INDEX_BITS)].bytes, note, n);
}

const void *
tu_handle_noted(const struct tu_handles *h, uint64_t bits)
{
	uint64_t index = bits & MASK(TU_INDEX_BITS);
	uint64_t generation =
	    bits >> GENERATION_SHIFT & MASK(TU_GENERATION_BITS);

	if (index >= h->n || generation + 1 != h->slots[index].generation)
		return NULL;
	return h->notes[index].bytes;
}

bool
tu_handle_foreign(const struct tu_handles *h, uint64_t bits)
{
	uint64_t runtime = bits >> RUNTIME_SHIFT & MASK(TU_RUNTIME_BITS);

	return runtime != 0 && runtime != h->runtime;
}

unsigned
tu_handle_kind(uint64_t bits)
{
	return (unsigned)(bits >> TU_KIND_SHIFT);
}

static void
release(struct tu_handles *h, uint32_t i)
{
	struct tu_slot *s = &h->slots[i];

	s->object = NULL;
	s->handle = 0;
	s->generation++;
	if (s->generation == MASK(TU_GENERATION_BITS))
		return; /* all its generations are used */
	s->next = h->free;
	h->free = i;
}

static int
grow(struct tu_handles *h)
{
	uint32_t i, room = h->n ? h->n * 2 : 16;
	struct tu_slot *slots;
	struct tu_note *notes;

	if (room > MASK(TU_INDEX_BITS) + 1) {
		errno = ENOMEM;
		return -1;
	}
	slots = realloc(h->slots, room * sizeof(*slots));
	if (slots == NULL)
		return -1;
	h->slots = slots;
	notes = realloc(h->notes, room * sizeof(*notes));
	if (notes == NULL)
		return -1;
	h->notes = notes;
	for (i = h->n; i < room; i++)
		slots[i] = (struct tu_slot){
		    .generation = 1,
		    .next = i + 1 < room ? i + 1 : NO_SLOT,
		};
	h->free = h->n;
	h->n = room;
	return 0;
}
