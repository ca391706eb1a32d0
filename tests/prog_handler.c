/* SPDX-License-Identifier: ISC */
/*
 * prog_handler.c - a program for tcpu listen to start for each connection.
 */
#include <stdio.h>
#include <tcpunit.h>

int
main(void)
{
	char local[TCPUNIT_ADDRLEN], remote[TCPUNIT_ADDRLEN], *line;
	tcp_port in, out;
	size_t len;

	if (tcp_ports_from_fd(0, &in, &out) == -1) {
		puts(tcp_last_error()->text);
		return 0;
	}
	tcp_set_timeout(in, 60000);
	tcp_addresses(in, local, remote);
	tcp_printf(out, "hello, %s\n", remote);
	while (tcp_read_line(in, 1000, &line, &len) == 1)
		tcp_printf(out, "%zu bytes\n", len);
	return tcp_close_ports(in, out) == -1;
}
