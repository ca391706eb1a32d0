/* SPDX-License-Identifier: ISC */
#include "sight.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/sockets.h"
#include "kernel/unix_listeners.h"
#include "kernel/unix_socket.h"

/* One look. */
struct looking {
	const struct run *run;
	const char *what;
	const struct sight_target *target;
	struct sight *sight;
};

static int look_at_descriptor(const struct looking *l);
static int look_at_unix(const struct looking *l);
static int look_at_port(const struct looking *l);

int
look(const struct run *run, const char *what, const struct sight_target *target,
    struct sight *sight)
{
	const struct looking l = {run, what, target, sight};

	*sight = (struct sight){0};
	if (target->fd != -1)
		return look_at_descriptor(&l);
	return target->path ? look_at_unix(&l) : look_at_port(&l);
}

static int
system_failed(const struct looking *l)
{
	return fail(l->run, STATUS_FAILED, "%s: %s", l->what,
	    errno == ENOTSUP ? "sock_diag is refused, and there is no /proc"
			     : strerror(errno));
}

static void
count_in(struct sight *sight, uint64_t pending, int64_t backlog)
{
	sight->listening = true;
	sight->pending += pending;
	if (backlog == -1 || sight->backlog == -1)
		sight->backlog = -1;
	else
		sight->backlog += backlog;
}

static int
look_at_descriptor(const struct looking *l)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	int fd = l->target->fd;

	if (is_unix_stream(fd))
		return look_at_unix(l);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1)
		return usage_error(l->run, "--fd %d: %s", fd,
		    errno == EBADF ? strerror(errno)
				   : "not a TCP or Unix stream socket");
	/* For a listening socket: the pending connections and the backlog. */
	if (info.tcpi_state == TCP_LISTEN)
		count_in(l->sight, info.tcpi_unacked, info.tcpi_sacked);
	return STATUS_GO_ON;
}

/* Without counts, a descriptor still tells whether any connection waits. */
static int
look_at_unix(const struct looking *l)
{
	const struct sight_target *t = l->target;
	struct unix_listeners found;

	if ((t->path ? find_unix_listeners(t->path, &found)
		     : find_unix_listener(t->fd, &found)) == -1)
		return system_failed(l);
	if (found.elsewhere)
		return fail(l->run, STATUS_FAILED,
		    "%s: its socket is in another network namespace", l->what);
	if (!found.listening)
		return STATUS_GO_ON;
	if (!found.counted && (t->counts || (t->path && t->asks)))
		return fail(l->run, STATUS_FAILED,
		    "%s: the kernel does not say how many connections wait",
		    l->what);
	count_in(l->sight, found.pending, found.backlog);
	return STATUS_GO_ON;
}

static bool
is_meant(
    const struct sight_target *t, int family, const struct socket_entry *entry)
{
	if (!t->hosts.list && family)
		return serves_family(entry, family == 4 ? AF_INET : AF_INET6);
	for (size_t i = 0; i < t->hosts.count; i++)
		if (serves_address(entry, &t->hosts.list[i]))
			return true;
	return !t->hosts.list;
}

static int
look_at_port(const struct looking *l)
{
	struct socket_query query = {
	    .port = l->target->port, .listening = true};
	const int family = l->run->options->family;
	struct socket_table table;

	if (read_sockets(&query, &table) == -1)
		return system_failed(l);
	for (size_t i = 0; i < table.count; i++)
		if (is_meant(l->target, family, &table.entries[i]))
			count_in(l->sight, table.entries[i].pending,
			    table.entries[i].backlog);
	free_sockets(&table);
	return STATUS_GO_ON;
}
