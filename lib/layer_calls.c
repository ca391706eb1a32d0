/* SPDX-License-Identifier: ISC */
/*
 * Whether functions of layers are running.
 */
#include <event2/event.h>

#include "layers.h"

static bool in_own_event(const struct tu_connection *);

void
tu_layers_enter(struct tu_lane *l)
{
	l->active = true;
	l->caller = l->scheduler->current;
	l->scheduler->current = l->scheduler->guest;
}

void
tu_layers_leave(struct tu_lane *l)
{
	l->scheduler->current = l->caller;
	l->active = false;
}

bool
tu_lane_active(const struct tu_connection *c)
{
	const struct tu_lane *l = c->lane;

	if (l == NULL || l->top == NULL)
		return l != NULL && l->active;
	return l->active || (tu_in_callback(l->scheduler) && in_own_event(c));
}

/* Only events of the program's and of its layers run as callbacks.  libevent
 * has no event for a call that it has deferred. */
static bool
in_own_event(const struct tu_connection *c)
{
	struct event_base *base = c->lane->scheduler->loop.base;
	const struct event *running = event_base_get_running_event(base);
	const struct tu_layer *layer;
	const void *arg;

	if (running == NULL)
		return true;
	arg = event_get_callback_arg(running);
	for (layer = c->lane->top; layer != NULL; layer = layer->below)
		if (arg == layer->bev || (arg != NULL && arg == layer->arg))
			return true;
	return false;
}
