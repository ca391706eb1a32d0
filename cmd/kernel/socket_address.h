/* SPDX-License-Identifier: ISC */
/*
 * socket_address.h - addresses from the tables of the kernel.  IPv4 addresses
 * are kept as IPv4, even if the kernel has mapped them to IPv6.
 */
#ifndef TCPU_SOCKET_ADDRESS_H
#define TCPU_SOCKET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <tcpunit.h>

/* Makes an address from the four words in the kernel's tables; an IPv4 address
 * uses only the first.  PORT is in network order. */
void set_address(union tcp_address *address, int family,
    const uint32_t words[4], in_port_t port, uint32_t scope);

/* Turns an IPv4-mapped address into an IPv4 one. */
void unmap_address(union tcp_address *address);

/* Whether it is the wildcard of its family, 0.0.0.0 or "::". */
bool is_unspecified(const union tcp_address *address);

/* Ignores the ports; an address without scope matches every scope. */
bool is_same_address(const union tcp_address *a, const union tcp_address *b);

int address_port(const union tcp_address *address);

#endif
