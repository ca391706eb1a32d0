/* SPDX-License-Identifier: ISC */
/*
 * addresses.c - tcpu addresses: the two ends of a descriptor, of each TCP
 * socket of a process, or of a connection made for the purpose.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/compat/system_calls.h"
#include "command.h"
#include "kernel/process_sockets.h"
#include "kernel/unix_socket.h"
#include "listing.h"
#include "run.h"
#include "target.h"
#include "text.h"
#include "waiting.h"

struct addresses_options {
	struct common_options common;
	int fd;  /* -1: not given */
	int pid; /* -1: not given */
	bool listening;
	struct wait_option wait;
	struct listing_options listing;
};

static int run_addresses(const struct run *run, const void *options,
    const struct operands *operands);
static int check_options(const struct run *run,
    const struct addresses_options *o, const struct operands *operands);
static int answer_descriptor(
    const struct run *run, const struct addresses_options *o);
static int answer_process(
    const struct run *run, const struct addresses_options *o);
static int answer_one(const struct run *run, const struct addresses_options *o,
    const struct ends *ends);
static int answer_route(const struct run *run,
    const struct addresses_options *o, const struct operands *operands);

static const struct option choice_table[] = {
    {"pid", 0, "PID", read_count, offsetof(struct addresses_options, pid),
	"every TCP socket of PID and its descendants"},
    {"listening", 0, NULL, set_true,
	offsetof(struct addresses_options, listening),
	"with --pid: only sockets that listen"},
    {0},
};

static const struct option shared_table[] = {
    {"fd", 0, "N", read_natural, offsetof(struct addresses_options, fd),
	"the socket that is descriptor N (default: 0)"},
    {"wait", 0, "[=TIME]", read_wait, offsetof(struct addresses_options, wait),
	"with --pid: wait until there is one, at most TIME"},
    {0},
};

static const struct option_set addresses_options[] = {
    {"Which socket", choice_table, 0},
    {"What to print", listing_option_table,
	offsetof(struct addresses_options, listing)},
    {"Options of several commands", shared_table, 0},
    {"Options of every command", common_option_table, 0},
    {0},
};

static const char *const commonest[] = {"fd", "pid", "listening", "wait",
    "local", "remote", "ip", "port", "format", NULL};

static const struct addresses_options addresses_defaults = {
    .common = COMMON_DEFAULTS,
    .fd = -1,
    .pid = -1,
    .wait.limit = -1,
};

const struct command addresses_command = {
    .name = "addresses",
    .operands = "[--fd N] | --pid PID | HOST PORT | unix:PATH",
    .summary = "print the addresses of a socket or of a process",
    .options = addresses_options,
    .commonest = commonest,
    .examples =
	"  port=$(tcpu addresses --pid $! --listening --port --wait=5)\n"
	"  tcpu addresses --remote --format=hostport localhost 5432\n"
	"  tcpu listen -k 4242 -- tcpu addresses --remote --ip\n",
    .defaults = &addresses_defaults,
    .size = sizeof(addresses_defaults),
    .run = run_addresses,
};

static int
run_addresses(
    const struct run *run, const void *options, const struct operands *operands)
{
	const struct addresses_options *o = options;
	int status;

	status = check_options(run, o, operands);
	if (status != STATUS_GO_ON)
		return status;
	if (o->pid != -1)
		return answer_process(run, o);
	if (operands->count > 0)
		return answer_route(run, o, operands);
	return answer_descriptor(run, o);
}

static int
check_options(const struct run *run, const struct addresses_options *o,
    const struct operands *operands)
{
	if ((o->fd != -1) + (o->pid != -1) + (operands->count > 0) > 1)
		return usage_error(
		    run, "--fd, --pid and HOST PORT exclude each other");
	if (o->pid == -1 && (o->listening || o->wait.asked))
		return usage_error(run, "--listening and --wait need --pid");
	if (o->listening && o->listing.remote)
		return usage_error(
		    run, "--listening and --remote exclude each other");
	if (o->pid == -1 && operands->count == 0 && run->options->family)
		return usage_error(
		    run, "a descriptor has no use for --ipv4 and --ipv6");
	return check_listing_options(run, &o->listing);
}

/* A socket may lack the end that the user asks for. */
static int
answer_one(const struct run *run, const struct addresses_options *o,
    const struct ends *ends)
{
	struct listing listing = {.run = run, .options = &o->listing};

	list_ends(&listing, ends);
	return answer_listing(&listing);
}

/* ---- A descriptor ---- */

/* Turns a socket address from the kernel into texts. */
static void
set_end(struct end *end, const union tcp_address *address)
{
	end->port = tcp_address_text(address, end->ip);
}

/* Asks with getsockname(2) or getpeername(2). */
static int
ask_end(
    int fd, int (*ask)(int, struct sockaddr *, socklen_t *), struct end *end)
{
	union tcp_address address = {0};
	socklen_t size = sizeof(address);

	if (ask(fd, &address.sa, &size) == -1)
		return -1;
	unmap_address(&address);
	set_end(end, &address);
	return 0;
}

/* The kernel knows the peer's name even if the peer has left. */
static int
answer_unix_descriptor(
    const struct run *run, const struct addresses_options *o, int fd)
{
	struct ends ends = {.local.is_unix = true, .remote.is_unix = true};
	int listens = 0;
	socklen_t size = sizeof(listens);

	(void)getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
	(void)read_unix_text(fd, getsockname, ends.local.ip); /* a socket */
	if (listens)
		ends.remote.is_unix = false;
	else if (read_unix_text(fd, getpeername, ends.remote.ip) == -1)
		return fail(run, STATUS_NO,
		    "addresses descriptor %d: not connected", fd);
	return answer_one(run, o, &ends);
}

static int
answer_descriptor(const struct run *run, const struct addresses_options *o)
{
	int fd = o->fd == -1 ? STDIN_FILENO : o->fd;
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	struct ends ends = {0};

	if (is_unix_stream(fd))
		return answer_unix_descriptor(run, o, fd);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1 ||
	    ask_end(fd, getsockname, &ends.local) == -1) {
		if (errno == EBADF)
			return usage_error(
			    run, "--fd %d: %s", fd, strerror(errno));
		return fail(run, STATUS_NO,
		    "addresses descriptor %d: not a TCP or Unix stream socket",
		    fd);
	}
	if (info.tcpi_state != TCP_LISTEN &&
	    ask_end(fd, getpeername, &ends.remote) == -1) {
		/* Only a socket that was connected has a round-trip time. */
		if (info.tcpi_rtt != 0)
			return fail(run, STATUS_LOST,
			    "addresses descriptor %d: the connection is gone",
			    fd);
		return fail(run, STATUS_NO,
		    "addresses descriptor %d: not connected", fd);
	}
	return answer_one(run, o, &ends);
}

/* ---- A process ---- */

static bool
is_wanted(const struct run *run, const struct socket_entry *entry)
{
	int family = run->options->family;

	return family == 0 ||
	    serves_family(entry, family == 4 ? AF_INET : AF_INET6);
}

static int
answer_table(const struct run *run, const struct addresses_options *o,
    const struct socket_table *table)
{
	struct listing listing = {.run = run, .options = &o->listing};

	for (size_t i = 0; i < table->count; i++) {
		const struct socket_entry *entry = &table->entries[i];
		struct ends ends = {0};

		if (!is_wanted(run, entry))
			continue;
		set_end(&ends.local, &entry->local);
		if (!entry->listening)
			set_end(&ends.remote, &entry->remote);
		list_ends(&listing, &ends);
	}
	return answer_listing(&listing);
}

/* A process that has ended will never have a socket, and its number may be
 * given to another process. */
static int
look_at_process(
    const struct addresses_options *o, int process, struct socket_table *table)
{
	struct pollfd ended = {.fd = process, .events = POLLIN};
	int n;

	if (read_process_sockets(o->pid, o->listening, table) == -1)
		return -1;
	do
		n = poll(&ended, 1, 0);
	while (n == -1 && errno == EINTR);
	if (n == 0)
		return 0;
	free_sockets(table);
	if (n == 1)
		errno = ESRCH;
	return -1;
}

static int
process_failure(const struct run *run, const char *what)
{
	if (errno == ENOTSUP)
		return fail(run, STATUS_FAILED, "%s: there is no /proc", what);
	return fail(run, errno == ESRCH ? STATUS_NO : STATUS_FAILED, "%s: %s",
	    what, strerror(errno));
}

/* Names only the sockets that were asked for: there may be others. */
static int
say_none(
    const struct run *run, const struct addresses_options *o, const char *what)
{
	static const char *const families[] = {
	    [0] = "", [4] = "IPv4 ", [6] = "IPv6 "};
	const char *kind = o->listing.remote ? "connection" : "socket";

	return fail(run, STATUS_NO, "%s: no %s%sTCP %s", what,
	    o->listening ? "listening " : "", families[run->options->family],
	    kind);
}

static int
answer_process(const struct run *run, const struct addresses_options *o)
{
	struct socket_table table;
	struct waiting waiting;
	char what[48];
	int process = system_pidfd_open(o->pid);
	int status;

	format_text(what, sizeof(what), "addresses process %d", o->pid);
	if (process == -1 && errno != ESRCH)
		return pidfd_failure(run, what, errno);
	if (process == -1)
		return process_failure(run, what);
	begin_waiting(&waiting, run, what, o->wait.limit);
	for (;;) {
		if (look_at_process(o, process, &table) == -1)
			return process_failure(run, what);
		status = answer_table(run, o, &table);
		free_sockets(&table);
		if (status != STATUS_NO)
			return status;
		if (!o->wait.asked)
			return say_none(run, o, what);
		status = wait_a_little(&waiting);
		if (status != STATUS_GO_ON)
			return status;
	}
}

/* ---- A route ---- */

static int
answer_route(const struct run *run, const struct addresses_options *o,
    const struct operands *operands)
{
	struct tcp_connect_options options = {TCPUNIT_CONNECT_DEFAULTS};
	struct ends ends = {0};
	struct target target;
	char what[384];
	tcp_port in, out;
	int status, result;

	status = find_target(run, operands, true, 1, &target);
	if (status != STATUS_GO_ON)
		return status;
	format_text(what, sizeof(what), "addresses %s", target.text);
	options.family = run->options->family;
	options.numeric = run->options->numeric;
	result = tcp_connect(target.host, target.port, &options, &in, &out);
	if (result == -1)
		return library_failure(run, what, STATUS_CONNECT);
	read_ends(in, &ends);
	(void)tcp_close_ports(in, out); /* nothing was written */
	return answer_one(run, o, &ends);
}
