/* SPDX-License-Identifier: ISC */
#include "bindable.h"

#include <errno.h>
#include <unistd.h>

#include "kernel/binding.h"
#include "kernel/port_user.h"

/* ms between two tries.  Each try can make a server fail that binds at the same
 * moment without SO_REUSEADDR, so tries must be rare. */
#define PAUSE 100

static int try_port(const struct own_addresses *hosts, int port, int family);
static int bind_failure(const struct waiting *w);
static int try_address(const union tcp_address *address, int port, int family);

int
answer_bindable(
    struct waiting *w, bool wait, const struct own_addresses *hosts, int port)
{
	char user[PORT_USER_SIZE];
	int status;

	w->pause = w->longest = PAUSE;
	while (try_port(hosts, port, w->run->options->family) == -1) {
		if (errno != EADDRINUSE)
			return bind_failure(w);
		status = wait ? wait_a_little(w) : STATUS_NO;
		if (status == STATUS_GO_ON)
			continue;
		describe_port_user(hosts->list, hosts->count, port, user);
		if (user[0])
			say_more(w->run, "%s: %s", w->what, user);
		return status;
	}
	return STATUS_GO_ON;
}

static int
bind_failure(const struct waiting *w)
{
	if (errno == EADDRNOTAVAIL)
		return usage_error(
		    w->run, "%s: not an address of this machine", w->what);
	return system_failure(w->run, w->what, errno, STATUS_LISTEN);
}

/* Returns 0, or -1 with errno. */
static int
try_port(const struct own_addresses *hosts, int port, int family)
{
	if (hosts->count == 0)
		return try_address(NULL, port, family);
	for (size_t i = 0; i < hosts->count; i++)
		if (try_address(&hosts->list[i], port, family) == -1)
			return -1;
	return 0;
}

static int
try_address(const union tcp_address *address, int port, int family)
{
	int fd = bind_address(address, port, family);

	if (fd == -1)
		return -1;
	(void)close(fd); /* it was only bound */
	return 0;
}
