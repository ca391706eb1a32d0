/* SPDX-License-Identifier: ISC */
#include "header.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/* The fixed part: a signature, a byte for the version and the command, one for
 * the family and the protocol, and two for the length of the rest. */
#define COMMAND 12
#define KIND 13
#define LENGTH 14
#define FIXED_SIZE 16

/* Version 2, and a command: the connection is the proxy's own, or passed on. */
#define OWN 0x20
#define PASSED_ON 0x21

/* An extension: its type, its length in two bytes, its value. */
#define EXTENSION_SIZE 3

static const uint8_t signature[COMMAND] = {
    '\r', '\n', '\r', '\n', '\0', '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

/* How the two addresses and the two ports are stored. */
struct kind {
	uint8_t code; /* the family, and the protocol: a stream */
	int family;
	size_t address;
	size_t port;
};

static const struct kind kinds[] = {{0x00, AF_UNSPEC, 0, 0},
    {0x11, AF_INET, 4, 2}, {0x21, AF_INET6, 16, 2},
    {0x31, AF_UNIX, PROXY_ADDRESS_SIZE, 0}};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static size_t
read_number(const uint8_t *bytes)
{
	return (size_t)bytes[0] << 8 | bytes[1];
}

static void
write_number(uint8_t *bytes, size_t n)
{
	bytes[0] = (uint8_t)(n >> 8);
	bytes[1] = (uint8_t)n;
}

/* Whether the N bytes are whole extensions, whose contents do not matter. */
static bool
are_extensions(const uint8_t *bytes, size_t n)
{
	size_t size;

	for (; n > 0; bytes += size, n -= size) {
		if (n < EXTENSION_SIZE)
			return false;
		size = EXTENSION_SIZE + read_number(bytes + 1);
		if (size > n)
			return false;
	}
	return true;
}

/* Reads the N bytes after the fixed part. */
static enum proxy_verdict
read_rest(uint8_t code, const uint8_t *rest, size_t n, struct proxy_header *h)
{
	const struct kind *kind = kinds;
	const uint8_t *ports;
	size_t size;

	while (kind->code != code)
		if (++kind == kinds + KINDS)
			return PROXY_INVALID;
	size = 2 * (kind->address + kind->port);
	if (n < size || !are_extensions(rest + size, n - size))
		return PROXY_INVALID;
	h->family = kind->family;
	ports = rest + 2 * kind->address;
	memcpy(h->remote.address, rest, kind->address);
	memcpy(h->local.address, rest + kind->address, kind->address);
	if (kind->port) {
		h->remote.port = (int)read_number(ports);
		h->local.port = (int)read_number(ports + kind->port);
	}
	return PROXY_COMPLETE;
}

enum proxy_verdict
read_proxy_binary(const uint8_t *bytes, size_t n, struct proxy_header *h)
{
	size_t size;

	if (memcmp(bytes, signature, n < COMMAND ? n : COMMAND) != 0)
		return PROXY_INVALID;
	if (n > COMMAND && bytes[COMMAND] != OWN && bytes[COMMAND] != PASSED_ON)
		return PROXY_INVALID;
	if (n < FIXED_SIZE)
		return PROXY_INCOMPLETE;
	size = FIXED_SIZE + read_number(bytes + LENGTH);
	if (size > PROXY_HEADER_SIZE)
		return PROXY_INVALID;
	if (n < size)
		return PROXY_INCOMPLETE;
	*h = (struct proxy_header){.size = size, .family = AF_UNSPEC};
	if (bytes[COMMAND] == OWN)
		return PROXY_COMPLETE; /* the rest does not count */
	return read_rest(bytes[KIND], bytes + FIXED_SIZE, size - FIXED_SIZE, h);
}

size_t
write_proxy_binary(
    const struct proxy_header *h, uint8_t bytes[PROXY_HEADER_SIZE])
{
	const struct kind *kind = kinds;
	uint8_t *rest = bytes + FIXED_SIZE, *ports;
	size_t size;

	while (kind->family != h->family)
		kind++;
	size = 2 * (kind->address + kind->port);
	ports = rest + 2 * kind->address;
	memcpy(bytes, signature, COMMAND);
	bytes[COMMAND] = PASSED_ON;
	bytes[KIND] = kind->code;
	write_number(bytes + LENGTH, size);
	memcpy(rest, h->remote.address, kind->address);
	memcpy(rest + kind->address, h->local.address, kind->address);
	if (kind->port) {
		write_number(ports, (size_t)h->remote.port);
		write_number(ports + kind->port, (size_t)h->local.port);
	}
	return FIXED_SIZE + size;
}
