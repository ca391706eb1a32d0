/* SPDX-License-Identifier: ISC */
#include "memory.h"

#include <openssl/bio.h>

#include <errno.h>

/* More than the sizes of a layer, of its callback and of its BIO, together. */
#define LAYER_SIZE 4096

static void has_come(
    struct evbuffer *, const struct evbuffer_cb_info *, void *);
static void has_sent(
    struct evbuffer *, const struct evbuffer_cb_info *, void *);
static long check(BIO *, int, const char *, size_t, int, long, int, size_t *);

/* libevent frees the layer before it is one if its buffers cannot be made, and
 * ignores it if their callback cannot.  It finds the memory that is freed here:
 * only another OS thread can take it. */
bool
tt_has_memory(void)
{
	struct evbuffer *buffers[2] = {evbuffer_new(), evbuffer_new()};
	bool has = buffers[0] != NULL && buffers[1] != NULL &&
	    evbuffer_expand(buffers[0], LAYER_SIZE) == 0;

	for (int i = 0; i < 2; i++) {
		if (buffers[i] != NULL)
			evbuffer_free(buffers[i]);
	}
	errno = ENOMEM;
	return has;
}

int
tt_watch_memory(struct tt_memory *m, struct bufferevent *below)
{
	m->input = bufferevent_get_input(below);
	m->output = bufferevent_get_output(below);
	m->added = evbuffer_add_cb(m->input, has_come, m);
	if (m->added != NULL)
		m->sent = evbuffer_add_cb(m->output, has_sent, m);
	if (m->sent != NULL)
		return 0;
	if (m->added != NULL)
		(void)evbuffer_remove_cb_entry(m->input, m->added); /* is 0 */
	errno = ENOMEM;
	return -1;
}

void
tt_check_memory(struct tt_memory *m, struct bufferevent *layer, SSL *ssl)
{
	m->layer = layer;
	BIO_set_callback_ex(SSL_get_wbio(ssl), check);
	BIO_set_callback_arg(SSL_get_wbio(ssl), (char *)m);
}

void
tt_leave_memory(struct tt_memory *m)
{
	(void)evbuffer_remove_cb_entry(m->input, m->added); /* is 0 */
	(void)evbuffer_remove_cb_entry(m->output, m->sent);
}

/* The layer reads the bytes after this, and then finds the room that is made
 * for them here: as much as it asks for, in as many pieces. */
static void
has_come(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct tt_memory *m = arg;
	struct evbuffer_iovec room[2];
	size_t most;

	(void)input;
	if (info->n_added == 0 || m->layer == NULL || m->lacks)
		return;
	most = bufferevent_get_max_single_read(m->layer);
	if (evbuffer_reserve_space(
		bufferevent_get_input(m->layer), (ev_ssize_t)most, room, 2) > 0)
		return;
	m->lacks = true;
	errno = ENOMEM;
	bufferevent_trigger_event(
	    m->layer, BEV_EVENT_ERROR | BEV_EVENT_READING, 0);
}

static void
has_sent(
    struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
	struct tt_memory *m = arg;

	(void)output;
	if (info->n_added > 0)
		m->has_sent = true;
}

/* OpenSSL calls it before and after each operation of the BIO, whose result it
 * may change.  A layer below may take a record at once, so that the length of
 * the buffer says nothing. */
static long
check(BIO *bio, int operation, const char *bytes, size_t size, int i, long l,
    int result, size_t *processed)
{
	struct tt_memory *m = (void *)BIO_get_callback_arg(bio);

	(void)bytes, (void)size, (void)i, (void)l, (void)processed;
	if (operation == BIO_CB_WRITE)
		m->has_sent = false;
	if (operation != (BIO_CB_WRITE | BIO_CB_RETURN) || result <= 0 ||
	    m->has_sent)
		return result;
	m->lacks = true;
	errno = ENOMEM;
	return -1;
}
