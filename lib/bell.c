/* SPDX-License-Identifier: ISC */
#include "bell.h"

#include <sys/eventfd.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fd.h"

#define MASK(bits) ((UINT64_C(1) << (bits)) - 1)

/* RUNG: rung, and not heard yet.  LISTED: in the list of rung bells, or about
 * to be added to it. */
enum { RUNG = 1, LISTED = 2, GENERATION_SHIFT = 2 };

/* The bells of all runtimes, by number. */
enum { ALL = 1 << TU_RUNTIME_BITS };
static _Atomic(struct tu_bells *) all[ALL];

/* The number of forks that led to this process. */
static atomic_uint process;

static uint64_t generation_of(uint64_t);
static struct tu_bells *bells_of(uint64_t);
static unsigned chunk_of(uint64_t, uint64_t *);
static struct tu_bell *find(struct tu_bells *, uint64_t);
static int add_chunk(struct tu_bells *, unsigned);
static void list(struct tu_bells *, struct tu_bell *);
static void announce(const struct tu_bells *);

void
tu_bells_init(struct tu_bells *b, uint32_t runtime)
{
	b->number = -1;
	atomic_store(&b->fd, -1);
	atomic_store(&b->process, atomic_load(&process));
	atomic_store(&all[runtime], b);
}

void
tu_bells_take(struct tu_bells *b)
{
	unsigned now = atomic_load(&process);

	if (atomic_load(&b->process) == now)
		return;
	atomic_store(&b->fd, -1); /* it is shared with the parent */
	atomic_store(&b->process, now);
}

/* Runtimes are numbered from 1 on. */
void
tu_bells_fork(struct tu_bells *own)
{
	struct tu_bells *b;

	atomic_fetch_add(&process, 1);
	if (own != NULL)
		tu_bells_take(own);
	for (size_t i = 1; i < ALL && (b = atomic_load(&all[i])) != NULL; i++)
		if (b != own)
			tu_bells_disinherit(b);
}

void
tu_bells_disinherit(struct tu_bells *b)
{
	atomic_store(&b->fd, -1);
	tu_fd_close(b->number);
	b->number = -1;
}

struct tu_bell *
tu_bell_open(struct tu_bells *b, uint64_t handle)
{
	struct tu_bell *bell = find(b, handle);
	uint64_t i;

	if (bell == NULL && add_chunk(b, chunk_of(handle, &i)) == 0)
		bell = find(b, handle);
	if (bell != NULL) /* it may still be in the list of those rung */
		atomic_store(&bell->state,
		    (atomic_load(&bell->state) & LISTED) |
			generation_of(handle) << GENERATION_SHIFT);
	return bell;
}

/* A generation is never 0. */
void
tu_bell_close(struct tu_bell *bell)
{
	atomic_fetch_and(&bell->state, LISTED);
	bell->sleeper = NULL;
}

bool
tu_bell_ring(uint64_t handle)
{
	struct tu_bells *b = bells_of(handle);
	struct tu_bell *bell = b != NULL ? find(b, handle) : NULL;
	uint64_t state;

	if (bell == NULL)
		return false;
	state = atomic_load(&bell->state);
	do {
		if (state >> GENERATION_SHIFT != generation_of(handle))
			return false;
		if (state & RUNG)
			return true;
	} while (!atomic_compare_exchange_weak(
	    &bell->state, &state, state | RUNG | LISTED));
	if ((state & LISTED) == 0)
		list(b, bell);
	announce(b);
	return true;
}

bool
tu_bell_heard(struct tu_bell *bell)
{
	return atomic_fetch_and(&bell->state, ~(uint64_t)RUNG) & RUNG;
}

int
tu_bells_fileno(struct tu_bells *b)
{
	if (atomic_load(&b->fd) == -1) {
		b->number = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		atomic_store(&b->fd, b->number);
	}
	return b->number;
}

void
tu_bells_answer(struct tu_bells *b, void (*wake)(void *))
{
	struct tu_bell *bell, *next;
	eventfd_t n;

	(void)eventfd_read(atomic_load(&b->fd), &n); /* it may be empty */
	bell = atomic_exchange(&b->rung, NULL);
	for (; bell != NULL; bell = next) {
		next = bell->next; /* it may be listed again at once */
		if (atomic_fetch_and(&bell->state, ~(uint64_t)LISTED) & RUNG &&
		    bell->sleeper != NULL)
			wake(bell->sleeper);
	}
}

static uint64_t
generation_of(uint64_t handle)
{
	return handle >> TU_INDEX_BITS & MASK(TU_GENERATION_BITS);
}

/* Returns NULL if this is no handle of a thread of this process. */
static struct tu_bells *
bells_of(uint64_t handle)
{
	struct tu_bells *b;

	if (handle >> TU_KIND_SHIFT != TU_THREAD)
		return NULL;
	b = atomic_load(&all[handle >> (TU_INDEX_BITS + TU_GENERATION_BITS) &
	    MASK(TU_RUNTIME_BITS)]);
	if (b == NULL || atomic_load(&b->process) != atomic_load(&process))
		return NULL;
	return b;
}

/* The chunk with the bell of a handle, and its place there. */
static unsigned
chunk_of(uint64_t handle, uint64_t *i)
{
	uint64_t index = handle & MASK(TU_INDEX_BITS);
	unsigned chunk = 0;

	while (index >> (TU_CHUNK_BITS + chunk) != 0)
		chunk++;
	*i = chunk == 0 ? index
			: index - (UINT64_C(1) << (TU_CHUNK_BITS + chunk - 1));
	return chunk;
}

static struct tu_bell *
find(struct tu_bells *b, uint64_t handle)
{
	uint64_t i;
	struct tu_bell *chunk = atomic_load(&b->chunks[chunk_of(handle, &i)]);

	return chunk != NULL ? &chunk[i] : NULL;
}

static int
add_chunk(struct tu_bells *b, unsigned chunk)
{
	size_t n = (size_t)1 << (TU_CHUNK_BITS + (chunk ? chunk - 1 : 0));
	struct tu_bell *bells = calloc(n, sizeof(*bells));

	if (bells == NULL)
		return -1;
	atomic_store(&b->chunks[chunk], bells);
	return 0;
}

/* Only the owner takes bells from the list, and it takes all of them, so that
 * a head which is unchanged has the same list below it. */
static void
list(struct tu_bells *b, struct tu_bell *bell)
{
	bell->next = atomic_load(&b->rung);
	while (!atomic_compare_exchange_weak(&b->rung, &bell->next, bell))
		;
}

/* Without a descriptor the owner does not sleep: it looks at its bell after it
 * has stored one. */
static void
announce(const struct tu_bells *b)
{
	int fd = atomic_load(&b->fd);
	int error = errno;
	uint64_t one = 1;

	if (fd != -1 && write(fd, &one, sizeof(one)) == -1)
		errno = error; /* it is full, and so readable */
}
