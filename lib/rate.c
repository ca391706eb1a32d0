/* SPDX-License-Identifier: ISC */
#include "rate.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <sys/time.h>

#include <errno.h>
#include <limits.h>

#include "timers.h"

enum {
	MIN_TICK = 10, /* in ms */
	MAX_TICK = 1000,
	EXACT = 1000, /* rounding changes a tick by at most 1 / EXACT */
};

/* No socket is faster; sums of these fit into 64 bits.  libevent takes no
 * greater numbers than those of its own type, which may have 32 bits. */
#define FASTEST (INT64_C(1) << 40)
#define MOST (FASTEST < EV_SSIZE_MAX ? FASTEST : (int64_t)EV_SSIZE_MAX)

static int find_tick(const int64_t[2]);
static bool is_exact(int64_t, int);
static int64_t in_tick(int64_t, int);
static size_t depth(const struct tu_rate *, int);
static void renew(struct tu_rate *, struct bufferevent *);

int
tu_rate_set(struct tu_rate *r, struct bufferevent *bev, int direction,
    int64_t bytes, int64_t burst)
{
	struct tu_rate new = *r;
	struct timeval tick = {0};

	new.bytes[direction] = bytes < MOST ? bytes : MOST;
	new.burst[direction] = burst < MOST ? burst : MOST;
	new.tick = find_tick(new.bytes);
	new.buckets = NULL;
	tick.tv_sec = new.tick / 1000;
	tick.tv_usec = new.tick % 1000 * 1000;
	if (new.bytes[0] != 0 || new.bytes[1] != 0) {
		new.buckets = ev_token_bucket_cfg_new(
		    (size_t)in_tick(new.bytes[0], new.tick), depth(&new, 0),
		    (size_t)in_tick(new.bytes[1], new.tick), depth(&new, 1),
		    &tick);
		if (new.buckets == NULL ||
		    (r->buckets == NULL &&
			bufferevent_set_rate_limit(bev, new.buckets) == -1)) {
			if (new.buckets != NULL)
				ev_token_bucket_cfg_free(new.buckets);
			errno = ENOMEM;
			return -1;
		}
	}
	renew(&new, bev);
	if (r->buckets != NULL)
		ev_token_bucket_cfg_free(r->buckets);
	*r = new;
	return 0;
}

void
tu_rate_free(struct tu_rate *r, struct bufferevent *bev)
{
	struct ev_token_bucket_cfg *buckets = r->buckets;

	*r = (struct tu_rate){0};
	renew(r, bev);
	if (buckets != NULL)
		ev_token_bucket_cfg_free(buckets);
}

/* libevent's buckets stay empty if the system's clock is set back, until it
 * has reached the old time again. */
size_t
tu_rate_tokens(struct tu_rate *r, struct bufferevent *bev, int direction)
{
	ev_ssize_t n = EV_SSIZE_MAX;

	for (int i = 0; i < 2 && r->bytes[direction] != 0; i++) {
		n = direction == TU_RATE_INPUT
		    ? bufferevent_get_read_limit(bev)
		    : bufferevent_get_write_limit(bev);
		if (n > 0 || tu_now() - r->empty[direction] < 3000 * r->tick)
			break;
		renew(r, bev);
	}
	return n > 0 ? (size_t)n : 0;
}

void
tu_rate_take(
    struct tu_rate *r, struct bufferevent *bev, int direction, size_t n)
{
	if (r->bytes[direction] == 0)
		return;
	/* Adding an event for the next tick can fail, but is not needed. */
	if (direction == TU_RATE_INPUT)
		(void)bufferevent_decrement_read_limit(bev, (ev_ssize_t)n);
	else
		(void)bufferevent_decrement_write_limit(bev, (ev_ssize_t)n);
	r->empty[direction] = tu_now();
}

/* A tick begins when the system's time is a multiple of its length. */
int64_t
tu_rate_next(const struct tu_rate *r)
{
	struct timeval now;
	int64_t tick = INT64_C(1000) * r->tick;

	(void)gettimeofday(&now, NULL); /* cannot fail */
	return tu_now() + tick -
	    (now.tv_sec * INT64_C(1000000) + now.tv_usec) % tick;
}

/* Begins anew, with the bytes of one tick, because libevent would count ticks
 * of the old length as ticks of the new one. */
static void
renew(struct tu_rate *r, struct bufferevent *bev)
{
	(void)bufferevent_set_rate_limit(bev, NULL); /* cannot fail */
	if (r->buckets != NULL) /* neither can this a second time */
		(void)bufferevent_set_rate_limit(bev, r->buckets);
}

/* The shortest tick with whole numbers of bytes, as nearly as matters. */
static int
find_tick(const int64_t bytes[2])
{
	int tick = MIN_TICK;

	while (tick < MAX_TICK &&
	    (!is_exact(bytes[0], tick) || !is_exact(bytes[1], tick)))
		tick++;
	return tick;
}

static bool
is_exact(int64_t bytes, int tick)
{
	int64_t off = bytes * tick - in_tick(bytes, tick) * 1000;

	return bytes == 0 || (off < 0 ? -off : off) <= bytes * tick / EXACT;
}

/* The bytes of a tick, rounded. */
static int64_t
in_tick(int64_t bytes, int tick)
{
	return bytes == 0 ? MOST : (bytes * tick + 500) / 1000;
}

/* The most tokens of a bucket, at least those of a tick. */
static size_t
depth(const struct tu_rate *r, int direction)
{
	int64_t bytes = r->bytes[direction], burst = r->burst[direction];
	int64_t least = in_tick(bytes, r->tick);

	if (burst == 0)
		burst = bytes / 10;
	return (size_t)(burst > least ? burst : least);
}
