/* SPDX-License-Identifier: ISC */
/*
 * header.h - the header of the PROXY protocol, of HAProxy, in versions 1 and 2.
 * It precedes the data of a connection, and names the ends of the connection
 * that a proxy passes on.
 */
#ifndef TCPU_HEADER_H
#define TCPU_HEADER_H

#include <stddef.h>
#include <stdint.h>

/* The longest header: every route carries so many bytes in one packet. */
#define PROXY_HEADER_SIZE 536

/* The longest address: that of a Unix socket. */
#define PROXY_ADDRESS_SIZE 108

enum proxy_verdict { PROXY_INCOMPLETE, PROXY_INVALID, PROXY_COMPLETE };

/* An IP address takes 4 or 16 bytes; a path is filled up with NULs.  */
struct proxy_end {
	uint8_t address[PROXY_ADDRESS_SIZE];
	int port; /* 0 for a Unix socket */
};

struct proxy_header {
	size_t size; /* in bytes; only reading sets it */
	int family;  /* AF_INET, AF_INET6, AF_UNIX; AF_UNSPEC: it names no ends,
			and those of the socket count */
	struct proxy_end remote; /* the client */
	struct proxy_end local;
};

/*
 * Reads a header from the first N bytes of a connection.  If it is complete,
 * stores it; what follows it does not matter.  If it is incomplete, all N bytes
 * belong to it, and at least one more does.
 */
enum proxy_verdict read_proxy_header(
    const uint8_t *bytes, size_t n, struct proxy_header *header);

/* Stores the bytes of a header of VERSION 1 or 2, and returns their number.
 * Version 1 cannot name the ends of Unix sockets. */
size_t write_proxy_header(int version, const struct proxy_header *header,
    uint8_t bytes[PROXY_HEADER_SIZE]);

/* The same for version 1, which is a line of text (line.c). */
enum proxy_verdict read_proxy_line(
    const uint8_t *bytes, size_t n, struct proxy_header *header);
size_t write_proxy_line(
    const struct proxy_header *header, uint8_t bytes[PROXY_HEADER_SIZE]);

/* The same for version 2: a block of bytes, which begins with a signature and
 * may end with extensions (binary.c). */
enum proxy_verdict read_proxy_binary(
    const uint8_t *bytes, size_t n, struct proxy_header *header);
size_t write_proxy_binary(
    const struct proxy_header *header, uint8_t bytes[PROXY_HEADER_SIZE]);

#endif
