/* SPDX-License-Identifier: ISC */
#include "stack.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tcpunit.h"

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) (void)(id)
#define VALGRIND_MAKE_MEM_DEFINED(start, size) (void)(start)
#define VALGRIND_MAKE_MEM_NOACCESS(start, size) (void)(start)
#endif

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_register_root_region(start, size) (void)(size)
#define __lsan_unregister_root_region(start, size) (void)(size)
#endif

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13 */
#endif

enum {
	MAX_SPARE = 256,
	FEW = 64,
	GUARD = 1024 * 1024,
	SHALLOW = 16 * 1024, /* most threads use no more */
	MARK = 8,            /* words */
	LINE = 64,
};

static struct tu_stack *stack_map(size_t, bool);
static void stack_unmap(struct tu_stacks *, struct tu_stack *);
static bool stack_guard(void *, bool);
static bool went_deep(const struct tu_stack *);
static size_t round_up(size_t, size_t);

struct tu_stack *
tu_stack_take(struct tu_stacks *stacks, size_t size)
{
	struct tu_stack *s = stacks->spare;

	if (size <= TCPUNIT_STACK_SIZE && s != NULL) {
		stacks->spare = s->next;
		stacks->n--;
		s->top = s;
		return s;
	}
	if (size < TCPUNIT_STACK_SIZE)
		size = TCPUNIT_STACK_SIZE;
	s = stack_map(size, stacks->mapped < FEW);
	stacks->mapped += s != NULL;
	return s;
}

void *
tu_stack_reserve(struct tu_stack *s, size_t n)
{
	s->top = (char *)s->top - n;
	s->top = (void *)((uintptr_t)s->top & ~(uintptr_t)(LINE - 1));
	return memset(s->top, 0, n);
}

void
tu_stack_give(struct tu_stacks *stacks, struct tu_stack *s)
{
	char *bottom = tu_stack_bottom(s);

	if (stacks->n == MAX_SPARE || s->size > TCPUNIT_STACK_SIZE) {
		stack_unmap(stacks, s);
		return;
	}
	if (went_deep(s)) {
		/* If it fails, the next thread reuses the memory as it is. */
		(void)madvise(
		    bottom, (size_t)(s->line - bottom), MADV_DONTNEED);
		s->deep = false;
	}
	s->next = stacks->spare;
	stacks->spare = s;
	stacks->n++;
}

void
tu_stacks_free(struct tu_stacks *stacks)
{
	struct tu_stack *s;

	while ((s = stacks->spare) != NULL) {
		stacks->spare = s->next;
		stack_unmap(stacks, s);
	}
	stacks->n = 0;
}

static struct tu_stack *
stack_map(size_t size, bool few)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct tu_stack *s;
	char *base, *top;

	errno = ENOMEM;
	if (size > SIZE_MAX / 2)
		return NULL;
	size = round_up(size, page);
	base = mmap(NULL, GUARD + size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (base == MAP_FAILED)
		return NULL;
	if (!stack_guard(base, few)) {
		(void)munmap(base, GUARD + size); /* it was just mapped */
		errno = ENOMEM;
		return NULL;
	}
	top = base + GUARD + size;
	s = (struct tu_stack *)top - 1;
	s->top = s;
	s->size = size;
	s->line = top - round_up(SHALLOW, page);
	/* Memory that only a waiting thread points to is no leak. */
	__lsan_register_root_region(top - size, size);
	s->valgrind_id = VALGRIND_STACK_REGISTER(top - size, top);
	(void)VALGRIND_MAKE_MEM_NOACCESS(base, GUARD);
	return s;
}

/*
 * Protects the guard.  MADV_GUARD_INSTALL does not split the mapping, so that
 * the limit on mappings does not limit threads; but it fills page tables, which
 * takes longer.  So the guards of a FEW stacks are mapped anew.  So are all, if
 * the kernel lacks it, or memory is locked: pages of the old mapping may be in
 * memory.
 */
static bool
stack_guard(void *base, bool few)
{
	if (!few && madvise(base, GUARD, MADV_GUARD_INSTALL) == 0)
		return true;
	return mmap(base, GUARD, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
		   0) != MAP_FAILED;
}

static void
stack_unmap(struct tu_stacks *stacks, struct tu_stack *s)
{
	char *bottom = tu_stack_bottom(s);
	size_t size = s->size;

	__lsan_unregister_root_region(bottom, size);
	VALGRIND_STACK_DEREGISTER(s->valgrind_id);
	(void)munmap(bottom - GUARD, GUARD + size); /* is mapped */
	stacks->mapped--;
}

/*
 * Whether a thread was below the line at a switch, or has left data just below
 * it.  Asking the system would cost more than everything else in a thread's
 * start and end.
 */
__attribute__((no_sanitize_address)) static bool
went_deep(const struct tu_stack *s)
{
	const uint64_t *mark = (const uint64_t *)s->line - MARK;
	uint64_t found = s->deep;
	int i;

	(void)VALGRIND_MAKE_MEM_DEFINED(mark, MARK * sizeof(*mark));
	for (i = 0; i < MARK; i++)
		found |= mark[i];
	return found != 0;
}

static size_t
round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}
