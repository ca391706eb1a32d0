/* SPDX-License-Identifier: ISC */
/*
 * netlink.h - questions to the kernel's sock_diag(7), and its answers.
 */
#ifndef TCPU_NETLINK_H
#define TCPU_NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>

/* Takes the messages of an answer. */
struct netlink_reader {
	int (*take)(void *of, struct nlmsghdr *message); /* 0; -1 and errno */
	void *of;
	size_t least; /* the size of a message without attributes */
};

/* A socket for questions, or -1 with errno. */
int netlink_open(void);

/* Sends a question.  Returns 0; or -1 with errno, also if only a part of the
 * question was sent, as the kernel would not answer that. */
int netlink_ask(int fd, const void *question, size_t n);

/* Takes one datagram of the answer.  Returns 1 at the end of a dump, 0 if more
 * messages follow, or -1 with errno. */
int netlink_receive(int fd, const struct netlink_reader *reader);

/* Takes an answer of several messages to its end.  Returns 0, or -1 with
 * errno. */
int netlink_dump(int fd, const struct netlink_reader *reader);

/* The same as netlink_receive, for N bytes that were received. */
int netlink_take(
    struct nlmsghdr *m, size_t n, const struct netlink_reader *reader);

#endif
