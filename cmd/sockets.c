/* SPDX-License-Identifier: ISC */
/*
 * sockets.c - Linux's tables of TCP sockets.  sock_diag(7) is asked first: it
 * is quick, filters by port, and knows a listener's limit.  It may be missing
 * or forbidden, and it answers for our own network namespace alone; then the
 * text files of /proc are read.
 */
#include "sockets.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for the largest message of a dump. */
#define DUMP_SIZE 32768

#define BIT(state) (1u << (state))

/* Sockets that some process may have: not those in TIME_WAIT. */
#define LIVE_STATES (BIT(TCP_CLOSING + 1) - 2 - BIT(TCP_TIME_WAIT))

static bool our_network(pid_t process);
static int ask_kernel(
    const struct socket_query *query, struct socket_table *table);
static int read_proc(
    const struct socket_query *query, struct socket_table *table);

int
read_sockets(const struct socket_query *query, struct socket_table *table)
{
	*table = (struct socket_table){0};
	if (our_network(query->process)) {
		if (ask_kernel(query, table) == 0)
			return 0;
		free_sockets(table);
	}
	if (read_proc(query, table) == 0)
		return 0;
	free_sockets(table);
	return -1;
}

void
free_sockets(struct socket_table *table)
{
	free(table->entries);
	*table = (struct socket_table){0};
}

int
add_socket(struct socket_table *table, const struct socket_entry *entry)
{
	struct socket_entry *entries = table->entries;

	/* Grows at 0, 1, 2, 4, ... */
	if ((table->count & (table->count - 1)) == 0) {
		entries = realloc(entries,
		    (table->count ? 2 * table->count : 1) * sizeof(*entries));
		if (!entries)
			return -1;
		table->entries = entries;
	}
	entries[table->count++] = *entry;
	return 0;
}

bool
serves_family(const struct socket_entry *entry, int family)
{
	if (entry->local.any.sa_family == family)
		return true;
	return family == AF_INET && is_unspecified(&entry->local) &&
	    !entry->v6only;
}

bool
serves_address(
    const struct socket_entry *entry, const union socket_address *address)
{
	return is_same_address(&entry->local, address) ||
	    (is_unspecified(&entry->local) &&
		serves_family(entry, address->any.sa_family));
}

static bool
our_network(pid_t process)
{
	struct stat ours, theirs;
	char path[64];

	if (process == 0)
		return true;
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)process);
	return stat("/proc/self/ns/net", &ours) == 0 &&
	    stat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
	    ours.st_dev == theirs.st_dev;
}

/* The address in the four words that both tables have, of which an IPv4 one
 * takes the first. */
static void
set_address(union socket_address *address, int family, const uint32_t words[4],
    in_port_t port, uint32_t scope)
{
	*address =
	    (union socket_address){.v6.sin6_family = (sa_family_t)family};
	if (family == AF_INET) {
		address->v4.sin_port = port;
		memcpy(&address->v4.sin_addr, words, 4);
		return;
	}
	address->v6.sin6_port = port;
	memcpy(&address->v6.sin6_addr, words, 16);
	if (IN6_IS_ADDR_LINKLOCAL(&address->v6.sin6_addr))
		address->v6.sin6_scope_id = scope;
	unmap_address(address);
}

/* ---- sock_diag ---- */

static int dump_family(int fd, const struct socket_query *query, int family,
    struct socket_table *table);

static int
ask_kernel(const struct socket_query *query, struct socket_table *table)
{
	int fd, result;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd == -1)
		return -1;
	result = dump_family(fd, query, AF_INET, table);
	if (result == 0)
		result = dump_family(fd, query, AF_INET6, table);
	(void)close(fd); /* nothing was written to it */
	return result;
}

static int
request_dump(int fd, const struct socket_query *query, int family)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 body;
	} request = {
	    .header.nlmsg_len = sizeof(request),
	    .header.nlmsg_type = SOCK_DIAG_BY_FAMILY,
	    .header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
	    .body.sdiag_family = (uint8_t)family,
	    .body.sdiag_protocol = IPPROTO_TCP,
	    .body.idiag_states =
		query->listening ? BIT(TCP_LISTEN) : LIVE_STATES,
	    .body.id.idiag_sport = htons((uint16_t)query->port),
	};

	return send(fd, &request, sizeof(request), 0) == -1 ? -1 : 0;
}

static bool
is_v6only(struct nlmsghdr *message, struct inet_diag_msg *body)
{
	struct rtattr *a = (void *)(body + 1);
	int left = (int)(message->nlmsg_len - NLMSG_LENGTH(sizeof(*body)));

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == INET_DIAG_SKV6ONLY && RTA_PAYLOAD(a) > 0)
			return *(uint8_t *)RTA_DATA(a) != 0;
	return false;
}

static int
add_message(struct nlmsghdr *message, struct socket_table *table)
{
	struct inet_diag_msg *body = NLMSG_DATA(message);
	const struct inet_diag_sockid *id = &body->id;
	struct socket_entry entry = {
	    .listening = body->idiag_state == TCP_LISTEN,
	    .pending = body->idiag_rqueue,
	    .backlog = body->idiag_wqueue,
	    .inode = body->idiag_inode,
	    .v6only = is_v6only(message, body),
	};

	set_address(&entry.local, body->idiag_family, id->idiag_src,
	    id->idiag_sport, id->idiag_if);
	set_address(&entry.remote, body->idiag_family, id->idiag_dst,
	    id->idiag_dport, id->idiag_if);
	return add_socket(table, &entry);
}

/* Returns 1 at the end of the dump, 0 where more is to come, or -1. */
static int
take_messages(struct nlmsghdr *m, size_t n, struct socket_table *table)
{
	size_t least;
	bool last;
	int error = 0;

	for (; NLMSG_OK(m, n); m = NLMSG_NEXT(m, n)) {
		last =
		    m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR;
		least = last ? sizeof(error) : sizeof(struct inet_diag_msg);
		if (m->nlmsg_len < NLMSG_LENGTH(least) ||
		    NLMSG_ALIGN(m->nlmsg_len) > n) {
			errno = EBADMSG;
			return -1;
		}
		if (last) {
			/* Both begin with an error number, below 0 or 0. */
			memcpy(&error, NLMSG_DATA(m), sizeof(error));
			errno = (int)(0u - (unsigned int)error);
			return error == 0 ? 1 : -1;
		}
		if (add_message(m, table) == -1)
			return -1;
	}
	return 0;
}

static int
dump_family(int fd, const struct socket_query *query, int family,
    struct socket_table *table)
{
	union {
		struct nlmsghdr header; /* for its alignment */
		char bytes[DUMP_SIZE];
	} buffer;
	ssize_t n;
	int done = 0;

	if (request_dump(fd, query, family) == -1)
		return -1;
	while (done == 0) {
		n = recv(fd, &buffer, sizeof(buffer), 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		done = take_messages(&buffer.header, (size_t)n, table);
	}
	return done == 1 ? 0 : -1;
}

/* ---- /proc ---- */

static int read_file(FILE *file, const struct socket_query *query, int family,
    struct socket_table *table);

static int
read_proc_file(const struct socket_query *query, const char *name, int family,
    struct socket_table *table)
{
	char process[16] = "self", path[64];
	FILE *file;
	int result;

	if (query->process)
		(void)snprintf(
		    process, sizeof(process), "%d", (int)query->process);
	(void)snprintf(path, sizeof(path), "/proc/%s/net/%s", process, name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	result = read_file(file, query, family, table);
	(void)fclose(file); /* it was read only */
	return result;
}

/* Without IPv6 there is no tcp6.  Where our own tcp is not, there is no /proc.
 */
static int
read_proc(const struct socket_query *query, struct socket_table *table)
{
	if (read_proc_file(query, "tcp", AF_INET, table) == -1) {
		if (errno == ENOENT && !query->process)
			errno = ENOTSUP;
		return -1;
	}
	if (read_proc_file(query, "tcp6", AF_INET6, table) == -1)
		return errno == ENOENT ? 0 : -1;
	return 0;
}

/* Eight digits a word, as the machine has it in memory. */
static void
read_words(const char *digits, uint32_t words[4])
{
	for (int i = 0; i < 4 && sscanf(digits, "%8" SCNx32, &words[i]) == 1;
	     i++)
		digits += strnlen(digits, 8);
}

/* False for what is no line of a socket: the heading. */
static bool
read_line(const char *line, int family, struct socket_entry *entry)
{
	char local[33], remote[33];
	uint32_t words[4] = {0};
	unsigned int lport, rport, state;

	*entry = (struct socket_entry){.backlog = -1};
	if (sscanf(line,
		"%*d: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*x:%" SCNx32
		" %*x:%*x %*x %*u %*d %lu",
		local, &lport, remote, &rport, &state, &entry->pending,
		&entry->inode) != 7)
		return false;
	entry->listening = state == TCP_LISTEN;
	read_words(local, words);
	set_address(&entry->local, family, words, htons((uint16_t)lport), 0);
	read_words(remote, words);
	set_address(&entry->remote, family, words, htons((uint16_t)rport), 0);
	return true;
}

static int
read_file(FILE *file, const struct socket_query *query, int family,
    struct socket_table *table)
{
	struct socket_entry entry;
	char *line = NULL;
	size_t size = 0;
	int result = 0;

	while (result == 0 && getline(&line, &size, file) != -1) {
		if (!read_line(line, family, &entry))
			continue;
		/* The listening ones come first: proc_net_tcp.rst. */
		if (query->listening && !entry.listening)
			break;
		if (!query->port || query->port == address_port(&entry.local))
			result = add_socket(table, &entry);
	}
	if (ferror(file))
		result = -1;
	free(line);
	return result;
}
