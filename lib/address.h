/* SPDX-License-Identifier: ISC */
/*
 * Socket addresses and their texts.
 */
#ifndef TU_ADDRESS_H
#define TU_ADDRESS_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>

#include "tcpunit.h"

/* Longer than any DNS name. */
enum { TU_HOST_SIZE = 256 };

enum { TU_MAX_ADDRESSES = TCPUNIT_MAX_ADDRESSES };

socklen_t tu_address_length(const union tcp_address *a);

/* The numeric text; an IPv4-mapped address is a dotted quad. */
void tu_address_text(const union tcp_address *a, char text[TCPUNIT_ADDRLEN]);

/* "192.0.2.1:80", "[2001:db8::1]:80"; OUT has room for TCPUNIT_ADDRLEN + 8. */
void tu_address_with_port(const union tcp_address *a, char *out);

/* 0 for a Unix socket. */
int tu_address_port(const union tcp_address *a);
void tu_address_set_port(union tcp_address *a, int port);

bool tu_address_equal(const union tcp_address *a, const union tcp_address *b);

/* The local address of a socket that is bound. */
union tcp_address tu_address_local(int fd);

/* The unspecified address of the family. */
union tcp_address tu_address_any(int family);

/*
 * Reads a decimal port number from 1 to 65535, with or without leading zeros.
 * 0: TEXT is the name of a service.  -1: it begins like a number, with a digit,
 * a sign or a space, but is no port.
 */
int tu_address_read_port(const char *text);

/* Stores the addresses that getaddrinfo(3) found and returns their number.
 * Each is stored once, as a hosts file may list one twice, and at most
 * TU_MAX_ADDRESSES are stored. */
int tu_address_take(const struct addrinfo *found,
    union tcp_address addresses[TU_MAX_ADDRESSES]);

#endif
