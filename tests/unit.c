/* SPDX-License-Identifier: ISC */
/*
 * unit.c - connections within one program, failures, tickers.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metronome.h"
#include "probe.h"

#define TICK_MS 10

static void *tick(void *arg);

tcp_listener
listen_on(const char *host, int port)
{
	struct tcp_listen_options options = {TCPUNIT_LISTEN_DEFAULTS};

	options.host = host;
	return tcp_listen(port, &options);
}

struct both
both_connect(tcp_listener l, const char *host)
{
	struct both b;

	if (tcp_connect(host, tcp_listener_port(l), NULL, &b.client_in,
		&b.client_out) == 0 &&
	    tcp_accept(l, &b.server_in, &b.server_out) == 0)
		return b;
	printf("Bail out! %s\n", tcp_last_error()->text);
	exit(1);
}

void
both_close(struct both *b)
{
	tcp_close_ports(b->client_in, b->client_out);
	tcp_close_ports(b->server_in, b->server_out);
}

bool
failed(bool yes, enum tcp_error_kind kind, int code)
{
	int is = errno;
	const struct tcp_error *e = tcp_last_error();
	bool as_told = e->kind == kind && (code == 0 || e->code == code) &&
	    e->text[0] != '\0' && strchr(e->text, '\n') == NULL &&
	    (kind == TCPUNIT_ERROR_RESOLVE || (is != 0 && e->code == is));

	if (yes && !as_told)
		fprintf(stderr, "# kind %d, code %d, errno %d: %s\n", e->kind,
		    e->code, is, e->text);
	return yes && as_told;
}

bool
told(const char *s)
{
	bool yes = strstr(tcp_last_error()->text, s) != NULL;

	if (!yes)
		fprintf(
		    stderr, "# no \"%s\" in: %s\n", s, tcp_last_error()->text);
	return yes;
}

bool
within(int64_t t, int64_t low, int64_t high)
{
	bool yes = t >= low && metronome_since(now_ms() - t) <= high;

	if (!yes)
		fprintf(stderr, "# took %lld ms\n", (long long)t);
	return yes;
}

void *
sleep_long(void *arg)
{
	tcp_thread_sleep(1000 * 1000);
	return arg;
}

void
ticker_start(struct ticker *t)
{
	t->start = now_ms();
	t->ticks = 0;
	t->done = false;
	t->thread = tcp_thread_start(tick, t);
}

bool
ticker_stop(struct ticker *t)
{
	int64_t wanted = metronome_since(t->start) / TICK_MS / 2;

	t->done = true;
	tcp_thread_join(t->thread, NULL, -1);
	if (t->ticks < wanted)
		fprintf(stderr, "# ticks: %d of %lld\n", t->ticks,
		    (long long)wanted * 2);
	return t->ticks > 0 && t->ticks >= wanted;
}

static void *
tick(void *arg)
{
	struct ticker *t = arg;

	while (!t->done) {
		tcp_thread_sleep(TICK_MS);
		t->ticks++;
	}
	return NULL;
}
