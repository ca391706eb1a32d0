/* SPDX-License-Identifier: ISC */
/*
 * load - clients of an echo server.  Each connection sends a line of 64 bytes
 * and, when the line has come back, the next one.
 *
 *   load PORT CONNECTIONS SECONDS	prints the requests per second after a
 *					warm-up of a tenth, their number, and
 *					the microseconds in which 99 % of them
 *					were answered
 *   load PORT CONNECTIONS idle		sends one request on each, prints
 *					"ready", and waits; repeats this for
 *					each byte of stdin until its end
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aid.h"

enum {
	SIZE = 64,
	BATCH = 256,
	LONGEST = 1 << 20, /* longest time recorded, in us */
};

struct client {
	int fd;
	int missing; /* bytes of the answer */
	double asked;
};

static const char request[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-\n";

static long answers_after[LONGEST];

static void connect_all(struct client *, int, const char *port, int set);
static void idle(struct client *, int);
static void load(struct client *, int, int set, double limit);
static int serve(int set);
static void ask(struct client *);
static int answered(struct client *);
static void note(double time);
static int percentile(double share, long total);

int
main(int argc, char **argv)
{
	struct client *clients;
	int n, set;

	if (argc != 4)
		errx(2, "usage: load PORT CONNECTIONS SECONDS|idle");
	n = (int)strtol(argv[2], NULL, 10);
	clients = calloc((size_t)n, sizeof *clients);
	set = epoll_create1(EPOLL_CLOEXEC);
	if (clients == NULL || set == -1)
		err(1, "load");
	connect_all(clients, n, argv[1], set);
	if (!strcmp(argv[3], "idle"))
		idle(clients, n);
	else
		load(clients, n, set, strtod(argv[3], NULL));
	free(clients);
	return 0;
}

static void
connect_all(struct client *clients, int n, const char *port, int set)
{
	struct epoll_event e = {.events = EPOLLIN};
	int i;

	for (i = 0; i < n; i++) {
		clients[i].fd = socket_connect(port);
		e.data.ptr = &clients[i];
		if (epoll_ctl(set, EPOLL_CTL_ADD, clients[i].fd, &e) == -1)
			err(1, "epoll_ctl");
	}
}

static void
idle(struct client *clients, int n)
{
	char byte;
	int i;

	do {
		for (i = 0; i < n; i++) {
			ask(&clients[i]);
			while (!answered(&clients[i]))
				;
		}
		puts("ready");
		fflush(stdout);
	} while (read(0, &byte, 1) > 0);
}

static void
load(struct client *clients, int n, int set, double limit)
{
	double begin = seconds(), counted = begin + limit / 10, now;
	long total = 0, before = 0;
	int i;

	for (i = 0; i < n; i++)
		ask(&clients[i]);
	do {
		total += serve(set);
		now = seconds();
		if (now < counted)
			before = total;
	} while (now < counted + limit);
	printf("%.0f %ld %d\n", (double)(total - before) / limit, total,
	    percentile(0.99, total));
}

/* Returns how many answers have come; each is followed by the next request. */
static int
serve(int set)
{
	struct epoll_event ready[BATCH];
	int i, n, answers = 0;
	struct client *c;
	double asked;

	n = epoll_wait(set, ready, BATCH, 1000);
	if (n == -1)
		err(1, "epoll_wait");
	for (i = 0; i < n; i++) {
		c = ready[i].data.ptr;
		if (!answered(c))
			continue;
		answers++;
		asked = c->asked;
		ask(c);
		note(c->asked - asked);
	}
	return answers;
}

static void
ask(struct client *c)
{
	if (send(c->fd, request, SIZE, MSG_NOSIGNAL) != SIZE)
		err(1, "send");
	c->missing = SIZE;
	c->asked = seconds();
}

static int
answered(struct client *c)
{
	char answer[SIZE];
	ssize_t n;

	n = recv(c->fd, answer, (size_t)c->missing, 0);
	if (n <= 0)
		err(1, "%d bytes before the end of an answer", c->missing);
	c->missing -= (int)n;
	return c->missing == 0;
}

static void
note(double time)
{
	int after = (int)(time * 1e6);

	answers_after[after < LONGEST ? after : LONGEST - 1]++;
}

/* Returns the microseconds within which that share of the answers came. */
static int
percentile(double share, long total)
{
	long least = (long)(share * (double)total), n = 0;
	int i;

	for (i = 0; i < LONGEST - 1 && n <= least; i++)
		n += answers_after[i];
	return i;
}
