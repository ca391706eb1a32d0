/* SPDX-License-Identifier: ISC */
/*
 * Waking a green thread from another OS thread: one descriptor for all of a
 * runtime that wait so, and none while nobody does.
 */
#ifndef TU_WAKEUP_H
#define TU_WAKEUP_H

#include <sys/queue.h>

#include <stdbool.h>

#include "scheduler.h"

/* All of one runtime. */
struct tu_wakeups {
	struct tu_scheduler *scheduler;
	struct event *event;
	int fd;         /* an eventfd, while there are users */
	unsigned users; /* between begin and end */
	TAILQ_HEAD(, tu_wakeup) sent;
};

/* One wait of one green thread, which has it on its stack. */
struct tu_wakeup {
	TAILQ_ENTRY(tu_wakeup) link;
	struct tu_wakeups *home;
	struct tu_thread *thread;
	bool sent, woken;
};

void tu_wakeups_init(struct tu_wakeups *all, struct tu_scheduler *s);

/* For the running thread.  0, or -1 with errno. */
int tu_wakeup_begin(struct tu_wakeups *all, struct tu_wakeup *w);
void tu_wakeup_end(struct tu_wakeup *w);

/* By any OS thread, with the helpers' lock held, and once. */
void tu_wakeup_send(struct tu_wakeup *w);

/* Parks until it is sent: TU_READY. */
enum tu_wake tu_wakeup_wait(struct tu_wakeup *w);

#endif
