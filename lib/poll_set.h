/* SPDX-License-Identifier: ISC */
/*
 * The descriptor that a foreign event loop polls: an epoll set that has
 * libevent's own epoll set and a timer as its members.
 */
#ifndef TU_POLL_SET_H
#define TU_POLL_SET_H

#include <stdint.h>

struct event_base;

struct tu_poll_set {
	int fd; /* -1: it does not exist */
	int timer;
};

/* 0; or -1 with errno, ENOTSUP if libevent does not use epoll. */
int tu_poll_set_open(struct tu_poll_set *p, struct event_base *base);
void tu_poll_set_close(struct tu_poll_set *p);

/* Makes the descriptor readable at TIME.  TU_NEVER: only for events. */
void tu_poll_set_arm(const struct tu_poll_set *p, int64_t time);

#endif
