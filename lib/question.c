/* SPDX-License-Identifier: ISC */
#include "question.h"

#include <sys/eventfd.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "fd.h"
#include "helpers.h"
#include "wakeup.h"

/* Microseconds for which others may join a question that is being asked.  This
 * is short, so that a retry notices that a name server is back. */
enum { FRESH = 1000 * 1000, BUCKETS = 64 };

struct question {
	struct tu_job job;
	LIST_ENTRY(question) link; /* in its bucket, until the job ends */
	LIST_HEAD(, asker) askers;
	unsigned users; /* the askers, and the job until it ends */
	char *host;
	char *service;
	int family;
	struct addrinfo *answer;
	int code;   /* of getaddrinfo */
	int system; /* errno, if code is EAI_SYSTEM */
};

/* A green thread that waits for the answer; it lies on that thread's stack. */
struct asker {
	LIST_ENTRY(asker) link;
	struct question *question;
	struct tu_wakeup wakeup;
};

LIST_HEAD(bucket, question);

/* Guarded by the helpers' lock, as each question is. */
static struct bucket buckets[BUCKETS];

static int join(struct asker *, const struct tu_query *);
static struct bucket *bucket_of(const struct tu_query *);
static struct question *find(const struct bucket *, const struct tu_query *);
static struct question *question_new(const struct tu_query *);
static bool same(const char *, const char *);
static void leave(void *);
static void question_drop(struct question *);
static void question_free(struct question *);
static void work(struct tu_job *);
static void ended(struct tu_job *);
static bool no_server(int);
static bool lacks_descriptors(void);

int
tu_query_run(const struct tu_query *query, int flags, struct addrinfo **found)
{
	struct addrinfo hints = {
	    .ai_flags = flags,
	    .ai_family = query->family == 4 ? AF_INET
		: query->family == 6        ? AF_INET6
					    : AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	};
	int code;

	errno = 0;
	code = getaddrinfo(query->host, query->service, &hints, found);
	if (flags == 0 && no_server(code))
		return EAI_AGAIN;
	if (code == 0 || code == EAI_SYSTEM || !lacks_descriptors())
		return code;
	return EAI_SYSTEM;
}

int
tu_query_raise(int code, int system, const char *what)
{
	return code == EAI_SYSTEM ? tu_raise(TCPUNIT_ERROR_SYSTEM, system, what)
				  : tu_raise(TCPUNIT_ERROR_RESOLVE, code, what);
}

int
tu_ask(struct tu_runtime *rt, const struct tu_query *query, const char *what,
    union tcp_address addresses[TU_MAX_ADDRESSES])
{
	struct tu_cleanup cleanup;
	struct asker asker;
	enum tu_wake woken;
	struct question *q;
	int result;

	if (tu_hurried(&rt->scheduler))
		return tu_raise_wake(
		    tu_park(&rt->scheduler, NULL, TU_NEVER, TU_OUTSIDE), what);
	if (tu_wakeup_begin(&rt->wakeups, &asker.wakeup) == -1)
		return tu_raise(TCPUNIT_ERROR_SYSTEM, errno, what);
	if (join(&asker, query) == -1) {
		tu_wakeup_end(&asker.wakeup);
		return tu_raise_reason(TCPUNIT_ERROR_SYSTEM, errno, what,
		    tu_helpers_reason(errno));
	}
	tu_cleanup_push(&rt->scheduler, &cleanup, leave, &asker);
	woken = tu_wakeup_wait(&asker.wakeup);
	tu_cleanup_pop(&rt->scheduler);
	q = asker.question; /* no helper changes an answered question */
	if (woken != TU_READY)
		result = tu_raise_wake(woken, what);
	else if (q->code != 0)
		result = tu_query_raise(q->code, q->system, what);
	else
		result = tu_address_take(q->answer, addresses);
	leave(&asker);
	return result;
}

/* Joins an equal question or asks a new one: 0, or -1 with errno. */
static int
join(struct asker *asker, const struct tu_query *query)
{
	struct bucket *bucket = bucket_of(query);
	struct question *q;

	tu_helpers_lock();
	q = find(bucket, query);
	if (q == NULL && (q = question_new(query)) != NULL)
		LIST_INSERT_HEAD(bucket, q, link);
	asker->question = q;
	if (q != NULL) {
		q->users++;
		LIST_INSERT_HEAD(&q->askers, asker, link);
	}
	tu_helpers_unlock();
	return asker->question != NULL ? 0 : -1;
}

static struct bucket *
bucket_of(const struct tu_query *query)
{
	const unsigned char *c;
	unsigned hash = 0;

	for (c = (const unsigned char *)query->host; *c != '\0'; c++)
		hash = 31 * hash + *c;
	return &buckets[hash % BUCKETS];
}

/* Searches from the latest question to the oldest. */
static struct question *
find(const struct bucket *bucket, const struct tu_query *query)
{
	int64_t oldest = tu_now() - FRESH;
	struct question *q;

	LIST_FOREACH(q, bucket, link)
	if ((q->job.state == TU_QUEUED || q->job.begun > oldest) &&
	    q->family == query->family && same(q->host, query->host) &&
	    same(q->service, query->service))
		return q;
	return NULL;
}

static bool
same(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

/* A question whose job is in the queue; NULL with errno. */
static struct question *
question_new(const struct tu_query *query)
{
	struct question *q = calloc(1, sizeof(*q));
	int error;

	if (q == NULL)
		return NULL;
	q->job = (struct tu_job){.work = work, .ended = ended};
	q->users = 1;
	q->family = query->family;
	q->host = strdup(query->host);
	q->service = query->service ? strdup(query->service) : NULL;
	if (q->host != NULL && (q->service != NULL || !query->service) &&
	    tu_helpers_add(TU_LOOK_UPS, &q->job) == 0)
		return q;
	error = errno;
	question_free(q);
	errno = error;
	return NULL;
}

/* Also called if the thread that asks is freed without running again. */
static void
leave(void *arg)
{
	struct asker *asker = arg;
	struct question *q = asker->question;
	int error = errno;

	tu_helpers_lock();
	LIST_REMOVE(asker, link);
	if (LIST_EMPTY(&q->askers) && tu_helpers_cancel(TU_LOOK_UPS, &q->job)) {
		LIST_REMOVE(q, link);
		q->users--; /* the job's use */
	}
	question_drop(q);
	tu_helpers_unlock();
	tu_wakeup_end(&asker->wakeup);
	errno = error;
}

static void
question_drop(struct question *q)
{
	if (--q->users == 0)
		question_free(q);
}

static void
question_free(struct question *q)
{
	if (q->answer != NULL)
		freeaddrinfo(q->answer);
	free(q->host);
	free(q->service);
	free(q);
}

static void
work(struct tu_job *job)
{
	struct question *q = (struct question *)job;
	struct tu_query query = {
	    .host = q->host, .service = q->service, .family = q->family};

	q->code = tu_query_run(&query, 0, &q->answer);
	q->system = errno;
}

/* If the job was lost, its askers were lost in the same fork. */
static void
ended(struct tu_job *job)
{
	struct question *q = (struct question *)job;
	struct asker *asker;

	if (job->state != TU_LOST)
		LIST_FOREACH(asker, &q->askers, link)
	tu_wakeup_send(&asker->wakeup);
	LIST_REMOVE(q, link);
	question_drop(q);
}

/* Whether no name server answers, for which glibc before 2.32 has other codes:
 * a static one that finds no modules, and one that has asked the files last, as
 * it does without /etc/nsswitch.conf. */
static bool
no_server(int code)
{
#if defined(__GLIBC__) && __GLIBC__ == 2 && __GLIBC_MINOR__ < 32
	return (code == EAI_SYSTEM && errno == EBUSY) ||
	    (code == EAI_NONAME && access("/etc/nsswitch.conf", F_OK) == -1 &&
		access("/etc/resolv.conf", F_OK) == -1);
#else
	(void)code;
	return false;
#endif
}

/* getaddrinfo(3) reports an unknown name if it could open no file. errno then
 * holds the reason, unless a later failure has overwritten it. */
static bool
lacks_descriptors(void)
{
	int fd;

	if (errno == EMFILE || errno == ENFILE)
		return true; /* even if there are free ones again by now */
	fd = eventfd(0, EFD_CLOEXEC);
	if (fd == -1)
		return true;
	tu_fd_close(fd);
	return false;
}
