/* SPDX-License-Identifier: ISC */
#include "sock_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

/* TCP_BOUND_INACTIVE of Linux 6.8, which is in no header for programs. */
#define BOUND_INACTIVE 13

#define BIT(state) (1u << (state))

/* Sockets that some process may have: not those in TIME_WAIT. */
#define LIVE_STATES (BIT(TCP_CLOSING + 1) - 2 - BIT(TCP_TIME_WAIT))

struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

static int dump_family(int fd, const struct socket_query *query, int family,
    struct socket_table *table);
static int find_in_family(int fd, int family, const union tcp_address *local,
    const union tcp_address *remote, struct socket_table *table);

int
dump_sockets(const struct socket_query *query, struct socket_table *table)
{
	int fd, result;

	fd = netlink_open();
	if (fd == -1)
		return -1;
	result = dump_family(fd, query, AF_INET, table);
	if (result == 0)
		result = dump_family(fd, query, AF_INET6, table);
	(void)close(fd); /* nothing was written to it */
	return result;
}

/* A socket of IPv6 can have an IPv4 connection. */
int
find_socket(const union tcp_address *local, const union tcp_address *remote,
    struct socket_entry *entry)
{
	struct socket_table table = {0};
	int fd = netlink_open(), result = 0;

	if (fd == -1)
		return -1;
	if (local->sa.sa_family == AF_INET)
		result = find_in_family(fd, AF_INET, local, remote, &table);
	if (result == 0 && table.count == 0)
		result = find_in_family(fd, AF_INET6, local, remote, &table);
	(void)close(fd); /* nothing was written to it */
	if (result == 0 && table.count > 0 && !table.entries[0].listening) {
		*entry = table.entries[0];
		result = 1;
	}
	free_sockets(&table);
	return result;
}

static struct request
new_request(int family, uint16_t flags)
{
	return (struct request){
	    .header.nlmsg_len = sizeof(struct request),
	    .header.nlmsg_type = SOCK_DIAG_BY_FAMILY,
	    .header.nlmsg_flags = NLM_F_REQUEST | flags,
	    .body.sdiag_family = (uint8_t)family,
	    .body.sdiag_protocol = IPPROTO_TCP,
	};
}

static int
request_dump(int fd, const struct socket_query *query, int family)
{
	struct request request = new_request(family, NLM_F_DUMP);

	request.body.idiag_states =
	    (query->listening ? BIT(TCP_LISTEN) : LIVE_STATES) |
	    (query->bound ? BIT(BOUND_INACTIVE) | BIT(TCP_TIME_WAIT) : 0);
	request.body.id.idiag_sport = htons((uint16_t)query->port);
	return netlink_ask(fd, &request, sizeof(request));
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
add_message(void *table, struct nlmsghdr *message)
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

static struct netlink_reader
reader_of(struct socket_table *table)
{
	return (struct netlink_reader){
	    add_message, table, sizeof(struct inet_diag_msg)};
}

static int
dump_family(int fd, const struct socket_query *query, int family,
    struct socket_table *table)
{
	const struct netlink_reader reader = reader_of(table);

	if (request_dump(fd, query, family) == -1)
		return -1;
	return netlink_dump(fd, &reader);
}

/* The four words of an address, IPv4-mapped if the family is IPv6. */
static in_port_t
get_address(const union tcp_address *address, int family, uint32_t words[4])
{
	if (address->sa.sa_family == AF_INET6) {
		memcpy(words, &address->in6.sin6_addr, 16);
		return address->in6.sin6_port;
	}
	if (family == AF_INET6)
		words[2] = htonl(0xffff);
	words[family == AF_INET6 ? 3 : 0] = address->in.sin_addr.s_addr;
	return address->in.sin_port;
}

/* The answer is a single message; no end message follows. */
static int
find_in_family(int fd, int family, const union tcp_address *local,
    const union tcp_address *remote, struct socket_table *table)
{
	struct request request = new_request(family, 0);
	const struct netlink_reader reader = reader_of(table);
	struct inet_diag_sockid *id = &request.body.id;

	request.body.idiag_states = ~0u;
	id->idiag_cookie[0] = id->idiag_cookie[1] = ~0u; /* any */
	id->idiag_sport = get_address(local, family, id->idiag_src);
	id->idiag_dport = get_address(remote, family, id->idiag_dst);
	if (local->sa.sa_family == AF_INET6)
		id->idiag_if = local->in6.sin6_scope_id;
	if (netlink_ask(fd, &request, sizeof(request)) == -1)
		return -1;
	return netlink_receive(fd, &reader) == -1 && errno != ENOENT ? -1 : 0;
}
