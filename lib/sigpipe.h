/* SPDX-License-Identifier: ISC */
/*
 * Writing to a pipe or a socket without SIGPIPE, for calls that have no flag
 * for it, and without changing how the program handles the signal.  The signal
 * is blocked during the call.  If it was not blocked before, none was pending,
 * so that a pending one comes from the call and is taken.
 */
#ifndef TU_SIGPIPE_H
#define TU_SIGPIPE_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>

struct tu_sigpipe {
	sigset_t pipe;
	sigset_t before;
	bool pending;
};

/* Called before and after one system call, whose result is RESULT.  errno
 * stays. */
void tu_sigpipe_block(struct tu_sigpipe *s);
void tu_sigpipe_restore(const struct tu_sigpipe *s, ssize_t result);

#endif
