/* SPDX-License-Identifier: ISC */
#include "port_user.h"

#include <stdio.h>
#include <string.h>

#include "../text.h"
#include "process_sockets.h"
#include "sockets.h"

#define OWNER_SIZE 64
#define PEER_SIZE 80

static const struct socket_entry *choose(const struct socket_table *table,
    const union tcp_address *addresses, size_t n);
static void describe_owner(unsigned long inode, char text[OWNER_SIZE]);
static void describe(const struct socket_entry *entry, char *text);

void
describe_port_user(const union tcp_address *addresses, size_t n, int port,
    char text[PORT_USER_SIZE])
{
	const struct socket_query query = {.port = port, .bound = true};
	const struct socket_entry *entry;
	struct socket_table table;

	text[0] = '\0';
	if (read_sockets(&query, &table) == -1)
		return;
	entry = choose(&table, addresses, n);
	if (entry)
		describe(entry, text);
	free_sockets(&table);
}

static bool
is_in_the_way(
    const struct socket_entry *entry, const union tcp_address *address)
{
	bool wildcard =
	    is_unspecified(&entry->local) || is_unspecified(address);

	if (entry->local.sa.sa_family == address->sa.sa_family)
		return wildcard || is_same_address(&entry->local, address);
	if (address->sa.sa_family == AF_INET6)
		return is_unspecified(address);
	return serves_address(entry, address);
}

/* Prefers a listening socket: the others may be its connections. */
static const struct socket_entry *
choose(const struct socket_table *table, const union tcp_address *addresses,
    size_t n)
{
	const struct socket_entry *chosen = NULL, *entry;
	bool fits;

	for (size_t i = 0; i < table->count; i++) {
		entry = &table->entries[i];
		fits = n == 0;
		for (size_t j = 0; j < n && !fits; j++)
			fits = is_in_the_way(entry, &addresses[j]);
		if (fits &&
		    (!chosen || (entry->listening && !chosen->listening)))
			chosen = entry;
	}
	return chosen;
}

static void
describe(const struct socket_entry *entry, char *text)
{
	const int port = address_port(&entry->remote);
	char owner[OWNER_SIZE], host[TCPUNIT_ADDRLEN], peer[PEER_SIZE];

	describe_owner(entry->inode, owner);
	if (entry->listening || port == 0) {
		format_text(text, PORT_USER_SIZE, "%s %s",
		    owner[0] ? owner : "somebody else",
		    entry->listening ? "listens there"
				     : "has the port without listening");
		return;
	}
	(void)tcp_address_text(&entry->remote, host); /* it has a family */
	(void)tcp_host_port(host, port, peer, sizeof(peer));
	format_text(text, PORT_USER_SIZE,
	    "the port belongs to a %sconnection%s%s with %s",
	    entry->inode ? "" : "closed ", owner[0] ? " of " : "", owner, peer);
}

/* "process 12 (nginx)"; empty if it cannot be seen. */
static void
describe_owner(unsigned long inode, char text[OWNER_SIZE])
{
	pid_t owner = find_owner(inode);
	char path[32], name[32] = "?\n";
	FILE *file;

	text[0] = '\0';
	if (owner == 0)
		return;
	format_text(path, sizeof(path), "/proc/%d/comm", (int)owner);
	file = fopen(path, "re");
	if (file) {
		(void)!fgets(name, sizeof(name), file); /* it may have ended */
		(void)fclose(file);                     /* was read only */
	}
	name[strcspn(name, "\n")] = '\0';
	format_text(text, OWNER_SIZE, "process %d (%s)", (int)owner, name);
}
