/* SPDX-License-Identifier: ISC */
/*
 * drain.c - makes numbered bytes, and reads a descriptor in the background.
 */
#include "drain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PERIOD 251 /* prime, so that a shift by a power of two shows */

static void *drain(void *arg);
static ssize_t read_piece(int fd, void *buf, size_t n);

char *
numbered(size_t at, size_t n)
{
	char *buf = malloc(n + 1);

	if (buf == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		buf[i] = (char)((at + i) % PERIOD);
	return buf;
}

bool
is_numbered(const char *buf, size_t at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (buf[i] != (char)((at + i) % PERIOD))
			return false;
	return true;
}

void
drain_start(struct drain *d, int fd)
{
	drain_start_by(d, fd, 0);
}

void
drain_start_by(struct drain *d, int fd, size_t piece)
{
	*d = (struct drain){.fd = fd, .piece = piece, .right = true};
	if (pthread_create(&d->thread, NULL, drain, d) != 0)
		abort();
}

void
drain_join(struct drain *d)
{
	pthread_join(d->thread, NULL);
}

int
temporary_file(void)
{
	char path[] = "/tmp/tcpunit.XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	unlink(path);
	return fd;
}

static void *
drain(void *arg)
{
	struct drain *d = arg;
	char buf[65536];
	size_t piece = d->piece ? d->piece : sizeof buf;
	ssize_t n;

	while ((n = read_piece(d->fd, buf, piece)) > 0) {
		d->right = d->right && is_numbered(buf, d->n, (size_t)n);
		d->n += (size_t)n;
	}
	d->error = n == -1 ? errno : 0;
	return NULL;
}

/* The kernel may report a terminal's hang-up before its last bytes. */
static ssize_t
read_piece(int fd, void *buf, size_t n)
{
	ssize_t r = read(fd, buf, n);

	return r == -1 && errno == EIO ? read(fd, buf, n) : r;
}
