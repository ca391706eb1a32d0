/* SPDX-License-Identifier: ISC */
#include "group.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool has_members(pid_t group, const struct processes *all);

void
group_reap(struct group *g)
{
	int status = 0;

	if (g->reaped)
		return;
	while (waitpid(g->pid, &status, 0) == -1 && errno == EINTR)
		;
	group_note(g, status);
}

void
group_note(struct group *g, int status)
{
	g->reaped = true;
	g->status = status;
}

static bool
is_there(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

/* While the group exists, the kernel gives its number to no new process.  If a
 * process has that number now, the group is gone, and another group may have
 * taken its number. */
bool
group_exists(const struct group *g)
{
	if (!g->reaped)
		return true;
	return g->leader && !is_there(g->pid) && is_there(-g->pid);
}

bool
group_lives(struct group *g, const struct processes *all)
{
	struct processes fresh = {NULL, 0};
	bool lives;
	int status;

	if (!g->reaped && waitpid(g->pid, &status, WNOHANG) == g->pid)
		group_note(g, status);
	if (!g->reaped || !group_exists(g))
		return !g->reaped;
	if (!all)
		groups_look(&fresh);
	lives = has_members(g->pid, all ? all : &fresh);
	free(fresh.list);
	return lives;
}

void
groups_look(struct processes *all)
{
	if (list_processes(all) == -1)
		*all = (struct processes){NULL, 0};
}

/* All processes of a group are in the same session, and handlers are in the
 * session of tcpu.  If /proc cannot be read, the group counts as alive. */
static bool
has_members(pid_t group, const struct processes *all)
{
	const pid_t session = getsid(0);
	bool found = all->count == 0;

	for (size_t i = 0; i < all->count; i++)
		found |= all->list[i].group == group &&
		    all->list[i].session == session;
	return found;
}

/* Until COMMAND is reaped, no other process can get its number.  After that the
 * group has to be looked for first. */
void
group_signal(struct group *g, int number, const struct processes *all)
{
	if (!g->reaped || group_lives(g, all))
		(void)kill(g->leader ? -g->pid : g->pid, number);
}
