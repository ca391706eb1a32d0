/* SPDX-License-Identifier: ISC */
/*
 * crlf.c - converts line endings.
 */
#include "crlf.h"

size_t
crlf_send(struct crlf *c, const char *from, size_t n, char *to)
{
	size_t len = 0;

	for (size_t i = 0; from && i < n; i++) {
		if (from[i] == '\n' && !c->cr)
			to[len++] = '\r';
		to[len++] = from[i];
		c->cr = from[i] == '\r';
	}
	return len;
}

size_t
crlf_receive(struct crlf *c, const char *from, size_t n, char *to)
{
	size_t len = 0;

	for (size_t i = 0; from && i < n; i++) {
		if (c->cr && from[i] != '\n')
			to[len++] = '\r';
		c->cr = from[i] == '\r';
		if (!c->cr)
			to[len++] = from[i];
	}
	if (!from && c->cr)
		to[len++] = '\r';
	return len;
}
