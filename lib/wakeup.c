/* SPDX-License-Identifier: ISC */
#include "wakeup.h"

#include <sys/eventfd.h>

#include <errno.h>

#include "fd.h"
#include "helpers.h"

static bool is_sent(const struct tu_wakeup *);
static int open_all(struct tu_wakeups *);
static void close_all(struct tu_wakeups *);
static void deliver(evutil_socket_t, short, void *);

void
tu_wakeups_init(struct tu_wakeups *all, struct tu_scheduler *s)
{
	*all = (struct tu_wakeups){.scheduler = s, .fd = -1};
	TAILQ_INIT(&all->sent);
}

int
tu_wakeup_begin(struct tu_wakeups *all, struct tu_wakeup *w)
{
	if (all->users == 0 && open_all(all) == -1)
		return -1;
	all->users++;
	*w = (struct tu_wakeup){.home = all, .thread = all->scheduler->current};
	return 0;
}

void
tu_wakeup_end(struct tu_wakeup *w)
{
	struct tu_wakeups *all = w->home;

	tu_helpers_lock();
	if (w->sent && !w->woken)
		TAILQ_REMOVE(&all->sent, w, link);
	tu_helpers_unlock();
	if (--all->users == 0)
		close_all(all);
}

void
tu_wakeup_send(struct tu_wakeup *w)
{
	struct tu_wakeups *all = w->home;

	w->sent = true;
	TAILQ_INSERT_TAIL(&all->sent, w, link);
	(void)eventfd_write(all->fd, 1); /* fails only if it is full */
}

enum tu_wake
tu_wakeup_wait(struct tu_wakeup *w)
{
	enum tu_wake woken = TU_READY;

	while (woken == TU_READY && !is_sent(w))
		woken = tu_park(w->home->scheduler, NULL, TU_NEVER, TU_OUTSIDE);
	return woken;
}

static bool
is_sent(const struct tu_wakeup *w)
{
	bool sent;

	tu_helpers_lock();
	sent = w->sent;
	tu_helpers_unlock();
	return sent;
}

static int
open_all(struct tu_wakeups *all)
{
	int error;

	all->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (all->fd == -1)
		return -1;
	errno = ENOMEM;
	all->event = event_new(all->scheduler->loop.base, all->fd,
	    EV_READ | EV_PERSIST, deliver, all);
	if (all->event != NULL && event_add(all->event, NULL) == 0)
		return 0;
	error = errno;
	close_all(all);
	errno = error;
	return -1;
}

static void
close_all(struct tu_wakeups *all)
{
	int error = errno;

	if (all->event != NULL && !all->scheduler->forked)
		event_free(all->event);
	tu_fd_close(all->fd);
	all->event = NULL;
	all->fd = -1;
	errno = error;
}

/* Runs in the event loop of the runtime that waits. */
static void
deliver(evutil_socket_t fd, short what, void *arg)
{
	struct tu_wakeups *all = arg;
	struct tu_wakeup *w;
	eventfd_t n;

	(void)what;
	tu_helpers_lock();
	(void)eventfd_read(fd, &n); /* it may be empty already */
	while ((w = TAILQ_FIRST(&all->sent)) != NULL) {
		TAILQ_REMOVE(&all->sent, w, link);
		w->woken = true;
		tu_wake(w->thread, TU_READY);
	}
	tu_helpers_unlock();
}
