/* SPDX-License-Identifier: ISC */
/*
 * processes.c - a process and its descendants, and the sockets among their
 * descriptors, from the /proc of Linux.
 */
#include "processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 64

struct process {
	pid_t id;
	pid_t parent;
};

/* All processes, by number. */
struct processes {
	struct process *list;
	size_t count;
};

/* The sockets of one network namespace, by inode. */
struct network {
	ino_t id; /* 0 before the first */
	struct socket_table sockets;
};

static int list_processes(struct processes *all);
static const struct process *find_process(
    const struct processes *all, pid_t id);
static bool descends(
    const struct processes *all, const struct process *p, pid_t ancestor);
static int add_sockets_of(pid_t process, bool listening,
    struct network *network, struct socket_table *table);
static bool is_out_of_sight(int error);

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
		/* Without /proc even we are not there. */
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

/* Errors of /proc for a process that has just ended, or is another user's. */
static bool
is_out_of_sight(int error)
{
	return error == ESRCH || error == ENOENT || error == EACCES;
}

/* ---- Processes ---- */

static int
is_number(const struct dirent *entry)
{
	return isdigit((unsigned char)entry->d_name[0]);
}

/* 1; 0 where the process has ended, reaped or not; or -1. */
static int
read_process(const char *name, struct process *p)
{
	char path[PATH_SIZE], text[512];
	const char *rest;
	ssize_t n;
	char state;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%.16s/stat", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return is_out_of_sight(errno) ? 0 : -1;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd); /* it was read only */
	if (n == -1)
		return is_out_of_sight(errno) ? 0 : -1;
	text[n] = '\0';
	/* "1 (a name, which may contain anything) S 0 ..." */
	rest = strrchr(text, ')');
	if (!rest || sscanf(rest, ") %c %d", &state, &p->parent) != 2)
		return 0;
	p->id = atoi(name);
	return state != 'Z' && state != 'X';
}

static int
list_processes(struct processes *all)
{
	struct dirent **names;
	int n, alive = 0;

	n = scandir("/proc", &names, is_number, versionsort);
	if (n == -1)
		return -1;
	*all = (struct processes){calloc((size_t)n + 1, sizeof(*all->list)), 0};
	for (int i = 0; i < n; i++) {
		if (all->list && alive != -1)
			alive = read_process(
			    names[i]->d_name, &all->list[all->count]);
		all->count += alive == 1;
		free(names[i]);
	}
	free(names);
	if (all->list && alive != -1)
		return 0;
	free(all->list);
	return -1;
}

static int
compare_processes(const void *a, const void *b)
{
	pid_t x = ((const struct process *)a)->id;
	pid_t y = ((const struct process *)b)->id;

	return (x > y) - (x < y);
}

static const struct process *
find_process(const struct processes *all, pid_t id)
{
	struct process key = {.id = id};

	return bsearch(
	    &key, all->list, all->count, sizeof(key), compare_processes);
}

/* The list was not made in one instant, so that a number which was used again
 * could make a circle of it. */
static bool
descends(const struct processes *all, const struct process *p, pid_t ancestor)
{
	for (size_t n = 0; p && n < all->count; n++) {
		if (p->id == ancestor)
			return true;
		p = find_process(all, p->parent);
	}
	return false;
}

/* ---- Their sockets ---- */

static int
compare_inodes(const void *a, const void *b)
{
	unsigned long x = ((const struct socket_entry *)a)->inode;
	unsigned long y = ((const struct socket_entry *)b)->inode;

	return (x > y) - (x < y);
}

/* Makes NETWORK the one that the process is in. */
static int
enter_network(struct network *network, pid_t process, bool listening)
{
	struct socket_query query = {process, 0, listening};
	char path[PATH_SIZE];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)process);
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

static const struct socket_entry *
find_socket(const struct network *network, DIR *dir, const char *name)
{
	struct socket_entry key;
	char link[PATH_SIZE];
	ssize_t n;

	n = readlinkat(dirfd(dir), name, link, sizeof(link) - 1);
	if (n == -1)
		return NULL;
	link[n] = '\0';
	if (sscanf(link, "socket:[%lu]", &key.inode) != 1)
		return NULL;
	return network->sockets.count == 0
	    ? NULL
	    : bsearch(&key, network->sockets.entries, network->sockets.count,
		  sizeof(key), compare_inodes);
}

static int
add_sockets_of(pid_t process, bool listening, struct network *network,
    struct socket_table *table)
{
	const struct socket_entry *found;
	const struct dirent *entry;
	char path[PATH_SIZE];
	int result = 0;
	DIR *dir;

	if (enter_network(network, process, listening) == -1)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)process);
	dir = opendir(path);
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
