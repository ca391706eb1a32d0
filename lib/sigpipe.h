/* SPDX-License-Identifier: ISC */
/*
 * Writing to a pipe or a socket without SIGPIPE, where no flag of the call says
 * so, and without touching what the program does about it.
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

/* Before and after one system call, whose result it is; errno stays. */
void tu_sigpipe_block(struct tu_sigpipe *s);
void tu_sigpipe_restore(const struct tu_sigpipe *s, ssize_t result);

#endif
