/* SPDX-License-Identifier: ISC */
/*
 * switch HOW COUNT - two threads yield to each other; prints the nanoseconds
 * per switch.  HOW is the library's threads, which yield or signal conditions
 * to each other, or swapcontext(3) alone, which every scheduler made of it has
 * to call.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tcpunit.h>
#include <ucontext.h>

#include "aid.h"

static ucontext_t here, there;
static char stack[64 * 1024];
static long turns;

static void *
yield(void *arg)
{
	for (long i = 0; i < turns; i++)
		tcp_thread_yield();
	return arg;
}

static void
tcpunit(void)
{
	tcp_thread t = tcp_thread_start(yield, NULL);

	yield(NULL);
	if (tcp_thread_join(t, NULL, -1) == -1)
		errx(1, "%s", tcp_last_error()->text);
}

static tcp_condition ping, pong;

/* Signals the other thread, and waits for a signal from it. */
static void *
answer(void *arg)
{
	tcp_condition mine = arg != NULL ? pong : ping;
	tcp_condition other = arg != NULL ? ping : pong;

	for (long i = 0; i < turns; i++)
		if (tcp_condition_signal(other) == -1 ||
		    (i < turns - 1 && tcp_condition_wait(mine, -1) == -1))
			errx(1, "%s", tcp_last_error()->text);
	return NULL;
}

static void
conditions(void)
{
	tcp_thread t;

	ping = tcp_make_condition();
	pong = tcp_make_condition();
	t = tcp_thread_start(answer, &t);
	answer(NULL);
	if (tcp_thread_join(t, NULL, -1) == -1)
		errx(1, "%s", tcp_last_error()->text);
}

static void
go_back(void)
{
	for (;;)
		swapcontext(&there, &here);
}

static void
swaps(void)
{
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof stack;
	makecontext(&there, go_back, 0);
	for (long i = 0; i < turns; i++)
		swapcontext(&here, &there);
}

int
main(int argc, char **argv)
{
	double begin;

	if (argc != 3)
		errx(2, "usage: switch tcpunit|conditions|swapcontext COUNT");
	turns = strtol(argv[2], NULL, 10) / 2;
	begin = seconds();
	if (!strcmp(argv[1], "tcpunit"))
		tcpunit();
	else if (!strcmp(argv[1], "conditions"))
		conditions();
	else
		swaps();
	printf("%.2f\n", (seconds() - begin) * 1e9 / (double)(2 * turns));
	return 0;
}
