/* SPDX-License-Identifier: ISC */
/*
 * Whether libevent's layer for TLS lacks memory, which it does not report: a
 * record to be sent would be left out, and received bytes would be left where
 * they are, so that both ends could wait for each other without end.
 */
#ifndef TT_MEMORY_H
#define TT_MEMORY_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <openssl/ssl.h>

#include <stdbool.h>

struct tt_memory {
	struct bufferevent *layer; /* NULL: there is none yet */
	struct evbuffer *input, *output;
	struct evbuffer_cb_entry *added, *sent;
	bool has_sent; /* the last record is in OUTPUT, or was */
	bool lacks;
};

/* Whether there is memory for a layer.  libevent would crash without it. */
bool tt_has_memory(void);
/* Watches the buffers of the bufferevent below, until tt_leave_memory: 0, or -1
 * with errno ENOMEM. */
int tt_watch_memory(struct tt_memory *m, struct bufferevent *below);
/* Begins to check what LAYER, with SSL, makes of them. */
void tt_check_memory(struct tt_memory *m, struct bufferevent *layer, SSL *ssl);
void tt_leave_memory(struct tt_memory *m);

#endif
