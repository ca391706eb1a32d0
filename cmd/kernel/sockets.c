/* SPDX-License-Identifier: ISC */
#include "sockets.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../text.h"
#include "sock_diag.h"

static bool our_network(pid_t process);
static int read_proc(
    const struct socket_query *query, struct socket_table *table);

int
read_sockets(const struct socket_query *query, struct socket_table *table)
{
	*table = (struct socket_table){0};
	if (our_network(query->process)) {
		if (dump_sockets(query, table) == 0)
			return 0;
		free_sockets(table);
	}
	if (read_proc(query, table) == 0)
		return 0;
	free_sockets(table);
	return -1;
}

static bool
our_network(pid_t process)
{
	struct stat ours, theirs;
	char path[64];

	if (process == 0)
		return true;
	format_text(path, sizeof(path), "/proc/%d/ns/net", (int)process);
	return stat("/proc/self/ns/net", &ours) == 0 &&
	    stat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
	    ours.st_dev == theirs.st_dev;
}

static int read_file(FILE *file, const struct socket_query *query, int family,
    struct socket_table *table);

static int
read_proc_file(const struct socket_query *query, const char *name, int family,
    struct socket_table *table)
{
	char process[16] = "self", path[64];
	FILE *file;
	int result;

	if (query->process)
		format_text(
		    process, sizeof(process), "%d", (int)query->process);
	format_text(path, sizeof(path), "/proc/%s/net/%s", process, name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	result = read_file(file, query, family, table);
	(void)fclose(file); /* it was read only */
	return result;
}

/* Without IPv6 there is no tcp6.  If tcpu's own tcp is missing, so is /proc. */
static int
read_proc(const struct socket_query *query, struct socket_table *table)
{
	if (read_proc_file(query, "tcp", AF_INET, table) == -1) {
		if (errno == ENOENT && !query->process)
			errno = ENOTSUP;
		return -1;
	}
	if (read_proc_file(query, "tcp6", AF_INET6, table) == -1)
		return errno == ENOENT ? 0 : -1;
	return 0;
}

/* Each word has eight digits, in the machine's byte order. */
static void
read_words(const char *digits, uint32_t words[4])
{
	for (int i = 0; i < 4 && sscanf(digits, "%8" SCNx32, &words[i]) == 1;
	     i++)
		digits += strnlen(digits, 8);
}

/* Returns false for the heading, which describes no socket. */
static bool
read_line(const char *line, int family, struct socket_entry *entry)
{
	char local[33], remote[33];
	uint32_t words[4] = {0};
	unsigned int lport, rport, state;

	*entry = (struct socket_entry){.backlog = -1};
	if (sscanf(line,
		"%*d: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*x:%" SCNx32
		" %*x:%*x %*x %*u %*d %lu",
		local, &lport, remote, &rport, &state, &entry->pending,
		&entry->inode) != 7)
		return false;
	entry->listening = state == TCP_LISTEN;
	read_words(local, words);
	set_address(&entry->local, family, words, htons((uint16_t)lport), 0);
	read_words(remote, words);
	set_address(&entry->remote, family, words, htons((uint16_t)rport), 0);
	return true;
}

static int
read_file(FILE *file, const struct socket_query *query, int family,
    struct socket_table *table)
{
	struct socket_entry entry;
	char *line = NULL;
	size_t size = 0;
	int result = 0;

	while (result == 0 && getline(&line, &size, file) != -1) {
		if (!read_line(line, family, &entry))
			continue;
		/* Listening sockets come first: proc_net_tcp.rst. */
		if (query->listening && !entry.listening)
			break;
		if (!query->port || query->port == address_port(&entry.local))
			result = add_socket(table, &entry);
	}
	if (ferror(file))
		result = -1;
	free(line);
	return result;
}
