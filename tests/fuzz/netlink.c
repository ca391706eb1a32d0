/* SPDX-License-Identifier: ISC */
/*
 * netlink.c - parses any bytes as messages of sock_diag(7) from the kernel.
 */
#include "../../cmd/kernel/sock_diag.c" /* NOLINT: static functions */

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *copy = copy_of(data, size);
	struct socket_table table = {0};
	const struct netlink_reader reader = reader_of(&table);

	(void)netlink_take(copy, size, &reader);
	for (size_t i = 0; i < table.count; i++)
		(void)serves_address(
		    &table.entries[i], &table.entries[0].local);
	free_sockets(&table);
	free(copy);
	return 0;
}
