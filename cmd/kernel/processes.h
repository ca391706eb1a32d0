/* SPDX-License-Identifier: ISC */
/*
 * processes.h - the visible processes of this machine, from /proc.
 */
#ifndef TCPU_PROCESSES_H
#define TCPU_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process {
	pid_t id;
	pid_t parent;
	pid_t group;
	pid_t session;
};

/* All processes, by number. */
struct processes {
	struct process *list;
	size_t count;
};

/*
 * Lists the processes that have not ended.  Returns 0, and the caller frees
 * all->list; or -1 with errno.  Without /proc the list is empty.
 */
int list_processes(struct processes *all);

/* Returns NULL if the process is not on the list. */
const struct process *find_process(const struct processes *all, pid_t id);

bool descends(
    const struct processes *all, const struct process *p, pid_t ancestor);

/* Errors of /proc for a process that has just ended, or is another user's. */
bool is_out_of_sight(int error);

#endif
