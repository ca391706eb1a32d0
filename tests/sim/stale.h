/* SPDX-License-Identifier: ISC */
/*
 * Handles of objects that were closed.  They must stay invalid, whatever is
 * made after them.
 */
#ifndef SIM_STALE_H
#define SIM_STALE_H

#include <tcpunit.h>

void sim_stale_port(tcp_port p);
void sim_stale_listener(tcp_listener l);
void sim_stale_thread(tcp_thread t);
void sim_stale_mutex(tcp_mutex m);
void sim_stale_condition(tcp_condition c);

/* Checks one of the old handles, chosen at random. */
void sim_stale_check(void);

#endif
