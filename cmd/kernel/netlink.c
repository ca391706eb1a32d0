/* SPDX-License-Identifier: ISC */
#include "netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/* Room for the largest message of a dump. */
#define DUMP_SIZE 32768

int
netlink_open(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

int
netlink_ask(int fd, const void *question, size_t n)
{
	ssize_t sent = send(fd, question, n, 0);

	if (sent != -1 && (size_t)sent != n)
		errno = EMSGSIZE;
	return sent == (ssize_t)n ? 0 : -1;
}

int
netlink_receive(int fd, const struct netlink_reader *reader)
{
	union {
		struct nlmsghdr header; /* for its alignment */
		char bytes[DUMP_SIZE];
	} buffer;
	ssize_t n;

	do
		n = recv(fd, &buffer, sizeof(buffer), 0);
	while (n == -1 && errno == EINTR);
	return n <= 0 ? -1 : netlink_take(&buffer.header, (size_t)n, reader);
}

int
netlink_dump(int fd, const struct netlink_reader *reader)
{
	int done = 0;

	while (done == 0)
		done = netlink_receive(fd, reader);
	return done == 1 ? 0 : -1;
}

int
netlink_take(struct nlmsghdr *m, size_t n, const struct netlink_reader *reader)
{
	size_t least;
	bool last;
	int error = 0;

	for (; NLMSG_OK(m, n); m = NLMSG_NEXT(m, n)) {
		last =
		    m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR;
		least = last ? sizeof(error) : reader->least;
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
		if (reader->take(reader->of, m) == -1)
			return -1;
	}
	return 0;
}
