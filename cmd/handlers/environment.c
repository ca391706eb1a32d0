/* SPDX-License-Identifier: ISC */
/*
 * environment.c - sets variables in place: setenv(3) would keep a copy of
 * every value there ever was.
 */
#include "environment.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

void
clean_environment(void)
{
	static const char *const names[] = {"TCPREMOTEHOST", "TCPREMOTEINFO",
	    "TCPLOCALHOST", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
	    "NOTIFY_SOCKET"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unsetenv(names[i]); /* fails for a bad name only */
}

int
set_environment(struct environment *e, tcp_port port, int number)
{
	const size_t size = sizeof(e->variables[0]);
	char local[TCPUNIT_ADDRLEN] = "", remote[TCPUNIT_ADDRLEN] = "";
	char(*v)[16 + TCPUNIT_ADDRLEN] = e->variables;
	int ports[2] = {0, 0};

	(void)tcp_addresses(port, local, remote); /* it is open */
	(void)tcp_port_numbers(port, &ports[0], &ports[1]);
	(void)snprintf(v[0], size, "PROTO=TCP");
	(void)snprintf(v[1], size, "TCPLOCALIP=%s", local);
	(void)snprintf(v[2], size, "TCPLOCALPORT=%d", ports[0]);
	(void)snprintf(v[3], size, "TCPREMOTEIP=%s", remote);
	(void)snprintf(v[4], size, "TCPREMOTEPORT=%d", ports[1]);
	(void)snprintf(v[5], size, "TCPCONNNUM=%d", number);
	for (int i = 0; i < VARIABLES; i++) {
		if (putenv(v[i]) != 0)
			return -1;
	}
	return 0;
}
