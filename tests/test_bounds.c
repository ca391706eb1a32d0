/* SPDX-License-Identifier: ISC */
/*
 * test_bounds.c - no read writes past the end of its buffer.  In these tests'
 * processes an inaccessible page follows each of the library's buffers, so that
 * a single byte too many kills the process.
 */
#include <dlfcn.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <tcpunit.h>

#include "pair.h"
#include "probe.h"
#include "tap.h"

#define LIMIT_MS 20000
#ifdef TCPUNIT_TINY
#define LONG 5000 /* longer than any buffer */
#define CHAIN 1024
#else
#define LONG 300000
#define CHAIN 65536
#endif

/* The bytes of room that follow those to be read. */
#define PAST_ROOM 4096

/* The fenced buffers, and the number of bytes that a read into one of them
 * writes past the end. */
static struct {
	struct {
		char *start, *end;
	} buffers[8];
	int n;
	size_t excess;
} fenced;

/* Nothing frees this memory before the process ends. */
static void *
fence(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (size + page - 1) / page * page;
	char *base = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED || fenced.n == 8 ||
	    mprotect(base + room, page, PROT_NONE) == -1)
		return NULL;
	fenced.buffers[fenced.n].start = base + room - size;
	fenced.buffers[fenced.n].end = base + room;
	return fenced.buffers[fenced.n++].start;
}

/* Replaces the C library's function. */
int
posix_memalign(void **memptr, size_t alignment, size_t size)
{
	(void)alignment;
	*memptr = fence(size);
	return *memptr != NULL ? 0 : ENOMEM;
}

/* The allocator for libevent.  The library reads ahead into pieces of CHAIN
 * bytes, and these get a fence. */
static void *
allocate(size_t size)
{
	return size == CHAIN ? fence(size) : malloc(size);
}

static bool
is_fenced(const char *p)
{
	for (int i = 0; i < fenced.n; i++)
		if (p >= fenced.buffers[i].start && p < fenced.buffers[i].end)
			return true;
	return false;
}

/* Replaces the C library's function: fenced memory does not come from
 * malloc. */
void
free(void *ptr)
{
	static void (*real)(void *);

	if (real == NULL)
		real = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	if (!is_fenced(ptr))
		real(ptr);
}

/* Replaces the C library's function: a read into a fenced buffer also writes
 * the buffer's last byte, and the excess bytes after it. */
ssize_t
recv(int fd, void *buf, size_t n, int flags)
{
	volatile char *bytes = buf;

	if (is_fenced(buf))
		bytes[n - 1 + fenced.excess] = 'x';
	return syscall(SYS_recvfrom, fd, buf, n, flags, NULL, NULL);
}

/* The library reads ahead for a line, and for a single byte. */
static bool
read_ahead(void)
{
	struct pair p = pair_connect();
	char *line;
	size_t length;

	pair_say(&p, "line\nx");
	return tcp_read_line(p.in, 100, &line, &length) == 1 &&
	    strcmp(line, "line") == 0 && tcp_read_byte(p.in) == 'x';
}

static void *
copy_all(void *arg)
{
	struct pair *p = arg;

	tcp_copy_port(p[0].in, p[1].out, -1);
	return NULL;
}

/* A copy in another thread forwards the bytes from one pair to the other. */
static bool
copy(void)
{
	static char bytes[LONG], back[LONG];
	struct pair p[2] = {pair_connect(), pair_connect()};
	tcp_port out, in;
	ssize_t n;

	memset(bytes, 'b', sizeof bytes);
	out = tcp_open_output_fd(p[0].peer);
	in = tcp_open_input_fd(p[1].peer);
	tcp_set_timeout(out, LIMIT_MS);
	tcp_set_timeout(in, LIMIT_MS);
	tcp_thread_start(copy_all, p);
	n = tcp_write(out, bytes, sizeof bytes);
	return n == LONG && tcp_read_string(in, back, LONG) == LONG &&
	    memcmp(bytes, back, LONG) == 0;
}

/* Runs F in a child process and returns how that ended: 0, 1 if F returned
 * false, or 128 plus the number of the signal that killed it. */
static int
ends(bool (*f)(void), size_t excess)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		signal(SIGSEGV, SIG_DFL); /* the sanitizers handle it */
		fenced.excess = excess;
		event_set_mem_functions(allocate, realloc, free);
		_exit(f() ? 0 : 1);
	}
	status = status_of(child);
	if (status == -1)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

int
main(void)
{
	is_int(ends(read_ahead, 0), 0, "reading ahead stays in its buffer");
	is_int(ends(copy, 0), 0, "copying stays in its buffer");
	is_int(ends(read_ahead, PAST_ROOM), 128 + SIGSEGV,
	    "bytes too much that are read ahead would be caught");
	is_int(ends(copy, PAST_ROOM), 128 + SIGSEGV,
	    "bytes too much that are copied would be caught");
	return done_testing();
}
