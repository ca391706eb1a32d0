/* SPDX-License-Identifier: ISC */
/*
 * binding.h - binds a TCP socket as a listener does, without listening.
 */
#ifndef TCPU_BINDING_H
#define TCPU_BINDING_H

#include <stdbool.h>
#include <tcpunit.h>

/*
 * Binds a new socket, which has SO_REUSEADDR, to PORT of the address, or of all
 * addresses if it is NULL.  "::" and NULL include IPv4 unless FAMILY is 6, or
 * the machine has no IPv6.  Returns the socket; or -1 with errno.
 */
int bind_address(const union tcp_address *address, int port, int family);

/* Whether a socket without SO_REUSEADDR is kept from the port of the address,
 * by a socket or by a closed connection. */
bool is_held(const union tcp_address *address, int port);

#endif
