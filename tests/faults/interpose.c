/* SPDX-License-Identifier: ISC */
/*
 * interpose.c - a shared object to be preloaded.  It counts the calls of system
 * functions that a process makes, and lets one of them fail.
 * FAULT_COUNTS names a file in which each function has its record, set up by
 * the first process and shared by its forks.  FAULT is "FUNCTION NTH HOW",
 * where HOW is an errno (or the EAI_* result of getaddrinfo), or 0 for a call
 * that moves one byte only.  Programs that are executed are left alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NO_FAULT = -1, SHORT = 0, FUNCTIONS = 64 };

/* The layout that tests/faults/run reads. */
struct record {
	char name[24];
	uint32_t calls;
	uint32_t faults;
};

static struct record *records; /* null: calls are not counted */
static char chosen[24];
static unsigned nth;
static int how;
static _Thread_local bool spared;

__attribute__((constructor)) static void
set_up(void)
{
	const char *fault = getenv("FAULT"), *path = getenv("FAULT_COUNTS");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map;

	if (fault && sscanf(fault, "%23s %u %d", chosen, &nth, &how) != 3)
		abort();
	if (fd == -1)
		return;
	map = mmap(NULL, FUNCTIONS * sizeof(*records), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	close(fd);
	unsetenv("LD_PRELOAD");
	if (map != MAP_FAILED)
		records = map;
}

/* For programs: leaves calls of this OS thread alone. */
void faults_spare(bool yes);

void
faults_spare(bool yes)
{
	spared = yes;
}

static struct record *
record_of(const char *name)
{
	for (int i = 0; i < FUNCTIONS; i++) {
		if (records[i].name[0] == '\0')
			strcpy(records[i].name, name);
		if (strcmp(records[i].name, name) == 0)
			return &records[i];
	}
	abort();
}

static bool
in_libc(void *address)
{
	Dl_info info;

	return dladdr(address, &info) &&
	    (strstr(info.dli_fname, "/libc.so") ||
		strstr(info.dli_fname, "/ld-linux"));
}

/* Returns the fault for this call, or none. */
static int
strike(const char *name)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct record *r;
	int result = NO_FAULT;

	if (!records || spared)
		return NO_FAULT;
	pthread_mutex_lock(&lock);
	r = record_of(name);
	if (++r->calls == nth && strcmp(name, chosen) == 0) {
		r->faults++;
		result = how;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

/* Returns the system's function, or null while dlsym looks for it: before glibc
 * 2.34 dlsym(3) allocates memory, and can do without it. */
static void *
next(const char *name)
{
	static _Thread_local volatile bool looking
	    __attribute__((tls_model("initial-exec"))); /* for dlsym */
	void *function = NULL;

	if (!looking) {
		looking = true;
		function = dlsym(RTLD_NEXT, name);
		looking = false;
	}
	return function;
}

/* Breaks the connection if the fault says that it is lost. */
static void
cut(int fd, int fault)
{
	const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

	if (fault == ECONNRESET || fault == EPIPE)
		(void)connect(fd, &nobody, sizeof(nobody));
}

/* Defines a function that fails with errno.  SHORTER changes the arguments of a
 * call that moves one byte; FAILING runs before a failure. */
#define FAIL(result, name, parameters, arguments, shorter, failing) \
	result name parameters                                      \
	{                                                           \
		static result(*real) parameters;                    \
		int fault = strike(#name);                          \
                                                                    \
		if (!real)                                          \
			*(void **)&real = dlsym(RTLD_NEXT, #name);  \
		if (fault > 0) {                                    \
			failing;                                    \
			errno = fault;                              \
			return (result)-1;                          \
		}                                                   \
		if (fault == SHORT) {                               \
			shorter;                                    \
		}                                                   \
		return real arguments;                              \
	}
#define ERRNO(result, name, parameters, arguments, shorter) \
	FAIL(result, name, parameters, arguments, shorter, )

/* Defines a function that returns its error. */
#define CODE(name, parameters, arguments)                          \
	int name parameters                                        \
	{                                                          \
		static int(*real) parameters;                      \
		int fault = strike(#name);                         \
                                                                   \
		if (!real)                                         \
			*(void **)&real = dlsym(RTLD_NEXT, #name); \
		if (fault != NO_FAULT)                             \
			return fault;                              \
		return real arguments;                             \
	}

/* Defines a function that allocates. */
#define MEMORY(name, parameters, arguments)                         \
	void *name parameters                                       \
	{                                                           \
		static void *(*real)parameters;                     \
		void *caller = __builtin_return_address(0);         \
		int fault = gettid() != getpid() && in_libc(caller) \
		    ? NO_FAULT                                      \
		    : strike(#name);                                \
                                                                    \
		if (!real)                                          \
			*(void **)&real = next(#name);              \
		if (fault != NO_FAULT || !real) {                   \
			errno = ENOMEM;                             \
			return NULL;                                \
		}                                                   \
		return real arguments;                              \
	}

/* The first byte of a vector or of a message. */
static const struct iovec *
first(const struct iovec *iov)
{
	static _Thread_local struct iovec one;

	one = (struct iovec){iov->iov_base, iov->iov_len > 0};
	return &one;
}

static const struct msghdr *
first_of(const struct msghdr *message)
{
	static _Thread_local struct msghdr less;

	less = *message;
	less.msg_iov = (struct iovec *)first(message->msg_iov);
	less.msg_iovlen = 1;
	return &less;
}

/* clang-format off */
MEMORY(malloc, (size_t n), (n));
MEMORY(calloc, (size_t n, size_t size), (n, size));
MEMORY(realloc, (void *p, size_t n), (p, n));
CODE(posix_memalign, (void **p, size_t a, size_t n), (p, a, n));
CODE(pthread_create, (pthread_t *t, const pthread_attr_t *a,
    void *(*f)(void *), void *arg), (t, a, f, arg));
ERRNO(void *, mmap, (void *a, size_t n, int p, int f, int fd, off_t o),
    (a, n, p, f, fd, o), );
ERRNO(int, mprotect, (void *a, size_t n, int p), (a, n, p), );
ERRNO(int, madvise, (void *a, size_t n, int b), (a, n, b), );
ERRNO(int, socket, (int d, int t, int p), (d, t, p), );
ERRNO(int, bind, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n), );
ERRNO(int, listen, (int fd, int n), (fd, n), );
ERRNO(int, accept4, (int fd, struct sockaddr *a, socklen_t *n, int f),
    (fd, a, n, f), );
ERRNO(int, setsockopt, (int fd, int l, int o, const void *v, socklen_t n),
    (fd, l, o, v, n), );
ERRNO(int, getsockopt, (int fd, int l, int o, void *v, socklen_t *n),
    (fd, l, o, v, n), );
ERRNO(int, getsockname, (int fd, struct sockaddr *a, socklen_t *n),
    (fd, a, n), );
ERRNO(int, getpeername, (int fd, struct sockaddr *a, socklen_t *n),
    (fd, a, n), );
ERRNO(int, poll, (struct pollfd *p, nfds_t n, int ms), (p, n, ms), );
ERRNO(int, epoll_create1, (int f), (f), );
ERRNO(int, epoll_ctl, (int e, int op, int fd, struct epoll_event *v),
    (e, op, fd, v), );
ERRNO(int, epoll_wait, (int e, struct epoll_event *v, int n, int ms),
    (e, v, n, ms), n = 1);
ERRNO(int, eventfd, (unsigned n, int f), (n, f), );
ERRNO(int, timerfd_create, (int c, int f), (c, f), );
ERRNO(int, signalfd, (int fd, const sigset_t *s, int f), (fd, s, f), );
ERRNO(int, pipe2, (int fds[2], int f), (fds, f), );
ERRNO(pid_t, fork, (void), (), );
FAIL(ssize_t, recv, (int fd, void *b, size_t n, int f), (fd, b, n, f),
    n = n > 0, cut(fd, fault));
ERRNO(ssize_t, read, (int fd, void *b, size_t n), (fd, b, n), n = n > 0);
ERRNO(ssize_t, preadv2, (int fd, const struct iovec *v, int n, off_t o, int f),
    (fd, v, n, o, f), v = first(v); n = 1);
FAIL(ssize_t, send, (int fd, const void *b, size_t n, int f), (fd, b, n, f),
    n = n > 0, cut(fd, fault));
FAIL(ssize_t, sendmsg, (int fd, const struct msghdr *m, int f), (fd, m, f),
    m = first_of(m), cut(fd, fault));
ERRNO(ssize_t, write, (int fd, const void *b, size_t n), (fd, b, n), n = n > 0);
ERRNO(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n),
    v = first(v); n = 1);
ERRNO(ssize_t, pwritev2, (int fd, const struct iovec *v, int n, off_t o, int f),
    (fd, v, n, o, f), v = first(v); n = 1);
FAIL(ssize_t, splice, (int from, off_t *fo, int to, off_t *t, size_t n,
    unsigned f), (from, fo, to, t, n, f), n = n > 0, cut(from, fault));
ERRNO(ssize_t, sendfile, (int to, int from, off_t *o, size_t n),
    (to, from, o, n), n = n > 0);
/* clang-format on */

/* An interrupted connect continues in the background. */
int
connect(int fd, const struct sockaddr *address, socklen_t length)
{
	static int (*real)(int, const struct sockaddr *, socklen_t);
	int fault = strike("connect");

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "connect");
	if (fault > 0 && fault != EINTR) {
		errno = fault;
		return -1;
	}
	if (real(fd, address, length) == -1)
		return -1;
	errno = EINTR;
	return fault == EINTR ? -1 : 0;
}

/* libevent ends the process if it has no memory for a layer: no function fails
 * while it makes one.  Its library is not in the global scope, but the caller
 * depends on it. */
void *bufferevent_openssl_filter_new(void *, void *, void *, int, int);

void *
bufferevent_openssl_filter_new(
    void *base, void *below, void *ssl, int state, int options)
{
	void *(*real)(void *, void *, void *, int, int);
	void *layer;
	void *library = NULL;
	Dl_info caller;

	spared = true;
	if (dladdr(__builtin_return_address(0), &caller))
		library = dlopen(caller.dli_fname, RTLD_NOW | RTLD_NOLOAD);
	if (!library)
		abort();
	*(void **)&real = dlsym(library, __func__);
	layer = real(base, below, ssl, state, options);
	dlclose(library);
	spared = false;
	return layer;
}

/* glibc crashes if a look-up finds no memory (nss_database.c): no function
 * fails within a look-up, here or on an OS thread of its own. */
int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **found)
{
	static int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);
	int result = strike("getaddrinfo");

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (result != NO_FAULT)
		return result;
	spared = true;
	result = real(host, service, hints, found);
	spared = false;
	return result;
}
