/* SPDX-License-Identifier: ISC */
#include "socket_table.h"

#include <stdlib.h>

void
free_sockets(struct socket_table *table)
{
	free(table->entries);
	*table = (struct socket_table){0};
}

int
add_socket(struct socket_table *table, const struct socket_entry *entry)
{
	struct socket_entry *entries = table->entries;

	/* Grows at 0, 1, 2, 4, ... */
	if ((table->count & (table->count - 1)) == 0) {
		entries = realloc(entries,
		    (table->count ? 2 * table->count : 1) * sizeof(*entries));
		if (!entries)
			return -1;
		table->entries = entries;
	}
	entries[table->count++] = *entry;
	return 0;
}

bool
serves_family(const struct socket_entry *entry, int family)
{
	if (entry->local.sa.sa_family == family)
		return true;
	return family == AF_INET && is_unspecified(&entry->local) &&
	    !entry->v6only;
}

bool
serves_address(
    const struct socket_entry *entry, const union tcp_address *address)
{
	return is_same_address(&entry->local, address) ||
	    (is_unspecified(&entry->local) &&
		serves_family(entry, address->sa.sa_family));
}
