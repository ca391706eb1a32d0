/* SPDX-License-Identifier: ISC */
/*
 * wakes HOW COUNT - two OS threads wake each other in turn; prints the
 * nanoseconds per wake-up, and those of CPU time.  HOW is a thread of the
 * library on each; the same, where each hands a connection over to the other;
 * or eventfds alone.
 */
#include <err.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <tcpunit.h>

#include "aid.h"

struct side {
	int number;
	tcp_thread thread;
	int fd;
};

static struct side sides[2];
static pthread_barrier_t both;
static atomic_int turn; /* whose it is */
static bool raw, hands_over;
static long count;
static int connection;

/* A connection with itself. */
static int
make_connection(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t length = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, length) == -1 ||
	    getsockname(fd, (struct sockaddr *)&a, &length) == -1 ||
	    connect(fd, (struct sockaddr *)&a, length) == -1)
		err(1, "a connection");
	return fd;
}

static void
wait_turn(const struct side *s)
{
	eventfd_t n;

	while (atomic_load(&turn) != s->number)
		if ((raw ? eventfd_read(s->fd, &n) : tcp_wait_wake(-1)) == -1)
			errx(1, "the wait fails");
}

static void
give_turn(const struct side *to)
{
	atomic_store(&turn, to->number);
	if (raw ? eventfd_write(to->fd, 1) == -1 : !tcp_wake(to->thread))
		errx(1, "the wake-up fails");
}

/* Takes the connection, and lets it go again. */
static void
have_connection(void)
{
	tcp_port in, out;

	if (tcp_ports_from_fd(connection, &in, &out) == -1 ||
	    (connection = tcp_release_fd(in)) == -1)
		errx(1, "%s", tcp_last_error()->text);
}

static void *
play(void *arg)
{
	struct side *s = arg;

	if (!raw)
		s->thread = tcp_current_thread();
	pthread_barrier_wait(&both);
	for (long i = 0; i < count / 2; i++) {
		wait_turn(s);
		if (hands_over)
			have_connection();
		give_turn(&sides[!s->number]);
	}
	pthread_barrier_wait(&both); /* it may still be woken */
	return NULL;
}

static double
cpu(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	    (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

int
main(int argc, char **argv)
{
	double begin = seconds(), used = cpu();
	pthread_t other;

	if (argc != 3)
		errx(2, "usage: wakes tcpunit|handing|raw COUNT");
	raw = !strcmp(argv[1], "raw");
	hands_over = !strcmp(argv[1], "handing");
	count = strtol(argv[2], NULL, 10) / 2 * 2;
	connection = make_connection();
	for (int i = 0; i < 2; i++)
		sides[i] =
		    (struct side){.number = i, .fd = eventfd(0, EFD_CLOEXEC)};
	pthread_barrier_init(&both, NULL, 2);
	if (pthread_create(&other, NULL, play, &sides[1]) != 0)
		errx(1, "pthread_create");
	play(&sides[0]);
	pthread_join(other, NULL);
	printf("%.1f %.1f\n", (seconds() - begin) * 1e9 / (double)count,
	    (cpu() - used) * 1e9 / (double)count);
	return 0;
}
