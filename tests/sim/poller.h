/* SPDX-License-Identifier: ISC */
/*
 * Waiting for files: epoll sets, and poll(2).  Events come in any order and at
 * most so many at a time as the weather says, but none is passed over for ever.
 */
#ifndef SIM_POLLER_H
#define SIM_POLLER_H

#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "file.h"

struct sim_file *sim_poller_new(void);
int sim_poller_control(
    struct sim_file *set, int what, int fd, const struct epoll_event *event);
int sim_poller_wait(
    struct sim_file *set, struct epoll_event *events, int most, int ms);

/* Out of all sets: it is closed. */
void sim_poller_forget(struct sim_file *f);

/* poll(2). */
int sim_poller_poll(struct pollfd *p, nfds_t n, int ms);

/* Whether the machine may go to sleep now; fails the run if not. */
extern void (*sim_poller_check)(int64_t until);

#endif
