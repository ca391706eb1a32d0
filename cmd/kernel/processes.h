/* SPDX-License-Identifier: ISC */
/*
 * processes.h - the processes of this machine, as far as they can be seen.
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
 * Lists those that have not ended.  Returns 0, and all->list is the caller's to
 * free; or -1 with errno.  Without /proc the list is empty.
 */
int list_processes(struct processes *all);

/* Returns NULL if it is not on the list. */
const struct process *find_process(const struct processes *all, pid_t id);

bool descends(
    const struct processes *all, const struct process *p, pid_t ancestor);

/* Errors of /proc for a process that has just ended, or is another user's. */
bool is_out_of_sight(int error);

#endif
