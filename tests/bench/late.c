/* SPDX-License-Identifier: ISC */
/*
 * late PORT COUNT DELAY COMMAND... - writes COUNT messages, one a millisecond,
 * to a command that sends them to PORT after DELAY milliseconds.  It prints by
 * how many milliseconds half of them are late at most, and 99 of 100; how many
 * of 1000 are more than 2 milliseconds late; and how late the latest is.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "aid.h"

struct sender {
	int to;
	long count;
};

static int
start(char *const *command)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		err(1, "pipe");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		if (dup2(ends[0], STDIN_FILENO) == -1)
			err(127, "dup2");
		execvp(command[0], command);
		err(127, "%s", command[0]);
	default:
		close(ends[0]);
		return ends[1];
	}
}

static void
await(double time)
{
	const struct timespec when = {
	    (time_t)time, (long)((time - (double)(time_t)time) * 1e9)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL))
		;
}

/* A message is the time of its sending. */
static void *
run_sender(void *arg)
{
	const struct sender *s = arg;
	const double begin = seconds();
	double now;

	for (long i = 0; i < s->count; i++) {
		await(begin + (double)i / 1000);
		now = seconds();
		if (write(s->to, &now, sizeof(now)) != sizeof(now))
			err(1, "write");
	}
	close(s->to);
	return NULL;
}

static void
receive(int from, double *late, long count, double delay)
{
	FILE *in = fdopen(from, "r");
	double sent;

	if (in == NULL)
		err(1, "fdopen");
	for (long i = 0; i < count; i++) {
		if (fread(&sent, sizeof(sent), 1, in) != 1)
			errx(1, "%ld of %ld messages", i, count);
		late[i] = (seconds() - sent) * 1000 - delay;
		if (late[i] < 0)
			errx(1, "message %ld came too early", i);
	}
	(void)fclose(in);
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* How many of the sorted ones are more than 2 ms late. */
static long
over_two(const double *late, long count)
{
	long in_time = 0;

	while (in_time < count && late[in_time] <= 2)
		in_time++;
	return count - in_time;
}

int
main(int argc, char **argv)
{
	struct sender s;
	double *late;
	int listener;
	pthread_t thread;

	if (argc < 5)
		errx(2, "PORT COUNT DELAY COMMAND...");
	s.count = strtol(argv[2], NULL, 10);
	late = calloc((size_t)s.count, sizeof(*late));
	listener = socket_listen(argv[1]);
	s.to = start(argv + 4);
	if (late == NULL || s.count < 1 ||
	    pthread_create(&thread, NULL, run_sender, &s) != 0)
		errx(1, "no messages");
	receive(socket_accept(listener), late, s.count, strtod(argv[3], NULL));
	(void)pthread_join(thread, NULL);
	qsort(late, (size_t)s.count, sizeof(*late), compare);
	printf("%.3f %.3f %.3f %.3f\n", late[s.count / 2],
	    late[s.count - 1 - s.count / 100],
	    (double)over_two(late, s.count) * 1000 / (double)s.count,
	    late[s.count - 1]);
	return 0;
}
