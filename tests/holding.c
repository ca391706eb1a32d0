/* SPDX-License-Identifier: ISC */
#include "holding.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

static enum bufferevent_filter_result
pass_input(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *holding)
{
	struct holding *h = holding;
	bool permits = evbuffer_search(from, "!", 1, NULL).pos != -1;

	(void)limit;
	h->ended |= mode == BEV_FINISHED;
	evbuffer_add_buffer(to, from);
	if (permits || h->permitted)
		holding_permit(h);
	return BEV_OK;
}

static enum bufferevent_filter_result
pass_output(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
    enum bufferevent_flush_mode mode, void *holding)
{
	struct holding *h = holding;

	(void)limit;
	(void)mode;
	if (!h->permitted)
		return BEV_NEED_MORE;
	evbuffer_add_buffer(to, from);
	return BEV_OK;
}

struct bufferevent *
holding_make(struct bufferevent *below, void *holding)
{
	struct holding *h = holding;

	*h = (struct holding){.layer = bufferevent_filter_new(
				  below, pass_input, pass_output, 0, NULL, h)};
	return h->layer;
}

void
holding_permit(struct holding *h)
{
	h->permitted = true;
	bufferevent_trigger(bufferevent_get_underlying(h->layer), EV_WRITE, 0);
}
