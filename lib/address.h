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

/* Longer than any name of DNS. */
enum { TU_HOST_SIZE = 256 };

enum { TU_MAX_ADDRESSES = TCPUNIT_MAX_ADDRESSES };

socklen_t tu_address_length(const union tcp_address *a);

/* The numeric text; an IPv4-mapped address is a dotted quad. */
void tu_address_text(const union tcp_address *a, char text[TCPUNIT_ADDRLEN]);

/* "192.0.2.1:80", "[2001:db8::1]:80"; OUT has room for TCPUNIT_ADDRLEN + 8. */
void tu_address_with_port(const union tcp_address *a, char *out);

int tu_address_port(const union tcp_address *a);
void tu_address_set_port(union tcp_address *a, int port);

bool tu_address_equal(const union tcp_address *a, const union tcp_address *b);

/* Nobody is there: the unspecified address of the family. */
union tcp_address tu_address_any(int family);

/*
 * Takes "HOST:PORT" or "[V6]:PORT" apart.  Two or more colons without brackets
 * are an address without a port.  HOST has room for TU_HOST_SIZE.  *PORT points
 * into TEXT, or is NULL where there is none.  -1: no host, or one that is too
 * long; the port is told all the same.
 */
int tu_address_split(const char *text, char *host, const char **port);

/*
 * The port that TEXT is in decimal, with or without leading zeros: 1 to 65535.
 * 0: it is a name, of a service.  -1: it begins like a number, with a digit, a
 * sign or a space, and is no port.
 */
int tu_address_read_port(const char *text);

/* The addresses of getaddrinfo(3) and how many they are: each once, as a hosts
 * file may name one twice, and the first TU_MAX_ADDRESSES of them. */
int tu_address_take(const struct addrinfo *found,
    union tcp_address addresses[TU_MAX_ADDRESSES]);

#endif
