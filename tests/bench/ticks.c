/* SPDX-License-Identifier: ISC */
/*
 * ticks PORT FROM TO BYTES - one thread ticks every 5 ms while another copies.
 * It prints the longest time between two ticks in milliseconds, the longest CPU
 * time between two ticks, which other programs do not lengthen, and MiB/s. FROM
 * and TO are file, pipe or socket; an OS thread serves the other end of each.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tcpunit.h>
#include <time.h>
#include <unistd.h>

#include "aid.h"

enum { TICK = 5 };

struct lapse {
	double last, longest;
};

struct ticker {
	struct lapse time, cpu;
	bool done;
};

static const char *port;
static long long bytes;
static char zeros[128 * 1024];

static void
lapse(struct lapse *l, double now)
{
	if (l->last != 0 && now - l->last > l->longest)
		l->longest = now - l->last;
	l->last = now;
}

static void
tick(struct ticker *t)
{
	struct timespec cpu;

	lapse(&t->time, seconds());
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	lapse(&t->cpu, (double)cpu.tv_sec + (double)cpu.tv_nsec * 1e-9);
}

static void *
run_ticker(void *arg)
{
	struct ticker *t = arg;

	while (!t->done && tcp_thread_sleep(TICK) == 0)
		tick(t);
	return NULL;
}

static void *
feed(void *arg)
{
	int fd = *(int *)arg;

	for (long long left = bytes; left > 0;) {
		size_t n = left < (long long)sizeof zeros ? (size_t)left
							  : sizeof zeros;
		ssize_t done = write(fd, zeros, n);

		if (done == -1)
			err(1, "write");
		left -= done;
	}
	close(fd);
	return NULL;
}

static void *
drain(void *arg)
{
	static char buf[sizeof zeros];

	while (read(*(int *)arg, buf, sizeof buf) > 0)
		;
	return NULL;
}

static tcp_port
file_end(bool input)
{
	int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd == -1 || (input && ftruncate(fd, bytes) == -1))
		err(1, "file");
	return input ? tcp_open_input_fd(fd) : tcp_open_output_fd(fd);
}

static tcp_port
pipe_end(bool input, int *behind)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) == -1)
		err(1, "pipe");
	*behind = fd[input];
	return input ? tcp_open_input_fd(fd[0]) : tcp_open_output_fd(fd[1]);
}

static tcp_port
socket_end(bool input, int *behind)
{
	int listener = socket_listen(port);
	tcp_port in, out;

	if (tcp_connect("127.0.0.1", (int)strtol(port, NULL, 10), NULL, &in,
		&out) == -1)
		errx(1, "%s", tcp_last_error()->text);
	*behind = socket_accept(listener);
	return input ? in : out;
}

/* Opens one end of the copy; an OS thread does WORK at the other end. */
static tcp_port
end(const char *kind, bool input, void *(*work)(void *))
{
	static int behind[2];
	pthread_t thread;
	tcp_port p;

	if (!strcmp(kind, "file"))
		return file_end(input);
	if (!strcmp(kind, "pipe"))
		p = pipe_end(input, &behind[input]);
	else
		p = socket_end(input, &behind[input]);
	pthread_create(&thread, NULL, work, &behind[input]);
	return p;
}

int
main(int argc, char **argv)
{
	struct ticker ticker = {0};
	tcp_port in, out;
	tcp_thread t;
	double begin;

	if (argc != 5)
		errx(2, "usage: ticks PORT FROM TO BYTES");
	port = argv[1];
	bytes = strtoll(argv[4], NULL, 10);
	in = end(argv[2], true, feed);
	out = end(argv[3], false, drain);
	begin = seconds();
	tick(&ticker);
	t = tcp_thread_start(run_ticker, &ticker);
	if (tcp_copy_port(in, out, -1) != bytes)
		errx(1, "%s", tcp_last_error()->text);
	tick(&ticker);
	begin = seconds() - begin;
	ticker.done = true;
	tcp_thread_join(t, NULL, -1);
	printf("%.3f %.3f %.0f\n", ticker.time.longest * 1e3,
	    ticker.cpu.longest * 1e3, (double)bytes / (1 << 20) / begin);
	return 0;
}
