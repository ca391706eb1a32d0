/* SPDX-License-Identifier: ISC */
/*
 * Closing a descriptor that holds no data, so that nothing can be lost: no
 * result, and errno stays that of the call which no longer needs it.
 */
#ifndef TU_FD_H
#define TU_FD_H

/* Does nothing for -1. */
void tu_fd_close(int fd);

#endif
