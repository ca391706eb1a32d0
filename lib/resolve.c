/* SPDX-License-Identifier: ISC */
/*
 * Looking up names with getaddrinfo(3), so that nsswitch.conf holds, on an OS
 * thread made for it, so that nobody else waits.  A look-up whose caller has
 * given up is left behind: the last of the two frees the request.
 */
#include "resolve.h"

#include <sys/eventfd.h>

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct request {
	atomic_int users;
	atomic_bool done;
	int wake; /* an eventfd */
	char *host;
	char *service;
	struct addrinfo hints;
	struct addrinfo *result;
	int code;   /* of getaddrinfo */
	int system; /* errno, where that is EAI_SYSTEM */
};

static void read_host(const char *, char[TU_HOST_SIZE]);
static int read_address(const struct tu_query *, struct addrinfo **);
static bool plausible(const char *);
static int ask(const struct tu_query *, struct tu_runtime *, const char *,
    const char *, struct addrinfo **);
static struct request *request_new(const struct tu_query *);
static void request_drop(void *);
static int request_start(struct request *);
static enum tu_wake request_wait(struct request *, struct tu_runtime *);
static bool lacks_descriptors(void);
static void *look_up(void *);
static int take(const struct addrinfo *, union tu_address *);
static struct addrinfo hints_of(const struct tu_query *);

int
tu_resolve(struct tu_runtime *rt, const struct tu_query *query,
    const char *where, const char *what,
    union tu_address addresses[TU_MAX_ADDRESSES])
{
	struct tu_query q = *query;
	struct addrinfo *found = NULL;
	char host[TU_HOST_SIZE];
	int code, n;

	read_host(query->host, host);
	q.host = host;
	code = read_address(&q, &found);
	if (code == EAI_NONAME && !q.numeric && plausible(host)) {
		if (ask(&q, rt, where, what, &found) == -1)
			return -1;
	} else if (code != 0) {
		return tu_raise(TCPUNIT_ERROR_RESOLVE, code, where, "%s", what);
	}
	n = take(found, addresses);
	freeaddrinfo(found);
	if (n == 0)
		return tu_raise(
		    TCPUNIT_ERROR_RESOLVE, EAI_NONAME, where, "%s", what);
	for (int i = 0; i < n && q.service == NULL; i++)
		tu_address_set_port(&addresses[i], q.port);
	return n;
}

/* What cannot be a host becomes the empty one, which cannot either: a text that
 * is too long, and the asterisk, for getaddrinfo(3) this machine. */
static void
read_host(const char *text, char host[TU_HOST_SIZE])
{
	size_t n = strlen(text);

	if (n > 1 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= TU_HOST_SIZE || (n == 1 && *text == '*'))
		n = 0;
	memcpy(host, text, n);
	host[n] = '\0';
}

/* An address in digits: a code of getaddrinfo(3), EAI_NONAME for a name. */
static int
read_address(const struct tu_query *q, struct addrinfo **found)
{
	struct addrinfo hints = hints_of(q);
	int code;

	hints.ai_flags = AI_NUMERICHOST | (q->numeric ? AI_NUMERICSERV : 0);
	code = getaddrinfo(q->host, NULL, &hints, found);
	if (code != 0 || q->service == NULL)
		return code;
	freeaddrinfo(*found);
	*found = NULL;
	return getaddrinfo(q->host, q->service, &hints, found);
}

/* No name of a host: nobody needs to be asked. */
static bool
plausible(const char *host)
{
	const char *c;

	for (c = host; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == ':' || *c == '\x7f')
			return false;
	return c != host;
}

static struct addrinfo
hints_of(const struct tu_query *query)
{
	return (struct addrinfo){
	    .ai_family = query->family == 4 ? AF_INET
		: query->family == 6        ? AF_INET6
					    : AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	};
}

/* Asks the system's resolver: 0, or -1 raised. */
static int
ask(const struct tu_query *query, struct tu_runtime *rt, const char *where,
    const char *what, struct addrinfo **found)
{
	struct request *r = request_new(query);
	struct tu_cleanup cleanup;
	enum tu_wake woken;
	int result = 0;

	if (r == NULL || request_start(r) == -1) {
		result =
		    tu_raise(TCPUNIT_ERROR_SYSTEM, errno, where, "%s", what);
		if (r != NULL)
			request_drop(r);
		return result;
	}
	tu_cleanup_push(&rt->scheduler, &cleanup, request_drop, r);
	woken = request_wait(r, rt);
	tu_cleanup_pop(&rt->scheduler);
	if (woken != TU_READY) {
		result = tu_raise_wake(woken, where, what);
	} else if (r->code == EAI_SYSTEM) {
		result = tu_raise(
		    TCPUNIT_ERROR_SYSTEM, r->system, where, "%s", what);
	} else if (r->code != 0) {
		result =
		    tu_raise(TCPUNIT_ERROR_RESOLVE, r->code, where, "%s", what);
	} else {
		*found = r->result;
		r->result = NULL;
	}
	request_drop(r);
	return result;
}

static struct request *
request_new(const struct tu_query *query)
{
	struct request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	atomic_init(&r->users, 1);
	r->hints = hints_of(query);
	r->host = strdup(query->host);
	r->service = query->service ? strdup(query->service) : NULL;
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->host != NULL && (r->service != NULL || !query->service) &&
	    r->wake != -1)
		return r;
	request_drop(r);
	return NULL;
}

static void
request_drop(void *request)
{
	struct request *r = request;
	int error = errno;

	if (atomic_fetch_sub(&r->users, 1) > 1)
		return;
	if (r->result != NULL)
		freeaddrinfo(r->result);
	if (r->wake != -1)
		(void)close(r->wake); /* an eventfd */
	free(r->host);
	free(r->service);
	free(r);
	errno = error;
}

/* The OS thread takes no signals: they are the program's. */
static int
request_start(struct request *r)
{
	sigset_t all, before;
	pthread_t thread;
	int error;

	(void)sigfillset(&all); /* cannot fail, nor can the masks */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	atomic_fetch_add(&r->users, 1);
	error = pthread_create(&thread, NULL, look_up, r);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error == 0) {
		(void)pthread_detach(thread); /* was just made */
		return 0;
	}
	atomic_fetch_sub(&r->users, 1);
	errno = error;
	return -1;
}

static enum tu_wake
request_wait(struct request *r, struct tu_runtime *rt)
{
	enum tu_wake woken = TU_READY;
	struct tu_wait wait;

	tu_wait_begin(&wait, &rt->scheduler, r->wake, EV_READ, NULL);
	while (woken == TU_READY && !atomic_load(&r->done))
		woken = tu_watch_wait(&wait.watch);
	tu_wait_end(&wait);
	return woken;
}

/* getaddrinfo(3) says "not known" where it could open no file. */
static bool
lacks_descriptors(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	if (fd == -1)
		return true;
	(void)close(fd); /* an eventfd */
	return false;
}

/* The OS thread. */
static void *
look_up(void *arg)
{
	struct request *r = arg;

	r->code = getaddrinfo(r->host, r->service, &r->hints, &r->result);
	r->system = errno;
	if (r->code != 0 && r->code != EAI_SYSTEM && lacks_descriptors()) {
		r->code = EAI_SYSTEM;
		r->system = errno;
	}
	atomic_store(&r->done, true);
	(void)eventfd_write(r->wake, 1); /* the first: has room */
	request_drop(r);
	return NULL;
}

/* Each address once: a hosts file may well name one twice. */
static int
take(const struct addrinfo *found, union tu_address *addresses)
{
	const struct addrinfo *ai;
	union tu_address a;
	int n = 0, i;

	for (ai = found; ai != NULL && n < TU_MAX_ADDRESSES; ai = ai->ai_next) {
		if (ai->ai_addrlen > sizeof(a))
			continue;
		a = tu_address_any(AF_UNSPEC);
		memcpy(&a, ai->ai_addr, ai->ai_addrlen);
		for (i = 0; i < n && !tu_address_equal(&addresses[i], &a); i++)
			;
		if (i == n)
			addresses[n++] = a;
	}
	return n;
}
