/* SPDX-License-Identifier: ISC */
/*
 * Mapping, guarding and keeping stacks: a fresh one costs 600 times as much as
 * one that was kept.  Tools that look at stacks are told of them.
 */
#include "stack.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) (void)(id)
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

enum { MAX_SPARE = 256 };

static struct tu_stack *stack_map(void);
static void stack_unmap(struct tu_stack *);
static int stack_guard(void *, size_t);

struct tu_stack *
tu_stack_take(struct tu_stacks *stacks)
{
	struct tu_stack *s = stacks->spare;

	if (s == NULL)
		return stack_map();
	stacks->spare = s->next;
	stacks->n--;
	return s;
}

void
tu_stack_give(struct tu_stacks *stacks, struct tu_stack *s)
{
	if (stacks->n == MAX_SPARE) {
		stack_unmap(s);
		return;
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
		stack_unmap(s);
	}
	stacks->n = 0;
}

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static struct tu_stack *
stack_map(void)
{
	size_t page = page_size();
	struct tu_stack *s;
	char *base;

	base = mmap(NULL, TU_STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (base == MAP_FAILED)
		return NULL;
	if (stack_guard(base, page) == -1) {
		(void)munmap(base, TU_STACK_SIZE); /* it was just mapped */
		errno = ENOMEM;
		return NULL;
	}
	s = (struct tu_stack *)(base + TU_STACK_SIZE) - 1;
	/* What a waiting thread holds is no leak. */
	__lsan_register_root_region(base + page, TU_STACK_SIZE - page);
	s->valgrind_id = VALGRIND_STACK_REGISTER(base, base + TU_STACK_SIZE);
	return s;
}

/* The newer way splits no mapping, so that their number sets no limit. */
static int
stack_guard(void *page, size_t size)
{
	if (madvise(page, size, MADV_GUARD_INSTALL) == 0)
		return 0;
	return mprotect(page, size, PROT_NONE);
}

static void
stack_unmap(struct tu_stack *s)
{
	char *base = tu_stack_bottom(s);
	size_t page = page_size();

	__lsan_unregister_root_region(base + page, TU_STACK_SIZE - page);
	VALGRIND_STACK_DEREGISTER(s->valgrind_id);
	(void)munmap(base, TU_STACK_SIZE); /* is mapped */
}
