/* SPDX-License-Identifier: ISC */
/*
 * delay PORT MS - sends each message of stdin so many milliseconds after its
 * coming, with code written by hand: the yardstick of tcpu connect --delay.
 */
#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "aid.h"

enum { MOST = 4096 };

struct message {
	double due;
	size_t size;
	char bytes[64];
};

/* A ring. */
static struct message held[MOST];
static size_t taken, sent;

static struct message *
at(size_t i)
{
	return &held[i % MOST];
}

/* Returns false at the end of stdin. */
static bool
take(double delay)
{
	struct message *m = at(taken);
	const ssize_t n = read(0, m->bytes, sizeof(m->bytes));

	if (n == -1)
		err(1, "read");
	m->size = (size_t)n;
	m->due = seconds() + delay;
	taken += n > 0;
	if (taken - sent == MOST)
		errx(1, "too many messages");
	return n > 0;
}

static void
send_due(int to)
{
	const struct message *m = at(sent);

	while (sent < taken && m->due <= seconds()) {
		if (write(to, m->bytes, m->size) != (ssize_t)m->size)
			err(1, "write");
		m = at(++sent);
	}
}

/* Waits for stdin, unless it has ended, and for the first message's time.
 * Returns whether stdin is readable. */
static bool
await(bool open)
{
	struct pollfd in = {open ? 0 : -1, POLLIN, 0};
	double left = sent < taken ? at(sent)->due - seconds() : 3600;
	struct timespec limit;

	if (left < 0)
		left = 0;
	limit.tv_sec = (time_t)left;
	limit.tv_nsec = (long)((left - (double)limit.tv_sec) * 1e9);
	return ppoll(&in, 1, &limit, NULL) == 1;
}

int
main(int argc, char **argv)
{
	const double delay = argc == 3 ? strtod(argv[2], NULL) / 1000 : 0;
	bool open = true;
	int to;

	if (argc != 3)
		errx(2, "PORT MS");
	to = socket_connect(argv[1]);
	while (open || sent < taken) {
		if (await(open))
			open = take(delay);
		send_due(to);
	}
	return 0;
}
