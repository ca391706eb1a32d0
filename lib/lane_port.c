/* SPDX-License-Identifier: ISC */
/*
 * How the ports of a connection that has layers or a rate wait and end.
 */
#include <errno.h>

#include "layers.h"
#include "port.h"

static enum tu_wake wait_for(struct tu_port *, short, int64_t);

/* The bufferevent's buffers may replace those of the ports. */
int
tu_lane_begin(struct tu_connection *c, struct tu_scheduler *s)
{
	if (c->output != NULL)
		tu_output_settle(c->output);
	if (tu_lane_make(c, s) == -1)
		return -1;
	if (c->input != NULL)
		c->input->ahead.buffer = c->unread;
	c->lane->changed = tu_lane_wake;
	return 0;
}

/* The port's own event stays added between waits only if it is waited for, as
 * it would end other waits at once. */
int
tu_lane_wait(struct tu_port *p, bool unsent)
{
	struct tu_connection *c = p->connection;
	struct tu_lack lack =
	    tu_lane_lacks(c, c->input == p, c->output == p || unsent);
	enum tu_wake woken;

	woken = wait_for(p, lack.what, lack.until);
	if (woken == TU_READY && !p->closed)
		return 0;
	return tu_port_end(p, woken);
}

static enum tu_wake
wait_for(struct tu_port *p, short what, int64_t until)
{
	struct tu_scheduler *s = &p->runtime->scheduler;
	short own = p->watch.what & TU_BOTH, other = own ^ TU_BOTH;
	enum tu_wake woken = TU_FAILED;
	struct tu_wait wait;

	if ((what & own) == 0)
		tu_watch_clear(&p->watch);
	tu_wait_begin(&wait, s, p->connection->descriptor.fd, other, &p->queue);
	if (tu_hurried(s) ||
	    (((what & own) == 0 || tu_watch_add(&p->watch) == 0) &&
		((what & other) == 0 || tu_watch_add(&wait.watch) == 0)))
		woken = tu_park(s, &p->queue, until, TU_OUTSIDE);
	tu_wait_end(&wait);
	return woken == TU_ELAPSED ? TU_READY : woken;
}

void
tu_lane_wake(struct tu_connection *c)
{
	if (c->input != NULL)
		tu_wake_all(&c->input->queue, TU_READY);
	if (c->output != NULL)
		tu_wake_all(&c->output->queue, TU_READY);
	tu_waits_wake(c->lane->scheduler, c->descriptor.fd);
}

/* All that was written goes to the layers before they finish.  If the socket
 * has failed, layers without an end of their own lack nothing. */
int
tu_lane_end_output(struct tu_port *p)
{
	struct tu_connection *c = p->connection;
	struct tu_lane *l = c->lane;

	if (p->abandoned || l->top == NULL)
		return 0;
	l->ending = true;
	tu_lane_claim(c);
	if (tu_output_flush(p) == -1)
		return -1;
	switch (tu_layers_finish(c, c->input == NULL)) {
	case 0:
		return tu_output_flush(p);
	case 1:
		return 0;
	default:
		return tu_port_raise(p);
	}
}

/* The end of a layer that has no half-close is a few bytes, for which no rate
 * counts.  If there is no room for them, the peer has to see that they are
 * missing. */
int
tu_lane_end(struct tu_port *p)
{
	struct tu_connection *c = p->connection;
	struct tu_lane *l = c->lane;

	if (l == NULL || l->top == NULL || l->ended || p->abandoned || c->cut)
		return 0;
	tu_rate_free(&l->rate, c->bev);
	tu_lane_claim(c);
	if (tu_layers_finish(c, true) == 0 &&
	    (!tu_lane_unsent(c) || tu_lane_write(c, NULL, 0) == 0))
		return 0;
	c->cut = true;
	if (errno == EAGAIN)
		return tu_port_fail(p, TCPUNIT_ERROR_TIMEOUT, ETIMEDOUT);
	return tu_port_raise(p);
}

bool
tu_port_in_layer(struct tu_port *p)
{
	if (!tu_lane_active(p->connection))
		return false;
	(void)tu_port_fail(p, TCPUNIT_ERROR_BUSY, EBUSY); /* is -1 */
	return true;
}
