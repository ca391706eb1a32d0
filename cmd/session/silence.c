/* SPDX-License-Identifier: ISC */
#include "silence.h"

#include <poll.h>

#include "../clock.h"
#include "delivery.h"
#include "wire.h"

static uint64_t
moved_bytes(const struct session *s, bool both)
{
	return tcp_port_position(s->in) + (both ? sent_bytes(s) : 0);
}

/* Whether received data wait for a slow output.  The peer is not silent then:
 * it may be unable to send more. */
static bool
is_kept_waiting(const struct session *s)
{
	struct pollfd output = {
	    tcp_port_fileno(s->standard->output), POLLOUT, 0};

	return s->in_lane.held > 0 || wire_has_unread(tcp_port_fileno(s->in)) ||
	    poll(&output, 1, 0) == 0;
}

/* Whether a lane moves bytes, which takes its time. */
static bool
is_under_way(const struct session *s)
{
	return s->in_lane.pace.waits || s->out_lane.pace.waits;
}

int
await_silence(struct session *s, bool both, int limit)
{
	const int most = limit / 10 < 200 ? limit / 10 + 1 : 200;
	int64_t left, since = now();
	uint64_t moved, before = moved_bytes(s, both);

	if (limit == -1)
		return tcp_thread_sleep(-1);
	while ((left = since + limit - now()) > 0) {
		if (tcp_thread_sleep(left < most ? (int)left : most) == -1)
			return -1;
		moved = moved_bytes(s, both);
		if (moved != before ||
		    (both ? is_under_way(s) : is_kept_waiting(s)))
			since = now();
		before = moved;
	}
	return 0;
}
