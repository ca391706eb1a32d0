/* SPDX-License-Identifier: ISC */
/*
 * process_sockets.h - finds, in /proc, the TCP sockets of a process and of its
 * descendants: a server is often a child of the process that a script starts.
 */
#ifndef TCPU_PROCESS_SOCKETS_H
#define TCPU_PROCESS_SOCKETS_H

#include <stdbool.h>
#include <sys/types.h>

#include "sockets.h"

/*
 * Lists the sockets of the process and of its descendants, each in the network
 * namespace of its owner; leaves out descendants that tcpu may not inspect.
 * Returns 0, and free_sockets frees TABLE; or -1 with errno: ESRCH if there is
 * no such process, or it has ended; EACCES if tcpu may not inspect it.
 */
int read_process_sockets(
    pid_t process, bool listening, struct socket_table *table);

/*
 * Another process that has the socket with this inode: the first that tcpu may
 * inspect; 0 if none is found.
 */
pid_t find_owner(unsigned long inode);

#endif
