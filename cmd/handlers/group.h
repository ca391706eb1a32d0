/* SPDX-License-Identifier: ISC */
/*
 * group.h - the processes of a handler: COMMAND, and those that it has started
 * and that are still in its process group.
 */
#ifndef TCPU_GROUP_H
#define TCPU_GROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "../kernel/processes.h"

struct group {
	pid_t pid;   /* COMMAND */
	bool leader; /* COMMAND leads a process group, else it is alone */
	bool reaped; /* COMMAND has ended, and its number is free again */
	int status;  /* from waitpid(2), once it is reaped */
};

/* Waits for the end of COMMAND without parking, unless it is reaped. */
void group_reap(struct group *g);

/* Notes that COMMAND has been reaped. */
void group_note(struct group *g, int status);

/* Whether a process may be left: a quick look, to which zombies count. */
bool group_exists(const struct group *g);

/*
 * For many groups /proc is read once: ALL of the next two calls, which is as
 * good as new, or NULL for a look of their own.  If /proc cannot be read the
 * list is empty.
 */
void groups_look(struct processes *all);

/* Whether a process is left.  Reaps COMMAND if it has ended. */
bool group_lives(struct group *g, const struct processes *all);

/* Sends a signal to those that are left. */
void group_signal(struct group *g, int number, const struct processes *all);
#endif
