/* SPDX-License-Identifier: ISC */
#include "unix_connect.h"

#include <errno.h>
#include <string.h>

#include "address.h"
#include "error.h"
#include "fd.h"
#include "text.h"

enum { PAUSE = 20 }; /* ms between two tries */

/* One call of tcp_connect. */
struct connecting {
	struct tu_runtime *rt;
	struct tu_unix_address to;
	struct tu_unix_address from; /* length 0: it gets no name */
	int fd;                      /* or -1 */
	struct tu_socket_file *file; /* of FROM, or NULL */
	const char *where;           /* the call that is made */
};

static enum tu_wake make_socket(struct connecting *);
static enum tu_wake try_all(struct connecting *);
static void give_up(void *);
static int raise_failure(const struct connecting *, enum tu_wake, const char *,
    const struct tcp_connect_options *);

const char *
tu_unix_connect_fault(
    const char *host, int port, const struct tcp_connect_options *options)
{
	const char *own = options->local_host, *fault;
	bool to = host != NULL && tu_unix_p(host);
	bool from = own != NULL && tu_unix_p(own);
	struct tu_unix_address a;

	if (!to)
		return from ? "a local Unix socket, and a remote one of TCP"
			    : NULL;
	if (port != 0 || options->local_port != 0)
		return "a Unix socket has no port";
	if (options->family != 0 || (own != NULL && !from))
		return "options of TCP for a Unix socket";
	fault = tu_unix_read(host, &a);
	return fault == NULL && from ? tu_unix_read(own, &a) : fault;
}

int
tu_unix_connect(struct tu_runtime *rt, const char *host,
    const struct tcp_connect_options *options, struct tu_socket_file **file)
{
	struct connecting c = {.rt = rt, .fd = -1};
	struct tu_cleanup cleanup;
	enum tu_wake woken;

	(void)tu_unix_read(host, &c.to); /* both were checked */
	if (options->local_host != NULL)
		(void)tu_unix_read(options->local_host, &c.from);
	tu_cleanup_push(&rt->scheduler, &cleanup, give_up, &c);
	woken = make_socket(&c);
	if (woken == TU_READY)
		woken = try_all(&c);
	tu_cleanup_pop(&rt->scheduler);
	*file = c.file;
	if (woken == TU_READY)
		return c.fd;
	give_up(&c);
	return raise_failure(&c, woken, host, options);
}

static enum tu_wake
make_socket(struct connecting *c)
{
	c->where = "connect";
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd == -1)
		return TU_FAILED;
	if (c->from.length == 0)
		return TU_READY;
	c->where = "bind";
	return tu_socket_file_bind(
	    &c->rt->scheduler, c->fd, &c->from, 0, &c->file);
}

/*
 * The queue of the listener may be full.  A non-blocking connect(2) does not
 * wait for room in it and says EAGAIN, and no event reports the room.
 */
static enum tu_wake
try_all(struct connecting *c)
{
	struct tu_scheduler *s = &c->rt->scheduler;
	enum tu_wake woken = TU_READY;
	int result;

	c->where = "connect";
	do {
		result = connect(c->fd, &c->to.sa, c->to.length);
		tu_charge(s, 0);
		if (result == 0 || errno == EISCONN) /* since EINTR */
			return TU_READY;
		if (errno == EAGAIN)
			woken = tu_park(s, NULL, tu_after(PAUSE), TU_OUTSIDE);
		else if (errno != EINTR)
			return TU_FAILED;
	} while (woken == TU_READY || woken == TU_ELAPSED);
	return woken;
}

/* Also called if the connecting thread is freed without running again. */
static void
give_up(void *connecting)
{
	struct connecting *c = connecting;
	int error = errno;

	tu_socket_file_remove(c->file);
	tu_fd_close(c->fd);
	errno = error;
}

static int
raise_failure(const struct connecting *c, enum tu_wake woken, const char *host,
    const struct tcp_connect_options *options)
{
	char what[2 * TU_HOST_SIZE];
	const char *own = options->local_host;
	int error = errno;
	bool local = strcmp(c->where, "bind") == 0;

	tu_format(what, sizeof(what), "%s%s%s", host, local ? " from " : "",
	    local ? own : "");
	if (woken != TU_FAILED)
		return tu_raise_wake(woken, what);
	(void)tu_raise(tu_error_kind(error), error, what); /* as below */
	tu_error_name(c->where);
	return -1;
}
