/* SPDX-License-Identifier: ISC */
/*
 * reserve.h - reserves the port of a listener for the minute after it has
 * closed, by a connection that stays in TIME_WAIT: the system then gives the
 * port to nobody who asks for any, and a server that sets SO_REUSEADDR can bind
 * it.
 */
#ifndef TCPU_RESERVE_H
#define TCPU_RESERVE_H

#include <stdbool.h>
#include <tcpunit.h>

#include "../run.h"

/*
 * Leaves a connection in TIME_WAIT on each address of the listener (parks), and
 * closes it.  The addresses of a wildcard are those of all interfaces, without
 * IPv4 if the sockets are for SIX_ONLY.  Returns STATUS_GO_ON; or the status to
 * end with, having said why.
 */
int reserve(const struct run *run, const char *what, tcp_listener listener,
    bool six_only);

#endif
