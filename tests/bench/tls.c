/* SPDX-License-Identifier: ISC */
/*
 * tls serve PORT | shake PORT COUNT | idle HOW COUNT - TLS with the library,
 * and the files server.pem and ca.crt.  A server sends a byte to each client,
 * and closes.  A client connects COUNT times, one after the other, and prints
 * its handshakes per second.  The last prints the KiB of memory of a connection
 * at a server that waits, one of COUNT, with TLS if HOW is tls.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <tcpunit-tls.h>
#include <unistd.h>

#include "aid.h"

struct client {
	tcp_port in, out;
};

static struct tcp_tls *tls; /* null: plain connections */
static long waiting, wanted;

static void
use_tls(bool server)
{
	struct tcp_tls_setup setup = {TCPUNIT_TLS_SETUP, .server = server};
	char reason[TCPUNIT_TLS_TEXT];

	if (server)
		setup.certificate_file = "server.pem";
	else
		setup.ca_file = "ca.crt";
	tls = tcp_make_tls(&setup, reason);
	if (tls == NULL)
		errx(1, "%s", reason);
}

static bool
shake_hands(const struct client *c)
{
	const struct tcp_tls_options options = {
	    TCPUNIT_TLS_DEFAULTS, .tls = tls, .name = "localhost"};

	return tls == NULL || tcp_start_tls(c->in, c->out, &options) == 0;
}

static tcp_listener
listen_at(int port)
{
	struct tcp_listen_options o = {TCPUNIT_LISTEN_DEFAULTS};

	o.host = "127.0.0.1";
	o.backlog = 4096;
	return tcp_listen(port, &o);
}

static void
serve(int port)
{
	tcp_listener l = listen_at(port);
	struct client c;

	use_tls(true);
	while (tcp_accept(l, &c.in, &c.out) == 0) {
		if (!shake_hands(&c) || tcp_write_byte(c.out, 'x') == -1)
			warnx("%s", tcp_last_error()->text);
		tcp_close_ports(c.in, c.out);
	}
	errx(1, "%s", tcp_last_error()->text);
}

static struct client
meet(int port)
{
	struct client c;

	if (tcp_connect("127.0.0.1", port, NULL, &c.in, &c.out) == -1 ||
	    !shake_hands(&c))
		errx(1, "%s", tcp_last_error()->text);
	return c;
}

/* Some servers leave without ending TLS. */
static void
shake(int port, long count)
{
	double begin = seconds();
	struct client c;
	char byte;

	use_tls(false);
	for (long i = 0; i < count; i++) {
		c = meet(port);
		while (tcp_read(c.in, &byte, 1) > 0)
			;
		tcp_close_ports(c.in, c.out);
	}
	printf("%.1f\n", (double)count / (seconds() - begin));
}

/* ---- Idle connections ---- */

static long
resident_memory(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long all, resident = 0;

	if (f == NULL || fscanf(f, "%ld %ld", &all, &resident) != 2)
		errx(1, "no statm");
	fclose(f);
	return resident * sysconf(_SC_PAGESIZE) / 1024;
}

static void *
wait_for_client(void *client)
{
	struct client *c = client;

	if (!shake_hands(c))
		errx(1, "%s", tcp_last_error()->text);
	waiting++;
	(void)tcp_read_byte(c->in);
	tcp_close_ports(c->in, c->out);
	free(c);
	waiting--;
	return NULL;
}

static void *
accept_all(void *listener)
{
	struct client *c;

	for (long i = 0; i < wanted; i++) {
		c = malloc(sizeof(*c));
		if (c == NULL ||
		    tcp_accept(*(tcp_listener *)listener, &c->in, &c->out) ==
			-1)
			errx(1, "%s", tcp_last_error()->text);
		tcp_thread_detach(tcp_thread_start(wait_for_client, c));
	}
	return NULL;
}

/* The other process: it goes when it is terminated. */
static void
be_idle(int port, bool encrypted)
{
	if (encrypted)
		use_tls(false);
	for (long i = 0; i < wanted; i++)
		(void)meet(port);
	for (;;)
		pause();
}

static void
idle(bool encrypted)
{
	tcp_listener l = listen_at(0);
	int port = tcp_listener_port(l);
	long before;
	pid_t pid;

	pid = fork();
	if (pid == 0)
		be_idle(port, encrypted);
	if (encrypted)
		use_tls(true);
	before = resident_memory();
	tcp_thread_detach(tcp_thread_start(accept_all, &l));
	while (waiting < wanted)
		tcp_thread_sleep(1);
	printf("%.3f\n", (double)(resident_memory() - before) / (double)wanted);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int
main(int argc, char **argv)
{
	if (argc < 3)
		errx(
		    2, "usage: tls serve PORT|shake PORT COUNT|idle HOW COUNT");
	if (argc > 3)
		wanted = strtol(argv[3], NULL, 10);
	if (strcmp(argv[1], "serve") == 0)
		serve((int)strtol(argv[2], NULL, 10));
	else if (strcmp(argv[1], "shake") == 0)
		shake((int)strtol(argv[2], NULL, 10), wanted);
	else
		idle(strcmp(argv[2], "tls") == 0);
	return 0;
}
