/* SPDX-License-Identifier: ISC */
/*
 * proc.c - parses any bytes as a table of /proc/net.  The first byte chooses
 * the query.
 */
#include "../../cmd/kernel/sockets.c" /* NOLINT: static functions */

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct socket_table table = {0};
	struct socket_query query = {0};
	FILE *f;

	if (size < 2)
		return 0;
	query.listening = data[0] & 1;
	query.port = data[0] & 2 ? 80 : 0;
	f = fmemopen((void *)(data + 1), size - 1, "r");
	REQUIRE(f);
	(void)read_file(f, &query, data[0] & 4 ? AF_INET6 : AF_INET, &table);
	(void)fclose(f); /* the file was only read */
	for (size_t i = 0; i < table.count; i++) {
		REQUIRE(!query.listening || table.entries[i].listening);
		REQUIRE(!query.port ||
		    address_port(&table.entries[i].local) == query.port);
	}
	free_sockets(&table);
	return 0;
}
