/* SPDX-License-Identifier: ISC */
/*
 * Waiting for a descriptor: one event that is added at the first wait and then
 * left in, and a queue of threads of which it wakes the first.
 */
#ifndef TU_WATCH_H
#define TU_WATCH_H

#include <sys/queue.h>

#include <stdbool.h>

#include "scheduler.h"

/* One event on a descriptor; wakes the first of a queue of parked threads.
 * It is made at the first wait, as most writers never wait, and stays added
 * between waits, as adding costs a system call. */
struct tu_watch {
	struct event *event;
	struct tu_scheduler *scheduler;
	struct tu_queue *queue;
	TAILQ_ENTRY(tu_watch) link; /* in idle */
	int fd;
	short what;
	bool idle : 1;
	bool always : 1; /* set by the owner: a file, which epoll refuses */
	bool fired : 1;  /* since the owner last cleared it */
};

/* A watch that lies on the stack of the call that waits. */
struct tu_wait {
	struct tu_watch watch;
	struct tu_queue queue; /* unless it has another one */
	struct tu_cleanup cleanup;
	LIST_ENTRY(tu_wait) link; /* in waits */
};

void tu_watch_init(struct tu_watch *w, struct tu_scheduler *s, int fd,
    short what, struct tu_queue *queue);
/* Forgets the descriptor; before it is closed. */
void tu_watch_clear(struct tu_watch *w);
/* From begin to end the thread may park; QUEUE may be NULL. */
void tu_wait_begin(struct tu_wait *w, struct tu_scheduler *s, int fd,
    short what, struct tu_queue *queue);
void tu_wait_end(struct tu_wait *w);
/*
 * Before FD is closed, as libevent would take its next owner for this one; or
 * a direction of it, WHAT being one event: ends the waits for it.  TU_BOTH also
 * wakes those who wait for any descriptor to be closed.
 */
void tu_waits_forget(struct tu_scheduler *s, int fd, short what);
#define TU_BOTH (EV_READ | EV_WRITE)

/* 0, or -1 with errno. */
int tu_watch_add(struct tu_watch *w);
/* Adds it and parks in its queue. */
enum tu_wake tu_watch_wait(struct tu_watch *w);

#endif
