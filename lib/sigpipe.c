/* SPDX-License-Identifier: ISC */
#include "sigpipe.h"

#include <errno.h>
#include <time.h>

void
tu_sigpipe_block(struct tu_sigpipe *s)
{
	sigset_t pending;

	(void)sigemptyset(&s->pipe); /* bad arguments only, all of these */
	(void)sigaddset(&s->pipe, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &s->pipe, &s->before);
	s->pending = false;
	if (sigismember(&s->before, SIGPIPE)) {
		(void)sigpending(&pending);
		s->pending = sigismember(&pending, SIGPIPE);
	}
}

void
tu_sigpipe_restore(const struct tu_sigpipe *s, ssize_t result)
{
	const struct timespec at_once = {0, 0};
	int error = errno;

	if (result == -1 && error == EPIPE && !s->pending)
		(void)sigtimedwait(&s->pipe, NULL, &at_once);
	if (!sigismember(&s->before, SIGPIPE))
		(void)pthread_sigmask(SIG_SETMASK, &s->before, NULL);
	errno = error;
}
