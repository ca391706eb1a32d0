/* SPDX-License-Identifier: ISC */
/*
 * prog_chat.c - a chat that drops a client which does not read; the example of
 * tcpunit-tutorial(7).
 */
#include <err.h>
#include <stdio.h>
#include <sys/socket.h>
#include <tcpunit.h>

#define LINES 2000

struct member {
	const char *name;
	tcp_port in, out;
	bool here;
};

static struct member members[] = {
    {.name = "Ann"}, {.name = "Bob"}, {.name = "Sloth"}};
static const int n_members = 3;

static void
say(const struct member *from, const char *line)
{
	const struct tcp_error *e;
	struct member *m;

	for (m = members; m < members + n_members; m++) {
		if (m == from || !m->here)
			continue;
		if (tcp_write_line(m->out, line) != -1)
			continue;
		e = tcp_last_error();
		printf("%s is dropped: %s\n", m->name, e->reason);
		m->here = false;
		tcp_reset(m->out);
	}
}

static void *
serve(void *arg)
{
	struct member *m = arg;
	char *line;
	size_t len;

	while (tcp_read_line(m->in, 2000, &line, &len) == 1)
		say(m, line);
	m->here = false;
	tcp_close_ports(m->in, m->out);
	return NULL;
}

static void *
talk(void *out)
{
	for (int i = 1; i <= LINES; i++)
		tcp_printf(*(tcp_port *)out, "%1000d\n", i);
	return NULL;
}

static bool
join(struct member *m, tcp_listener listener, tcp_port *in, tcp_port *out)
{
	const int port = tcp_listener_port(listener), lag = 64 * 1024;
	const socklen_t n = sizeof(lag);
	int fd;

	if (tcp_connect("127.0.0.1", port, NULL, in, out) == -1 ||
	    tcp_accept(listener, &m->in, &m->out) == -1)
		return false;
	fd = tcp_port_fileno(m->out);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &lag, n);
	tcp_set_timeout(m->out, 500);
	m->here = true;
	return tcp_thread_detach(tcp_thread_start(serve, m)) == 0;
}

int
main(void)
{
	struct tcp_listen_options local = {
	    TCPUNIT_LISTEN_DEFAULTS, .host = "127.0.0.1"};
	tcp_listener listener = tcp_listen(0, &local);
	tcp_port in[3], out[3], bob;
	int i, lines = 0;
	char *line;
	size_t len;

	for (i = 0; i < n_members; i++)
		if (!join(&members[i], listener, &in[i], &out[i]))
			errx(1, "%s", tcp_last_error()->text);
	tcp_thread_detach(tcp_thread_start(talk, &out[0]));
	bob = in[1];
	while (lines < LINES && tcp_read_line(bob, 2000, &line, &len) == 1)
		lines += len == 1000;
	printf("Bob has read %d lines\n", lines);
	return 0;
}
