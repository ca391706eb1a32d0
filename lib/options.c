/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "error.h"
#include "runtime.h"

/* A greater size is garbage: the caller has no memory of that length. */
enum { MAX_SIZE = 512 };

static const char *check(const unsigned char *, size_t, size_t);

int
tu_options_take(void *ours, size_t n, const void *theirs)
{
	const char *wrong;
	size_t size;

	if (theirs == NULL)
		return 0;
	memcpy(&size, theirs, sizeof(size)); /* size is their first member */
	wrong = check(theirs, size, n);
	if (wrong != NULL)
		return tu_refuse(EINVAL, "options %s", wrong);
	memcpy(ours, theirs, size < n ? size : n);
	return 0;
}

/* The fault of SIZE bytes of options, of which N are known; or NULL.  In each
 * version the structure is a whole number of words. */
static const char *
check(const unsigned char *options, size_t size, size_t n)
{
	if (size == 0 || size > MAX_SIZE || size % sizeof(size) != 0)
		return "not made by their DEFAULTS";
	for (; n < size; n++)
		if (options[n] != 0)
			return "of a newer tcpunit.h, which this library lacks";
	return NULL;
}
