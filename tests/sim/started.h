/* SPDX-License-Identifier: ISC */
/*
 * Counts the green threads that were started, including the command's: the
 * linker replaces the library's calls by these.
 */
#ifndef SIM_STARTED_H
#define SIM_STARTED_H

#include <tcpunit.h>

/* Returns how many threads have not ended. */
int sim_started(void);

tcp_thread __wrap_tcp_thread_start(void *(*f)(void *), void *arg);
tcp_thread __real_tcp_thread_start(void *(*f)(void *), void *arg);

#endif
