/* SPDX-License-Identifier: ISC */
/*
 * hand - the lowest cost of a transfer, with code written by hand for each kind
 * of input and output: it has no options, waits for no half-close, and survives
 * no errors.
 *
 *   hand connect PORT	sends stdin: sendfile from a file, 128 KiB reads
 *			from an enlarged pipe
 *   hand listen PORT	receives to stdout: splice to an enlarged pipe, 128 KiB
 *			writes to anything else
 *   hand drain		empties a pipe in the cheapest way, and prints the
 *number of bytes
 */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aid.h"

enum {
	MOVE = 1 << 20,
	PIECE = 128 * 1024,
};

/* Copying is cheapest at the beginning of a page. */
static _Alignas(4096) char piece[PIECE];

static void send_all(int fd);
static void receive_all(int fd);
static void drain(void);
static mode_t kind(int fd);
static ssize_t move_file(int fd);
static ssize_t move_pipe(int fd);
static ssize_t copy(int in, int out);

int
main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "connect"))
		send_all(socket_connect(argv[2]));
	else if (argc == 3 && !strcmp(argv[1], "listen"))
		receive_all(socket_accept(socket_listen(argv[2])));
	else if (argc == 2 && !strcmp(argv[1], "drain"))
		drain();
	else
		errx(2, "usage: hand connect PORT | listen PORT | drain");
	return 0;
}

static void
send_all(int fd)
{
	bool file = S_ISREG(kind(0));
	ssize_t n;

	if (S_ISFIFO(kind(0)))
		(void)fcntl(0, F_SETPIPE_SZ, MOVE); /* a refusal does no harm */
	do
		n = file ? move_file(fd) : copy(0, fd);
	while (n > 0);
	if (n == -1)
		err(1, "send");
}

static void
receive_all(int fd)
{
	bool fifo = S_ISFIFO(kind(1));
	ssize_t n;

	if (fifo)
		(void)fcntl(1, F_SETPIPE_SZ, MOVE);
	do
		n = fifo ? move_pipe(fd) : copy(fd, 1);
	while (n > 0);
	if (n == -1)
		err(1, "receive");
}

static void
drain(void)
{
	int null = open("/dev/null", O_WRONLY);
	long long total = 0;
	ssize_t n;

	(void)fcntl(0, F_SETPIPE_SZ, MOVE);
	while ((n = splice(0, NULL, null, NULL, MOVE, 0)) > 0)
		total += n;
	if (n == -1)
		err(1, "drain");
	printf("%lld\n", total);
}

static mode_t
kind(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		err(1, "fstat");
	return st.st_mode;
}

static ssize_t
move_file(int fd)
{
	return sendfile(fd, 0, NULL, MOVE);
}

static ssize_t
move_pipe(int fd)
{
	return splice(fd, NULL, 1, NULL, MOVE, SPLICE_F_MOVE);
}

/* A write to a blocking descriptor takes all the bytes. */
static ssize_t
copy(int in, int out)
{
	ssize_t n;

	n = read(in, piece, sizeof piece);
	if (n <= 0)
		return n;
	return write(out, piece, (size_t)n) == n ? n : -1;
}
