/* SPDX-License-Identifier: ISC */
/*
 * The contents of streams.
 */
#include "content.h"

#include "random.h"

/* Follows the copies to the content that they began with. */
static const struct sim_content *
origin(const struct sim_content *c, uint64_t *at)
{
	for (; c->source != NULL; c = c->source)
		*at += c->shift;
	return c;
}

/* Draws four bytes at a time.  A carriage return would be half a line
 * ending. */
static unsigned char
byte_of(uint64_t drawn, uint64_t at)
{
	unsigned b = (unsigned)(drawn >> at % 4 * 16) & 0xffff;

	if (b % 32 == 0)
		return '\n';
	b = b >> 5 & 0xff;
	return (unsigned char)(b == '\n' || b == '\r' ? 'x' : b);
}

/* Returns the byte at AT.  DRAWN holds the four bytes drawn last; FIRST says
 * that nothing has been drawn yet. */
static unsigned char
next_byte(const struct sim_content *c, uint64_t at, bool first, uint64_t *drawn)
{
	if (first || at % 4 == 0)
		*drawn = sim_mix(c->key ^ at >> 2);
	return byte_of(*drawn, at);
}

void
sim_content(const struct sim_content *c, uint64_t at, void *buf, size_t n)
{
	unsigned char *bytes = buf;
	uint64_t drawn = 0;
	size_t i;

	c = origin(c, &at);
	for (i = 0; i < n; i++, at++)
		bytes[i] = next_byte(c, at, i == 0, &drawn);
}

bool
sim_content_is(
    const struct sim_content *c, uint64_t at, const void *data, size_t n)
{
	const unsigned char *bytes = data;
	uint64_t drawn = 0;
	size_t i;

	c = origin(c, &at);
	for (i = 0; i < n; i++, at++) {
		if (bytes[i] != next_byte(c, at, i == 0, &drawn))
			return false;
	}
	return true;
}
