/* SPDX-License-Identifier: ISC */
/*
 * The contents of streams.
 */
#include "content.h"

#include "random.h"

/* Through all copies. */
static const struct sim_content *
origin(const struct sim_content *c, uint64_t *at)
{
	for (; c->source != NULL; c = c->source)
		*at += c->shift;
	return c;
}

/* Four bytes at a time are drawn.  A carriage return would be half a line's
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

void
sim_content(const struct sim_content *c, uint64_t at, void *buf, size_t n)
{
	unsigned char *bytes = buf;
	uint64_t drawn = 0;
	size_t i;

	c = origin(c, &at);
	for (i = 0; i < n; i++, at++) {
		if (i == 0 || at % 4 == 0)
			drawn = sim_mix(c->key ^ at >> 2);
		bytes[i] = byte_of(drawn, at);
	}
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
		if (i == 0 || at % 4 == 0)
			drawn = sim_mix(c->key ^ at >> 2);
		if (bytes[i] != byte_of(drawn, at))
			return false;
	}
	return true;
}
