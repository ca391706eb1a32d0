/* SPDX-License-Identifier: ISC */
/*
 * Waiting for a descriptor: an event, and a queue of threads of which it wakes
 * the first.
 */
#ifndef TU_WATCH_H
#define TU_WATCH_H

#include <sys/queue.h>

#include <stdbool.h>

#include "scheduler.h"

/* An event on a descriptor and its queue.  Most writers never wait, so it is
 * made at the first wait.  Adding costs a system call, so it stays added
 * between waits. */
struct tu_watch {
	struct event *event;
	struct tu_scheduler *scheduler;
	struct tu_queue *queue;
	TAILQ_ENTRY(tu_watch) link; /* in idle */
	int fd;
	short what;
	bool idle : 1;
	bool always : 1; /* set by the owner: a file that epoll refuses */
	bool fired : 1;  /* since the owner last cleared this */
};

/* A watch on the stack of the call that waits. */
struct tu_wait {
	struct tu_watch watch;
	struct tu_queue queue; /* used unless the caller gave a queue */
	struct tu_cleanup cleanup;
	LIST_ENTRY(tu_wait) link; /* in a list of the scheduler */
};

void tu_watch_init(struct tu_watch *w, struct tu_scheduler *s, int fd,
    short what, struct tu_queue *queue);
/* Removes the event.  Called before the descriptor is closed. */
void tu_watch_clear(struct tu_watch *w);
/* Begins a wait: until tu_wait_end the thread may park.  QUEUE may be NULL. */
void tu_wait_begin(struct tu_wait *w, struct tu_scheduler *s, int fd,
    short what, struct tu_queue *queue);
void tu_wait_end(struct tu_wait *w);
/*
 * Ends the waits for FD; WHAT is the event of one direction, or TU_BOTH.
 * Called before the descriptor, or one direction of it, is closed: libevent
 * would take a new descriptor of the same number for the old one.  TU_BOTH also
 * wakes the threads that wait for any descriptor to be closed.
 */
void tu_waits_forget(struct tu_scheduler *s, int fd, short what);
#define TU_BOTH (EV_READ | EV_WRITE)

/* Wakes the threads that wait for FD in queues that were given to
 * tu_wait_begin: they look again. */
void tu_waits_wake(struct tu_scheduler *s, int fd);

/* 0, or -1 with errno. */
int tu_watch_add(struct tu_watch *w);
/* Adds the event, and parks the thread in the queue. */
enum tu_wake tu_watch_wait(struct tu_watch *w);

#endif
