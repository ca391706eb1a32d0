/* SPDX-License-Identifier: ISC */
/*
 * holding.h - a layer that takes output only once it is permitted, which it is
 * after it has got a '!'.
 */
#ifndef HOLDING_H
#define HOLDING_H

#include <stdbool.h>

struct bufferevent;

struct holding {
	struct bufferevent *layer;
	bool permitted;
	bool ended; /* it has got the end of the input */
};

/* For tcp_stack(3); HOLDING is a struct holding. */
struct bufferevent *holding_make(struct bufferevent *below, void *holding);

/* Permits output now. */
void holding_permit(struct holding *h);

#endif
