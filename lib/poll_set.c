/* SPDX-License-Identifier: ISC */
#include "poll_set.h"

#include <event2/event.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <errno.h>
#include <string.h>

#include "fd.h"
#include "timers.h"

enum { MAX_FD = 1 << 24 };

static int find_epoll(struct event_base *);
static int search(struct event_base *, int);
static int search_with(int);
static int add(int, int);
static void ignore(evutil_socket_t, short, void *);

int
tu_poll_set_open(struct tu_poll_set *p, struct event_base *base)
{
	int epoll = find_epoll(base), error;

	if (epoll == -1)
		return -1;
	p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	p->fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->timer != -1 && p->fd != -1 && add(p->fd, epoll) == 0 &&
	    add(p->fd, p->timer) == 0)
		return 0;
	error = errno;
	tu_poll_set_close(p);
	errno = error;
	return -1;
}

void
tu_poll_set_close(struct tu_poll_set *p)
{
	if (p->timer != -1)
		tu_fd_close(p->timer);
	if (p->fd != -1)
		tu_fd_close(p->fd);
	p->timer = p->fd = -1;
}

void
tu_poll_set_arm(const struct tu_poll_set *p, int64_t time)
{
	struct itimerspec when = {0};

	if (time != TU_NEVER) {
		when.it_value.tv_sec = time / 1000000;
		when.it_value.tv_nsec = time % 1000000 * 1000;
	}
	if (time <= 0)
		when.it_value.tv_nsec = 1; /* 0 would disarm it */
	(void)timerfd_settime(p->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* The descriptor of libevent's epoll set, which no call of libevent returns. */
static int
find_epoll(struct event_base *base)
{
	int probe, fd, error;

	if (strcmp(event_base_get_method(base), "epoll") != 0) {
		errno = ENOTSUP;
		return -1;
	}
	probe = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (probe == -1)
		return -1;
	fd = search(base, probe);
	error = errno;
	tu_fd_close(probe);
	errno = error;
	return fd;
}

static int
search(struct event_base *base, int probe)
{
	struct event *event = event_new(base, probe, EV_READ, ignore, NULL);
	int fd = -1;

	errno = ENOMEM;
	if (event == NULL)
		return -1;
	if (event_add(event, NULL) == 0)
		fd = search_with(probe);
	event_free(event);
	return fd;
}

/* Only the epoll set that has the probe can modify it.  Other OS threads may
 * open and close descriptors meanwhile. */
static int
search_with(int probe)
{
	struct epoll_event same = {.events = EPOLLIN, .data.fd = probe};
	int fd;

	for (fd = 0; fd < MAX_FD; fd++)
		if (epoll_ctl(fd, EPOLL_CTL_MOD, probe, &same) == 0)
			return fd;
	errno = ENOTSUP;
	return -1;
}

static int
add(int set, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}

static void
ignore(evutil_socket_t fd, short what, void *unused)
{
	(void)fd;
	(void)what;
	(void)unused;
}
