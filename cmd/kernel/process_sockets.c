/* SPDX-License-Identifier: ISC */
#include "process_sockets.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../text.h"
#include "processes.h"

#define PATH_SIZE 64

/* The sockets of one network namespace, by inode. */
struct network {
	ino_t id; /* 0 before the first */
	struct socket_table sockets;
};

static int add_sockets_of(pid_t process, bool listening,
    struct network *network, struct socket_table *table);

int
read_process_sockets(pid_t process, bool listening, struct socket_table *table)
{
	struct processes all;
	struct network network = {0};
	int result = -1;
	pid_t id;

	*table = (struct socket_table){0};
	if (list_processes(&all) == -1)
		return -1;
	if (!find_process(&all, process)) {
		/* Without /proc, not even tcpu's own entry exists. */
		errno = all.count == 0 ? ENOTSUP : ESRCH;
		goto out;
	}
	for (size_t i = 0; i < all.count; i++) {
		if (!descends(&all, &all.list[i], process))
			continue;
		id = all.list[i].id;
		if (add_sockets_of(id, listening, &network, table) == -1 &&
		    (id == process || !is_out_of_sight(errno)))
			goto out;
	}
	result = 0;
out:
	if (result == -1)
		free_sockets(table);
	if (result == -1 && errno == ENOENT)
		errno = ESRCH;
	free_sockets(&network.sockets);
	free(all.list);
	return result;
}

static int
compare_inodes(const void *a, const void *b)
{
	unsigned long x = ((const struct socket_entry *)a)->inode;
	unsigned long y = ((const struct socket_entry *)b)->inode;

	return (x > y) - (x < y);
}

/* Sets NETWORK to the network namespace of the process. */
static int
enter_network(struct network *network, pid_t process, bool listening)
{
	struct socket_query query = {
	    .process = process, .listening = listening};
	char path[PATH_SIZE];
	struct stat st;

	format_text(path, sizeof(path), "/proc/%d/ns/net", (int)process);
	if (stat(path, &st) == -1)
		return -1;
	if (st.st_ino == network->id)
		return 0;
	free_sockets(&network->sockets);
	if (read_sockets(&query, &network->sockets) == -1)
		return -1;
	if (network->sockets.count > 0)
		qsort(network->sockets.entries, network->sockets.count,
		    sizeof(struct socket_entry), compare_inodes);
	network->id = st.st_ino;
	return 0;
}

/* The inode of the socket that a descriptor is; 0 if it is no socket. */
static unsigned long
read_inode(DIR *dir, const char *name)
{
	unsigned long inode;
	char link[PATH_SIZE];
	ssize_t n;

	n = readlinkat(dirfd(dir), name, link, sizeof(link) - 1);
	if (n == -1)
		return 0;
	link[n] = '\0';
	return sscanf(link, "socket:[%lu]", &inode) == 1 ? inode : 0;
}

static const struct socket_entry *
find_socket(const struct network *network, DIR *dir, const char *name)
{
	const struct socket_entry key = {.inode = read_inode(dir, name)};

	if (key.inode == 0)
		return NULL;
	return network->sockets.count == 0
	    ? NULL
	    : bsearch(&key, network->sockets.entries, network->sockets.count,
		  sizeof(key), compare_inodes);
}

static DIR *
open_descriptors(pid_t process)
{
	char path[PATH_SIZE];

	format_text(path, sizeof(path), "/proc/%d/fd", (int)process);
	return opendir(path);
}

static int
add_sockets_of(pid_t process, bool listening, struct network *network,
    struct socket_table *table)
{
	const struct socket_entry *found;
	const struct dirent *entry;
	int result = 0;
	DIR *dir;

	if (enter_network(network, process, listening) == -1)
		return -1;
	dir = open_descriptors(process);
	if (!dir)
		return -1;
	while (result == 0 && (entry = readdir(dir))) {
		found = find_socket(network, dir, entry->d_name);
		if (found)
			result = add_socket(table, found);
	}
	(void)closedir(dir); /* it was read only */
	return result;
}

/* ---- The process of a socket ---- */

static bool
has_socket(pid_t process, unsigned long inode)
{
	const struct dirent *entry;
	DIR *dir = open_descriptors(process);
	bool found = false;

	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)))
		found = read_inode(dir, entry->d_name) == inode;
	(void)closedir(dir); /* it was read only */
	return found;
}

pid_t
find_owner(unsigned long inode)
{
	struct processes all;
	pid_t owner = 0;

	if (inode == 0 || list_processes(&all) == -1)
		return 0;
	for (size_t i = 0; i < all.count && owner == 0; i++)
		if (all.list[i].id != getpid() &&
		    has_socket(all.list[i].id, inode))
			owner = all.list[i].id;
	free(all.list);
	return owner;
}
