/* SPDX-License-Identifier: ISC */
/*
 * proxy.c - headers of the PROXY protocol: the verdict about a header does not
 * depend on how it is cut or what follows it, and a header that is written
 * again names the same ends.
 */
#include "../../cmd/proxy/header.h"

#include <sys/socket.h>

#include "fuzz.h"

/* Every beginning is incomplete; it is read from memory of just its size. */
static void
check_beginnings(const uint8_t *bytes, const struct proxy_header *h)
{
	struct proxy_header part;
	void *copy;

	for (size_t n = 0; n < h->size; n++) {
		copy = copy_of(bytes, n);
		REQUIRE(read_proxy_header(copy, n, &part) == PROXY_INCOMPLETE);
		free(copy);
	}
}

static void
check_end(const struct proxy_end *a, const struct proxy_end *b)
{
	REQUIRE(memcmp(a->address, b->address, sizeof(a->address)) == 0);
	REQUIRE(a->port == b->port);
	REQUIRE(a->port >= 0 && a->port <= 65535);
}

static void
check_writing(int version, const struct proxy_header *h)
{
	uint8_t bytes[PROXY_HEADER_SIZE];
	struct proxy_header again;
	const size_t size = write_proxy_header(version, h, bytes);

	REQUIRE(size <= sizeof(bytes));
	REQUIRE(read_proxy_header(bytes, size, &again) == PROXY_COMPLETE);
	REQUIRE(again.size == size);
	if (version == 1 && h->family == AF_UNIX) {
		REQUIRE(again.family == AF_UNSPEC);
		return;
	}
	REQUIRE(again.family == h->family);
	check_end(&again.remote, &h->remote);
	check_end(&again.local, &h->local);
	check_beginnings(bytes, &again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header h, exact;
	enum proxy_verdict verdict = read_proxy_header(data, size, &h);
	void *copy;

	if (verdict == PROXY_INCOMPLETE)
		REQUIRE(size < PROXY_HEADER_SIZE);
	if (verdict != PROXY_COMPLETE)
		return 0;
	REQUIRE(h.size <= size && h.size <= PROXY_HEADER_SIZE);
	copy = copy_of(data, h.size);
	REQUIRE(read_proxy_header(copy, h.size, &exact) == PROXY_COMPLETE);
	REQUIRE(exact.size == h.size && exact.family == h.family);
	free(copy);
	check_beginnings(data, &h);
	check_writing(1, &h);
	check_writing(2, &h);
	return 0;
}
