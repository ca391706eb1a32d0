/* SPDX-License-Identifier: ISC */
/*
 * The rates of a connection: libevent's token buckets, which belong to the
 * connection's bufferevent.  Both directions share the length of a tick.
 */
#ifndef TU_RATE_H
#define TU_RATE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

struct bufferevent;
struct ev_token_bucket_cfg;

enum { TU_RATE_INPUT, TU_RATE_OUTPUT };

struct tu_rate {
	struct ev_token_bucket_cfg *buckets; /* NULL: there is no rate */
	int64_t bytes[2]; /* a second, 0: any number; by direction */
	int64_t burst[2];
	int tick;         /* in ms */
	int64_t empty[2]; /* when the last token was taken */
};

/* Sets the rate of one direction; BYTES of 0 removes it.  0, or -1 with errno
 * ENOMEM: then nothing has changed. */
int tu_rate_set(struct tu_rate *r, struct bufferevent *bev, int direction,
    int64_t bytes, int64_t burst);
/* Removes both rates. */
void tu_rate_free(struct tu_rate *r, struct bufferevent *bev);

/* How many bytes may pass now. */
size_t tu_rate_tokens(
    struct tu_rate *r, struct bufferevent *bev, int direction);
/* N bytes have passed. */
void tu_rate_take(
    struct tu_rate *r, struct bufferevent *bev, int direction, size_t n);
/* The time at which the next tokens come. */
int64_t tu_rate_next(const struct tu_rate *r);

#endif
