/* SPDX-License-Identifier: ISC */
/*
 * The server of the documented example.  It is the Scheme program of
 * peers/server.scm line by line, plus the error handling that C needs.
 */
#include <stdio.h>
#include <tcpunit.h>

static int
failed(void)
{
	fprintf(stderr, "server: %s\n", tcp_last_error()->text);
	return 1;
}

int
main(void)
{
	tcp_listener l = tcp_listen(4242, NULL);
	tcp_port i, o;
	char *line;
	size_t len;

	if (!tcp_listener_p(l) || tcp_accept(l, &i, &o) == -1 ||
	    tcp_write_line(o, "Hello!") == -1 ||
	    tcp_read_line(i, TCPUNIT_NO_LIMIT, &line, &len) != 1)
		return failed();
	puts(line);
	tcp_close_ports(i, o);
	return 0;
}
