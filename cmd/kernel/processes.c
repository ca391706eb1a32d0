/* SPDX-License-Identifier: ISC */
#include "processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../text.h"

#define PATH_SIZE 64

bool
is_out_of_sight(int error)
{
	return error == ESRCH || error == ENOENT || error == EACCES;
}

static int
is_number(const struct dirent *entry)
{
	return isdigit((unsigned char)entry->d_name[0]);
}

/* Returns 1; 0 if the process has ended, reaped or not; or -1. */
static int
read_process(const char *name, struct process *p)
{
	char path[PATH_SIZE], text[512];
	const char *rest;
	ssize_t n;
	char state;
	int fd;

	format_text(path, sizeof(path), "/proc/%.16s/stat", name);
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
	if (!rest ||
	    sscanf(rest, ") %c %d %d %d", &state, &p->parent, &p->group,
		&p->session) != 4)
		return 0;
	p->id = atoi(name);
	return state != 'Z' && state != 'X';
}

int
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

const struct process *
find_process(const struct processes *all, pid_t id)
{
	struct process key = {.id = id};

	return bsearch(
	    &key, all->list, all->count, sizeof(key), compare_processes);
}

/* Bounds the walk: the list was not read in one instant, and a number that was
 * reused meanwhile could make a circle of parents. */
bool
descends(const struct processes *all, const struct process *p, pid_t ancestor)
{
	for (size_t n = 0; p && n < all->count; n++) {
		if (p->id == ancestor)
			return true;
		p = find_process(all, p->parent);
	}
	return false;
}
