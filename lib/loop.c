/* SPDX-License-Identifier: ISC */
#include "loop.h"

#include <sys/eventfd.h>

#include <errno.h>
#include <stddef.h>

#include "fd.h"

/* Limits for the program's own timers, in microseconds: libevent's clock has
 * steps of some milliseconds, and notices a change of the system's time only
 * after five seconds. */
enum { MIN_LEFT = 1000, MAX_LEFT = 5000000 };

struct search {
	const struct event *clock; /* not one of the program's */
	int64_t now;               /* the system's time */
	int64_t left; /* microseconds until the first, or TU_NEVER */
};

static int check_descriptors(void);
static struct event_base *new_base(void);
static int set_clock(struct tu_loop *);
static int64_t first_time(struct tu_loop *);
static int compare(const struct event_base *, const struct event *, void *);
static void clock_strikes(evutil_socket_t, short, void *);

int
tu_loop_init(struct tu_loop *l, void (*strike)(void *), void *owner)
{
	struct event_base *base = check_descriptors() == 0 ? new_base() : NULL;

	if (base == NULL) {
		errno = errno == EMFILE || errno == ENFILE ? errno : ENOMEM;
		return -1;
	}
	*l = (struct tu_loop){
	    .base = base,
	    .armed = TU_NEVER,
	    .poll_set = {-1, -1},
	    .strike = strike,
	    .owner = owner,
	};
	return 0;
}

void
tu_loop_free(struct tu_loop *l)
{
	tu_poll_set_close(&l->poll_set);
	if (l->clock != NULL)
		event_free(l->clock);
	event_base_free(l->base);
}

int
tu_loop_claim(struct tu_loop *l)
{
	if (check_descriptors() == -1)
		return -1;
	tu_poll_set_close(&l->poll_set); /* it has the parent's events */
	return event_reinit(l->base);
}

int
tu_loop_set(struct tu_loop *l, struct tu_timer *t, int64_t time)
{
	t->time = time;
	t->number = l->set++;
	tu_timer_add(&l->timers, t);
	if (set_clock(l) == 0)
		return 0;
	tu_loop_unset(l, t);
	return -1;
}

void
tu_loop_unset(struct tu_loop *l, struct tu_timer *t)
{
	tu_timer_remove(&l->timers, t);
}

void
tu_loop_frees(struct tu_loop *l)
{
	l->deferred++;
}

int
tu_loop_poll(struct tu_loop *l)
{
	/* EVLOOP_NONBLOCK alone never returns while an event stays ready. */
	int result = event_base_loop(l->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);

	l->deferred = 0;
	return result == -1 ? -1 : 0;
}

int
tu_loop_wait(struct tu_loop *l)
{
	int result =
	    event_base_loop(l->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);

	l->deferred = 0;
	return result == -1 ? -1 : 0;
}

int
tu_loop_fileno(struct tu_loop *l)
{
	if (l->poll_set.fd == -1 &&
	    tu_poll_set_open(&l->poll_set, l->base) == -1)
		return -1;
	return l->poll_set.fd;
}

void
tu_loop_arm(struct tu_loop *l, bool now)
{
	if (l->poll_set.fd == -1)
		return;
	now = now ||
	    event_base_get_num_events(l->base, EVENT_BASE_COUNT_ACTIVE) > 0;
	tu_poll_set_arm(&l->poll_set, now ? 0 : first_time(l));
}

/* Checks that the three descriptors that libevent needs can be opened: without
 * one of them libevent ends the process.  0, or -1 with errno. */
static int
check_descriptors(void)
{
	int fds[3], n = 0;

	while (n < 3 && (fds[n] = eventfd(0, EFD_CLOEXEC)) != -1)
		n++;
	for (int i = 0; i < n; i++)
		tu_fd_close(fds[i]);
	return n == 3 ? 0 : -1;
}

static struct event_base *
new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config == NULL)
		return NULL;
	if (event_config_set_flag(config,
		EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

/* Arms the clock for the first timer, unless it is armed for that time or an
 * earlier one already. */
static int
set_clock(struct tu_loop *l)
{
	struct timeval tv = {0};
	int64_t left;

	if (l->timers == NULL || l->timers->time >= l->armed)
		return 0;
	if (l->clock == NULL)
		l->clock = event_new(l->base, -1, 0, clock_strikes, l);
	if (l->clock == NULL) {
		errno = ENOMEM;
		return -1;
	}
	left = l->timers->time - tu_now();
	if (left > 0) {
		tv.tv_sec = left / 1000000;
		tv.tv_usec = left % 1000000;
	}
	if (event_add(l->clock, &tv) == -1)
		return -1;
	l->armed = l->timers->time;
	return 0;
}

/* libevent's clock is coarse, and may be some milliseconds early. */
static void
clock_strikes(evutil_socket_t fd, short what, void *loop)
{
	struct tu_loop *l = loop;

	(void)fd;
	(void)what;
	l->armed = TU_NEVER;
	l->strike(l->owner);
	(void)set_clock(l); /* adding the event again needs no memory */
}

/* The time of the first timer: the library's, or one that the program added to
 * the base.  libevent reports the latter only event by event. */
static int64_t
first_time(struct tu_loop *l)
{
	int64_t first = l->timers != NULL ? l->timers->time : TU_NEVER;
	struct search s = {.clock = l->clock, .left = TU_NEVER};
	struct timeval now;

	(void)evutil_gettimeofday(&now, NULL); /* cannot fail */
	s.now = now.tv_sec * INT64_C(1000000) + now.tv_usec;
	(void)event_base_foreach_event(l->base, compare, &s); /* it is 0 */
	if (s.left == TU_NEVER)
		return first;
	if (s.left < MIN_LEFT)
		s.left = MIN_LEFT;
	if (s.left > MAX_LEFT)
		s.left = MAX_LEFT;
	return s.left + tu_now() < first ? s.left + tu_now() : first;
}

static int
compare(const struct event_base *base, const struct event *event, void *search)
{
	struct search *s = search;
	struct timeval tv;
	int64_t left;

	(void)base;
	if (event == s->clock || !event_pending(event, EV_TIMEOUT, &tv))
		return 0;
	left = tv.tv_sec * INT64_C(1000000) + tv.tv_usec - s->now;
	if (left < s->left)
		s->left = left;
	return 0;
}
