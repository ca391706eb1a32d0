/* SPDX-License-Identifier: ISC */
/*
 * The client of the documented example.  It is the Scheme program of
 * peers/client.scm line by line, plus the error handling that C needs.
 */
#include <stdio.h>
#include <tcpunit.h>

static int
failed(void)
{
	fprintf(stderr, "client: %s\n", tcp_last_error()->text);
	return 1;
}

int
main(void)
{
	tcp_port i, o;
	char *line;
	size_t len;

	if (tcp_connect("localhost", 4242, NULL, &i, &o) == -1 ||
	    tcp_write_line(o, "Good Bye!") == -1 ||
	    tcp_read_line(i, TCPUNIT_NO_LIMIT, &line, &len) != 1)
		return failed();
	puts(line);
	return 0;
}
