/* SPDX-License-Identifier: ISC */
#include "client.h"

#include "../kernel/unix_socket.h"
#include "../text.h"

/* The clients of a Unix socket seldom have names of their own. */
static void
name_unix_client(struct client *c)
{
	const struct ends *ends = &c->ends;
	pid_t pid = 0;

	if (!ends->passed_on)
		pid = unix_peer(tcp_port_fileno(c->connection[0])).pid;
	if (ends->remote.ip[0] || pid == 0)
		format_text(c->name, sizeof(c->name), "unix:%s",
		    ends->remote.ip[0] ? ends->remote.ip : ends->local.ip);
	else
		format_text(c->name, sizeof(c->name), "process %d", (int)pid);
}

void
rename_client(struct client *c, const struct ends *ends)
{
	c->ends = *ends;
	if (ends->remote.is_unix)
		name_unix_client(c);
	else
		(void)tcp_host_port(ends->remote.ip, ends->remote.port, c->name,
		    sizeof(c->name));
}

void
meet_client(struct client *c)
{
	struct ends ends;

	read_ends(c->connection[0], &ends);
	rename_client(c, &ends);
}

/* A denied client gets a reset, so that it does not take the silence for
 * success. */
bool
admit_client(const struct listening *l, struct client *c)
{
	const bool admitted =
	    is_admitted(&l->options->access, c->ends.remote.ip);

	say_more(l->run, "%s: %s %s", l->what,
	    admitted ? "connection from" : "denied:", c->name);
	if (!admitted)
		(void)tcp_reset(c->connection[0]); /* nobody else has it */
	return admitted;
}

void
deny_client(const struct listening *l, struct client *c, const char *reason)
{
	say(l->run, "%s: denied: %s: %s", l->what, c->name, reason);
	(void)tcp_reset(c->connection[0]); /* nobody else has it */
}
