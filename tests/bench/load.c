/* SPDX-License-Identifier: ISC */
/*
 * load - clients of an echo server.  Each connection sends a line of 64 bytes
 * and, when the line has come back, the next one.
 *
 *   load PORT CONNECTIONS SECONDS [PID]
 *					prints the requests per second after a
 *					warm-up, the number of all requests, the
 *					microseconds in which 99 % of them were
 *					answered, and how many CPUs the process
 *					PID and the clients kept busy after the
 *					warm-up; in that a tenth of the time
 *					passes, and each connection is answered
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
#include <time.h>
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
	long answers;
	double asked;
};

/* Seconds since any beginning: of the clock, and of CPU time. */
struct moment {
	double time, server, clients;
};

static const char request[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-\n";

static long answers_after[LONGEST];
static clockid_t server; /* its CPU time */

static void connect_all(struct client *, int, const char *port, int set);
static void idle(struct client *, int);
static void load(struct client *, int, int set, double limit);
static long warm_up(struct client *, int, int set, double limit);
static struct moment now(void);
static double read_clock(clockid_t);
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

	if (argc != 4 && argc != 5)
		errx(2, "usage: load PORT CONNECTIONS SECONDS|idle [PID]");
	if (clock_getcpuclockid(
		argc > 4 ? (pid_t)strtol(argv[4], NULL, 10) : 0, &server) != 0)
		errx(1, "no process %s", argv[4]);
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
	long before = warm_up(clients, n, set, limit / 10), total = before;
	struct moment begin = now(), end;
	double took;

	do
		total += serve(set);
	while (seconds() < begin.time + limit);
	end = now();
	took = end.time - begin.time;
	printf("%.0f %ld %d %.4f %.4f\n", (double)(total - before) / took,
	    total, percentile(0.99, total), (end.server - begin.server) / took,
	    (end.clients - begin.clients) / took);
}

/* Returns the number of answers. */
static long
warm_up(struct client *clients, int n, int set, double limit)
{
	double end = seconds() + limit;
	long total = 0;
	int i;

	for (i = 0; i < n; i++)
		ask(&clients[i]);
	for (i = 0; i < n; i++)
		while (clients[i].answers == 0 || seconds() < end)
			total += serve(set);
	return total;
}

static struct moment
now(void)
{
	return (struct moment){
	    seconds(),
	    read_clock(server),
	    read_clock(CLOCK_PROCESS_CPUTIME_ID),
	};
}

static double
read_clock(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) == -1)
		err(1, "clock_gettime");
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
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
		c->answers++;
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
