/* SPDX-License-Identifier: ISC */
/*
 * socket_address.h - the address and the port of an internet socket.
 */
#ifndef TCPU_SOCKET_ADDRESS_H
#define TCPU_SOCKET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <tcpunit.h>

/* IPv4-mapped addresses are kept as IPv4 ones: unmap_address. */
union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* From the four words that the kernel's tables have, of which an IPv4 address
 * takes the first; PORT is in network order. */
void set_address(union socket_address *address, int family,
    const uint32_t words[4], in_port_t port, uint32_t scope);

/* Turns an IPv4-mapped address into an IPv4 one. */
void unmap_address(union socket_address *address);

/* 0.0.0.0 or "::", the wildcard of its family. */
bool is_unspecified(const union socket_address *address);

/* The ports are left aside; an address without scope is in every scope. */
bool is_same_address(
    const union socket_address *a, const union socket_address *b);

/* Reads an address in digits, without a scope.  Says whether it is one. */
bool read_address(const char *text, union socket_address *address);

/* The text of the address alone, and the port number. */
const char *address_text(
    const union socket_address *address, char text[TCPUNIT_ADDRLEN]);
int address_port(const union socket_address *address);

#endif
