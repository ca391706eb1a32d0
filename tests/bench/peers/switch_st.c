/* SPDX-License-Identifier: ISC */
/*
 * switch_st COUNT - as switch, for two threads of State Threads, which give way
 * by sleeping for no time.
 */
#include <err.h>
#include <st.h>
#include <stdio.h>
#include <stdlib.h>

#include "../aid.h"

static long turns;

static void *
yield(void *arg)
{
	for (long i = 0; i < turns; i++)
		st_usleep(0);
	return arg;
}

int
main(int argc, char **argv)
{
	st_thread_t t;
	double begin;

	if (argc != 2)
		errx(2, "usage: switch_st COUNT");
	turns = strtol(argv[1], NULL, 10) / 2;
	if (st_init() == -1)
		err(1, "st_init");
	begin = seconds();
	t = st_thread_create(yield, NULL, 1, 0);
	if (t == NULL)
		err(1, "st_thread_create");
	yield(NULL);
	if (st_thread_join(t, NULL) == -1)
		err(1, "st_thread_join");
	printf("%.2f\n", (seconds() - begin) * 1e9 / (double)(2 * turns));
	return 0;
}
