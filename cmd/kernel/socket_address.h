/* SPDX-License-Identifier: ISC */
/*
 * socket_address.h - addresses as the tables of the kernel have them.  Those of
 * IPv4 are kept as such, also if the kernel has mapped them to IPv6.
 */
#ifndef TCPU_SOCKET_ADDRESS_H
#define TCPU_SOCKET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <tcpunit.h>

/* From the four words that the kernel's tables have, of which an IPv4 address
 * takes the first; PORT is in network order. */
void set_address(union tcp_address *address, int family,
    const uint32_t words[4], in_port_t port, uint32_t scope);

/* Turns an IPv4-mapped address into an IPv4 one. */
void unmap_address(union tcp_address *address);

/* 0.0.0.0 or "::", the wildcard of its family. */
bool is_unspecified(const union tcp_address *address);

/* The ports are left aside; an address without scope is in every scope. */
bool is_same_address(const union tcp_address *a, const union tcp_address *b);

int address_port(const union tcp_address *address);

#endif
