/* SPDX-License-Identifier: ISC */
/*
 * Epoll sets, level-triggered.  When the only running OS thread waits, the
 * clock jumps to the next event.
 */
#include "poller.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "clock.h"
#include "memory.h"
#include "random.h"
#include "verdict.h"
#include "weather.h"

enum { MAX_ITEMS = SIM_MAX_FDS, MAX_SETS = 4, PATIENCE = 3 };

struct item {
	int fd;
	struct sim_file *file;
	struct epoll_event event;
	unsigned passed_over;
};

struct set {
	unsigned n;
	struct item items[MAX_ITEMS];
};

static struct set *sets[MAX_SETS];
static unsigned n_sets;

void (*sim_poller_check)(int64_t until);

static short poll_set(const struct sim_file *);
static void close_set(struct sim_file *);
static uint32_t ready(const struct item *);
static struct item *find(struct set *, int, const struct sim_file *);
static unsigned list(struct set *, struct item **);
static unsigned oldest(struct item **, unsigned);
static int report(struct set *, struct epoll_event *, int);
static bool pretend(struct set *, struct epoll_event *);
static void sleep_until(int64_t);
static int check_all(struct pollfd *, nfds_t);

static const struct sim_file_kind kind = {"epoll", 0, poll_set,
    sim_file_refuse_read, sim_file_refuse_write, close_set, NULL};

struct sim_file *
sim_poller_new(void)
{
	struct set *set = sim_memory(sizeof(*set));
	struct sim_file *f = sim_file_new(&kind, set);

	if (n_sets < MAX_SETS)
		sets[n_sets++] = set;
	else
		sets[MAX_SETS - 1] = set; /* later sets share the last place */
	return f;
}

int
sim_poller_control(
    struct sim_file *f, int what, int fd, const struct epoll_event *event)
{
	struct sim_file *file = sim_table_get(fd);
	struct set *set = f->object;
	struct item *i;

	errno = EBADF;
	if (f->kind != &kind || file == NULL)
		return -1;
	errno = EPERM;
	if (S_ISREG(file->kind->mode))
		return -1;
	i = find(set, fd, file);
	errno = what == EPOLL_CTL_ADD ? EEXIST : ENOENT;
	if ((i != NULL) == (what == EPOLL_CTL_ADD))
		return -1;
	if (what == EPOLL_CTL_DEL) {
		*i = set->items[--set->n];
		return 0;
	}
	if (i == NULL)
		i = &set->items[set->n++];
	*i = (struct item){fd, file, *event, 0};
	return 0;
}

int
sim_poller_wait(
    struct sim_file *f, struct epoll_event *events, int most, int ms)
{
	int64_t until = ms < 0 ? SIM_NEVER : sim_now() + ms * SIM_MS;
	struct set *set = f->object;
	int n;

	if (ms > 0)
		until += sim_between(0, sim_weather.oversleep);
	if (most > sim_weather.most_events)
		most = sim_weather.most_events;
	while ((n = report(set, events, most)) == 0 && ms != 0 &&
	    sim_now() < until) {
		if (sim_chance(sim_weather.interrupted)) {
			errno = EINTR;
			return -1;
		}
		sleep_until(until);
		if (pretend(set, events))
			return 1;
	}
	return n;
}

void
sim_poller_forget(struct sim_file *f)
{
	unsigned i, j;

	for (i = 0; i < n_sets; i++)
		for (j = 0; j < sets[i]->n; j++)
			if (sets[i]->items[j].file == f)
				sets[i]->items[j--] =
				    sets[i]->items[--sets[i]->n];
}

int
sim_poller_poll(struct pollfd *p, nfds_t n, int ms)
{
	int found;

	if (ms != 0)
		sim_fail("poll stops every thread");
	found = check_all(p, n);
	if (found > 0 || !sim_chance(sim_weather.interrupted))
		return found;
	errno = EINTR;
	return -1;
}

static short
poll_set(const struct sim_file *f)
{
	(void)f;
	return 0;
}

static void
close_set(struct sim_file *f)
{
	unsigned i = 0;

	while (i < n_sets && sets[i] != f->object)
		i++;
	if (i < n_sets)
		sets[i] = sets[--n_sets];
}

/* Epoll's bits are the same as those of poll. */
static uint32_t
ready(const struct item *i)
{
	return (uint32_t)i->file->ready & (i->event.events | POLLERR | POLLHUP);
}

static struct item *
find(struct set *set, int fd, const struct sim_file *file)
{
	unsigned i;

	for (i = 0; i < set->n; i++)
		if (set->items[i].fd == fd && set->items[i].file == file)
			return &set->items[i];
	return NULL;
}

static int
report(struct set *set, struct epoll_event *events, int most)
{
	struct item *waiting[MAX_ITEMS], *i;
	unsigned n = list(set, waiting), at;
	int reported = 0;

	while (n > 0 && reported < most) {
		at = oldest(waiting, n);
		i = waiting[at];
		waiting[at] = waiting[--n];
		i->passed_over = 0;
		events[reported] = i->event;
		events[reported++].events = ready(i);
	}
	while (n > 0)
		waiting[--n]->passed_over++;
	return reported;
}

/* Collects the ready files, in the order of the set or in a random order. */
static unsigned
list(struct set *set, struct item **waiting)
{
	unsigned n = 0, i, at;

	for (i = 0; i < set->n; i++) {
		if (ready(&set->items[i]) == 0)
			continue;
		at = n++;
		if (sim_weather.shuffled)
			at = sim_below(n);
		if (at != n - 1)
			waiting[n - 1] = waiting[at];
		waiting[at] = &set->items[i];
	}
	return n;
}

/* A file that was passed over too often comes first; of several, the one that
 * has waited longest. */
static unsigned
oldest(struct item **waiting, unsigned n)
{
	unsigned i, found = 0, most = PATIENCE - 1;

	for (i = 0; i < n; i++) {
		if (waiting[i]->passed_over <= most)
			continue;
		most = waiting[i]->passed_over;
		found = i;
	}
	return found;
}

/* Reports a socket as readable that is not. */
static bool
pretend(struct set *set, struct epoll_event *events)
{
	struct item *i;

	if (set->n == 0 || !sim_chance(sim_weather.spurious))
		return false;
	i = &set->items[sim_below(set->n)];
	if (!S_ISSOCK(i->file->kind->mode) || ready(i) != 0)
		return false;
	events[0] = i->event;
	events[0].events &= POLLIN | POLLOUT;
	return events[0].events != 0;
}

static void
sleep_until(int64_t until)
{
	int64_t next = sim_next();

	if (sim_poller_check != NULL)
		sim_poller_check(until);
	if (next > until)
		next = until;
	if (next == SIM_NEVER)
		sim_fail("everybody waits, and nothing can happen any more");
	sim_jump(next);
}

static int
check_all(struct pollfd *p, nfds_t n)
{
	struct sim_file *f;
	int found = 0;
	nfds_t i;

	for (i = 0; i < n; i++) {
		f = sim_table_get(p[i].fd);
		p[i].revents = POLLNVAL;
		if (f != NULL)
			p[i].revents = (short)(f->ready &
			    (p[i].events | POLLERR | POLLHUP));
		found += p[i].revents != 0;
	}
	return found;
}
