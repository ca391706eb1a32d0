/* SPDX-License-Identifier: ISC */
/*
 * test_rates.c - that rates are exact, for ten seconds in both directions.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <tcpunit-event.h>

#include "drain.h"
#include "metronome.h"
#include "pair.h"
#include "probe.h"
#include "tap.h"
#include "unit.h"

/* A thread that is late by less than the burst makes up for it. */
enum { RATE = 100000, BURST = RATE / 2, SECONDS = 10, TRIES = 3 };

struct transfer {
	struct pair pair;
	int64_t took;       /* ms */
	int64_t took_least; /* in the metronome's time */
};

/* Writes, or reads, what the bucket holds at first, and then as much as it gets
 * in the time. */
static void
move(struct transfer *t, tcp_port port,
    bool (*piece)(tcp_port port, char *data, size_t n))
{
	char *data = calloc(SECONDS, RATE);
	int64_t start;

	if (tcp_set_rate(port, RATE, BURST) == -1 || !piece(port, data, BURST))
		exit(1);
	start = now_ms();
	if (!piece(port, data, (size_t)SECONDS * RATE))
		exit(1);
	t->took = now_ms() - start;
	t->took_least = metronome_since(start);
	free(data);
}

static bool
write_piece(tcp_port port, char *data, size_t n)
{
	return tcp_write(port, data, n) == (ssize_t)n;
}

static bool
read_piece(tcp_port port, char *data, size_t n)
{
	return tcp_read_string(port, data, n) == (ssize_t)n;
}

static void *
write_all(void *transfer)
{
	struct transfer *t = transfer;

	move(t, t->pair.out, write_piece);
	return NULL;
}

static void *
read_all(void *transfer)
{
	struct transfer *t = transfer;

	move(t, t->pair.in, read_piece);
	return NULL;
}

/* The peer of the reader, which sends until the connection ends. */
static void *
send_zeros(void *fd)
{
	static const char zeros[10000];

	while (send(*(int *)fd, zeros, sizeof(zeros), MSG_NOSIGNAL) > 0)
		;
	return NULL;
}

static bool
is_exact(const struct transfer *t)
{
	const int64_t want = 1000 * SECONDS, part = want / 50;

	diag("%lld ms", (long long)t->took);
	return t->took >= want - part && t->took_least <= want + part;
}

static void
exact(void)
{
	bool output = false, input = false;

	for (int i = 0; i < TRIES && !(output && input); i++) {
		struct transfer out = {pair_accept(), 0, 0};
		struct transfer in = {pair_accept(), 0, 0};
		pthread_t sender;
		struct drain d;
		tcp_thread t;

		drain_start(&d, out.pair.peer);
		pthread_create(&sender, NULL, send_zeros, &in.pair.peer);
		t = tcp_thread_start(write_all, &out);
		read_all(&in);
		tcp_thread_join(t, NULL, -1);
		output = is_exact(&out);
		input = is_exact(&in);
		tcp_reset(in.pair.in);
		pthread_join(sender, NULL);
		tcp_close_ports(out.pair.in, out.pair.out);
		drain_join(&d);
		pair_close(&in.pair);
		pair_close(&out.pair);
	}
	ok(output, "output has its rate to 2 %% over ten seconds");
	ok(input, "and so has input");
}

int
main(void)
{
	metronome_start();
	run(exact);
	return done_testing();
}
