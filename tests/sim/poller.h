/* SPDX-License-Identifier: ISC */
/*
 * Waiting for files: epoll sets, and poll(2).  The weather says in which order
 * events are reported and how many at a time, but no event is passed over for
 * ever.
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

/* Removes a file from all sets, because it is closed. */
void sim_poller_forget(struct sim_file *f);

/* Implements poll(2). */
int sim_poller_poll(struct pollfd *p, nfds_t n, int ms);

/* Whether the machine may go to sleep now.  If not, the run fails. */
extern void (*sim_poller_check)(int64_t until);

#endif
