/* SPDX-License-Identifier: ISC */
/*
 * interfaces.h - the addresses of this machine's network interfaces.
 */
#ifndef TCPU_INTERFACES_H
#define TCPU_INTERFACES_H

#include <tcpunit.h>

/*
 * Lists the IPv4 and IPv6 addresses of the interfaces that are up, with port 0.
 * Returns their number, and the caller frees the list; or -1 with errno.
 */
int list_interface_addresses(union tcp_address **list);

#endif
