/* SPDX-License-Identifier: ISC */
/*
 * malloc(3) and mmap(2), which count the memory in use.  Under ASan its own
 * leak check replaces the count of the heap.
 */
#pragma GCC visibility push(default) /* libevent calls these, too */
#undef _FILE_OFFSET_BITS

#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "verdict.h"

static long blocks, mapped;
static char *pool;
static size_t left;

enum { POOL = 1 << 20 };

static void *
map(size_t n)
{
	return (void *)syscall(SYS_mmap, NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

void *
sim_memory(size_t n)
{
	void *memory;

	n = (n + 15) & ~(size_t)15;
	if (n >= POOL)
		return map(n);
	if (n > left) {
		pool = map(POOL);
		left = POOL;
	}
	memory = pool;
	pool += n;
	left -= n;
	return memory;
}

long
sim_blocks(void)
{
	return blocks;
}

long
sim_mapped(void)
{
	return mapped;
}

void *
mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	void *p =
	    (void *)syscall(SYS_mmap, at, n, protection, flags, fd, offset);

	/* What MAP_FIXED replaces is counted already. */
	if (p != MAP_FAILED && (flags & MAP_FIXED) == 0)
		mapped += (long)n;
	return p;
}

void *
mmap64(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	return mmap(at, n, protection, flags, fd, offset);
}

int
munmap(void *p, size_t n)
{
	mapped -= (long)n;
	return (int)syscall(SYS_munmap, p, n);
}

#ifndef __SANITIZE_ADDRESS__

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static void *
counted(void *p)
{
	if (p != NULL)
		blocks++;
	return p;
}

void *
malloc(size_t n)
{
	return counted(__libc_malloc(n));
}

void *
calloc(size_t n, size_t size)
{
	return counted(__libc_calloc(n, size));
}

void *
realloc(void *p, size_t n)
{
	void *q = __libc_realloc(p, n);

	if (p == NULL)
		return counted(q);
	if (n == 0 && q == NULL)
		blocks--;
	return q;
}

void *
aligned_alloc(size_t alignment, size_t n)
{
	return counted(__libc_memalign(alignment, n));
}

int
posix_memalign(void **p, size_t alignment, size_t n)
{
	*p = aligned_alloc(alignment, n);
	return *p != NULL ? 0 : ENOMEM;
}

void
free(void *p)
{
	if (p != NULL)
		blocks--;
	__libc_free(p);
}

#endif
