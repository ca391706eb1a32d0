/* SPDX-License-Identifier: ISC */
/*
 * inherited.h - takes over listening sockets that tcpu was started with, as
 * sd_listen_fds(3) does.
 */
#ifndef TCPU_INHERITED_H
#define TCPU_INHERITED_H

#include <stdbool.h>
#include <tcpunit.h>
#include <unistd.h>

#include "../run.h"

/* The first descriptor that a service manager passes. */
#define FIRST_FD (STDERR_FILENO + 1)

struct inherited {
	int count;
	int fds[TCPUNIT_MAX_SOCKETS];
	char what[32]; /* "listen --fd 3", for messages */
};

/* Whether tcpu got sockets by $LISTEN_FDS, with $LISTEN_PID its own. */
bool has_listen_fds(void);

/*
 * Call before the library is used.  Takes descriptor FD or, if it is -1, the
 * descriptors of $LISTEN_FDS; checks that they are listening stream sockets,
 * and moves them above 2.  Returns 0; or the status to end with, having said
 * why.
 */
int find_inherited(const struct run *run, int fd, struct inherited *i);

#endif
