/* SPDX-License-Identifier: ISC */
/*
 * inherited.h - listening sockets that tcpu was started with.
 */
#ifndef TCPU_INHERITED_H
#define TCPU_INHERITED_H

#include <stdbool.h>
#include <tcpunit.h>
#include <unistd.h>

#include "../run.h"

/* The descriptors of a service manager begin here. */
#define FIRST_FD (STDERR_FILENO + 1)

struct inherited {
	int count;
	int fds[TCPUNIT_MAX_SOCKETS];
	char what[32]; /* "listen --fd 3", for messages */
};

/* Whether a service manager gave us sockets: $LISTEN_FDS and $LISTEN_PID. */
bool has_listen_fds(void);

/*
 * Before the library is called: descriptor FD or, where it is -1, those of
 * $LISTEN_FDS, which are then listening TCP sockets above 2.  Returns 0; or
 * the status to end with, having said why.
 */
int find_inherited(const struct run *run, int fd, struct inherited *i);

#endif
