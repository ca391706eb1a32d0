/* SPDX-License-Identifier: ISC */
/*
 * The green threads that were started, also those of the command: the linker
 * puts these calls in the place of the library's.
 */
#ifndef SIM_STARTED_H
#define SIM_STARTED_H

#include <tcpunit.h>

/* Those that have not returned. */
int sim_started(void);

tcp_thread __wrap_tcp_thread_start(void *(*f)(void *), void *arg);
tcp_thread __real_tcp_thread_start(void *(*f)(void *), void *arg);

#endif
