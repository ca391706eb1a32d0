/* SPDX-License-Identifier: ISC */
/*
 * The deadline of a thread, which bounds each of its calls: see limit.c.
 */
#include "error.h"
#include "runtime.h"

int
tcp_set_deadline(int timeout, tcp_deadline *outer)
{
	struct tu_runtime *rt = tu_begin("set-deadline");
	struct tu_thread *self;
	int64_t time = tu_after(timeout);

	if (rt == NULL || tu_check_time(timeout) == -1)
		return -1;
	self = rt->scheduler.current;
	if (outer != NULL)
		outer->time = self->deadline == TU_NEVER ? 0 : self->deadline;
	if (time < self->deadline)
		self->deadline = time;
	return 0;
}

void
tcp_restore_deadline(tcp_deadline outer)
{
	struct tu_runtime *rt = tu_runtime();

	if (rt != NULL)
		rt->scheduler.current->deadline =
		    outer.time != 0 ? outer.time : TU_NEVER;
}
