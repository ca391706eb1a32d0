/* SPDX-License-Identifier: ISC */
/*
 * inherited.h - listening sockets that go from one program to another: taken
 * over from who started us, or handed to a COMMAND that takes our place.
 */
#ifndef TCPU_INHERITED_H
#define TCPU_INHERITED_H

#include <stdbool.h>
#include <tcpunit.h>

#include "../run.h"

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

/*
 * Becomes the program WORDS, which lies at PATH, with the sockets of L as
 * descriptors 3 and up, and the variables that tell of them.  Returns the
 * status to end with, having said why.
 */
int hold(const struct run *run, tcp_listener l, const char *path,
    char *const *words);

#endif
