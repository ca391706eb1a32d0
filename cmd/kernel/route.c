/* SPDX-License-Identifier: ISC */
/*
 * route.c - asks rtnetlink(7) for the route to an address: it is of type local
 * for 127.0.0.2 and for a range that was routed here, too, which no list of
 * the addresses of interfaces would show.  If the kernel may not be asked,
 * bind(2) answers; it is the second choice, as ip_nonlocal_bind lets it say
 * yes to every address.
 */
#include "route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	struct nlmsghdr header;
	struct rtmsg body;
	char attributes[64];
};

static int ask_route(const union tcp_address *address);
static int try_bind(const union tcp_address *address);
static void fill_in(struct request *r, const union tcp_address *address);
static void add_attribute(
    struct request *r, unsigned short type, const void *data, size_t n);
static int read_answer(int fd);

int
is_own_address(const union tcp_address *address)
{
	int own;

	if (is_unspecified(address))
		return 1;
	own = ask_route(address);
	return own == -1 ? try_bind(address) : own;
}

bool
lacks_family(const union tcp_address *address)
{
	const union tcp_address loopback = {.in6.sin6_family = AF_INET6,
	    .in6.sin6_addr = IN6ADDR_LOOPBACK_INIT};

	return address->sa.sa_family == AF_INET6 &&
	    is_own_address(&loopback) == 0;
}

static int
ask_route(const union tcp_address *address)
{
	struct request request;
	int fd, own = -1;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd == -1)
		return -1;
	fill_in(&request, address);
	if (send(fd, &request, request.header.nlmsg_len, 0) ==
	    (ssize_t)request.header.nlmsg_len)
		own = read_answer(fd);
	(void)close(fd); /* nothing was written to it */
	return own;
}

static void
fill_in(struct request *r, const union tcp_address *address)
{
	bool v4 = address->sa.sa_family == AF_INET;
	const void *bytes = v4 ? (const void *)&address->in.sin_addr
			       : (const void *)&address->in6.sin6_addr;
	size_t n = v4 ? 4 : 16;

	*r = (struct request){
	    .header.nlmsg_len = NLMSG_LENGTH(sizeof(r->body)),
	    .header.nlmsg_type = RTM_GETROUTE,
	    .header.nlmsg_flags = NLM_F_REQUEST,
	    .body.rtm_family = (unsigned char)address->sa.sa_family,
	    .body.rtm_dst_len = (unsigned char)(8 * n),
	};
	add_attribute(r, RTA_DST, bytes, n);
	if (!v4 && address->in6.sin6_scope_id)
		add_attribute(r, RTA_OIF, &address->in6.sin6_scope_id, 4);
}

static void
add_attribute(
    struct request *r, unsigned short type, const void *data, size_t n)
{
	struct rtattr *a = (void *)((char *)r + r->header.nlmsg_len);

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(n);
	memcpy(RTA_DATA(a), data, n);
	r->header.nlmsg_len += RTA_SPACE(n);
}

/* An error can be an answer too: there is no route, or it is forbidden.  It is
 * no answer if the kernel does not support the question. */
static int
read_answer(int fd)
{
	union {
		struct nlmsghdr header;
		char bytes[1024];
	} answer;
	const struct nlmsgerr *error = NLMSG_DATA(&answer.header);
	const struct rtmsg *route = NLMSG_DATA(&answer.header);
	ssize_t n;

	do
		n = recv(fd, &answer, sizeof(answer), 0);
	while (n == -1 && errno == EINTR);
	if (n >= (ssize_t)NLMSG_LENGTH(sizeof(*route)) &&
	    answer.header.nlmsg_type == RTM_NEWROUTE)
		return route->rtm_type == RTN_LOCAL;
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(*error)) ||
	    answer.header.nlmsg_type != NLMSG_ERROR || error->error == -EPERM ||
	    error->error == -EOPNOTSUPP)
		return -1;
	return 0;
}

static int
try_bind(const union tcp_address *address)
{
	union tcp_address a = *address;
	int fd, error = 0;

	if (a.sa.sa_family == AF_INET)
		a.in.sin_port = 0;
	else
		a.in6.sin6_port = 0;
	fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || bind(fd, &a.sa, sizeof(a)) == -1)
		error = errno;
	if (fd != -1)
		(void)close(fd); /* nothing was connected */
	errno = error;
	if (error == EADDRNOTAVAIL || error == EAFNOSUPPORT)
		return 0;
	return error ? -1 : 1;
}
