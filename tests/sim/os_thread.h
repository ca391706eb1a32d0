/* SPDX-License-Identifier: ISC */
/*
 * The other OS threads of the process, as contexts that run when the simulated
 * machine lets them: pthread_create(3), mutexes and conditions.
 */
#ifndef SIM_OS_THREAD_H
#define SIM_OS_THREAD_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the caller is an OS thread other than the first. */
bool sim_os_thread_p(void);

/* Stops the calling OS thread for a time. */
void sim_os_thread_sleep(int64_t ns);

unsigned sim_os_threads(void);
unsigned sim_os_threads_most(void); /* the most at any time */

#endif
