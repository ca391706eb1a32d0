/* SPDX-License-Identifier: ISC */
/*
 * process_sockets.h - which TCP sockets a process has, together with its
 * descendants: a server is often the child of the process one has started.
 */
#ifndef TCPU_PROCESS_SOCKETS_H
#define TCPU_PROCESS_SOCKETS_H

#include <stdbool.h>
#include <sys/types.h>

#include "sockets.h"

/*
 * The sockets of the process and of its descendants, each in the network that
 * its owner is in; those of descendants that we may not look at are left out.
 * Returns 0, and TABLE is given back with free_sockets; or -1 with errno:
 * ESRCH where there is no such process, or it has ended; EACCES where we may
 * not look at it.
 */
int read_process_sockets(
    pid_t process, bool listening, struct socket_table *table);

/*
 * Another process that has the socket with this number, the first of those that
 * may be looked at; 0 if none is found.
 */
pid_t find_owner(unsigned long inode);

#endif
