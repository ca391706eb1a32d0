/* SPDX-License-Identifier: ISC */
/*
 * group.h - the processes of a handler: COMMAND, and the processes in its
 * process group; signals to them, and whether any of them still exists.
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

/* Whether a process of the group may be left.  Quick, but counts zombies. */
bool group_exists(const struct group *g);

/*
 * Lists all processes, so that the next two calls, for many groups, need not
 * each read /proc: pass the list as ALL, or NULL to let a call read /proc.  If
 * /proc cannot be read the list is empty.
 */
void groups_look(struct processes *all);

/* Whether a process of the group runs.  Reaps COMMAND if it has ended. */
bool group_lives(struct group *g, const struct processes *all);

/* Sends a signal to the processes of the group that are left. */
void group_signal(struct group *g, int number, const struct processes *all);
#endif
