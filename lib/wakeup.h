/* SPDX-License-Identifier: ISC */
/*
 * Waking green threads from another OS thread, by an eventfd in the event loop:
 * one descriptor for all waits of a runtime, and none while there are no waits.
 */
#ifndef TU_WAKEUP_H
#define TU_WAKEUP_H

#include <sys/queue.h>

#include <stdbool.h>

#include "scheduler.h"

/* All waits of one runtime. */
struct tu_wakeups {
	struct tu_scheduler *scheduler;
	struct event *event;
	int fd;         /* an eventfd, while there are users */
	unsigned users; /* waits that have begun and not ended */
	TAILQ_HEAD(, tu_wakeup) sent;
};

/* One wait of one green thread; it lies on that thread's stack. */
struct tu_wakeup {
	TAILQ_ENTRY(tu_wakeup) link;
	struct tu_wakeups *home;
	struct tu_thread *thread;
	bool sent, woken;
};

void tu_wakeups_init(struct tu_wakeups *all, struct tu_scheduler *s);

/* Begins a wait of the running thread.  0, or -1 with errno. */
int tu_wakeup_begin(struct tu_wakeups *all, struct tu_wakeup *w);
void tu_wakeup_end(struct tu_wakeup *w);

/* Called by any OS thread, once for each wait, with the helpers' lock held. */
void tu_wakeup_send(struct tu_wakeup *w);

/* Parks until the wake-up is sent, and returns TU_READY then. */
enum tu_wake tu_wakeup_wait(struct tu_wakeup *w);

#endif
