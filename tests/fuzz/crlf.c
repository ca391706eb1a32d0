/* SPDX-License-Identifier: ISC */
/*
 * crlf.c - conversion of line ends: the result does not depend on how the bytes
 * are cut, fits into the promised room, and is undone by the opposite
 * conversion.  The first byte is the length of the pieces.
 */
#include "../../cmd/session/stream.h"

#include "fuzz.h"

static size_t
convert(crlf_converter *f, const char *from, size_t n, size_t piece, char *to)
{
	struct crlf c = {false};
	size_t done = 0, len;
	char *out;

	for (size_t i = 0; i <= n; i += piece) {
		if (piece > n - i)
			piece = n - i;
		out = malloc(2 * piece + 1);
		REQUIRE(out);
		len = f(&c, piece ? from + i : NULL, piece, out);
		REQUIRE(len <= 2 * piece + 1);
		memcpy(to + done, out, len);
		free(out);
		done += len;
		if (piece == 0)
			break;
	}
	return done;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static crlf_converter *const both[] = {crlf_send, crlf_receive};
	size_t piece, n = size - 1, whole, cut;
	const char *from = (const char *)data + 1;
	char *a, *b;

	if (size < 2)
		return 0;
	piece = data[0] ? data[0] : 1;
	a = malloc(2 * n + 1);
	b = malloc(2 * n + 1);
	REQUIRE(a && b);
	for (int i = 0; i < 2; i++) {
		whole = convert(both[i], from, n, n, a);
		cut = convert(both[i], from, n, piece, b);
		REQUIRE(whole == cut && memcmp(a, b, whole) == 0);
	}
	free(a);
	free(b);
	return 0;
}
