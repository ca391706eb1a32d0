/* SPDX-License-Identifier: ISC */
/*
 * port_user.h - finds the socket and the process that occupy a port.
 */
#ifndef TCPU_PORT_USER_H
#define TCPU_PORT_USER_H

#include <stddef.h>

#include "socket_address.h"

#define PORT_USER_SIZE 256

/*
 * Describes the socket that occupies the port of these N addresses, or of any
 * address if N is 0, with its process if that can be seen: "process 12 (nginx)
 * listens there".  The text is empty if no socket is found.
 */
void describe_port_user(const union tcp_address *addresses, size_t n, int port,
    char text[PORT_USER_SIZE]);

#endif
