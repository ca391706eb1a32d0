/* SPDX-License-Identifier: ISC */
/*
 * switch_pth COUNT - as switch, for two threads of GNU Pth.
 */
#include <err.h>
#include <pth.h>
#include <stdio.h>
#include <stdlib.h>

#include "../aid.h"

static long turns;

static void *
yield(void *arg)
{
	for (long i = 0; i < turns; i++)
		pth_yield(NULL);
	return arg;
}

int
main(int argc, char **argv)
{
	pth_t t;
	double begin;

	if (argc != 2)
		errx(2, "usage: switch_pth COUNT");
	turns = strtol(argv[1], NULL, 10) / 2;
	if (!pth_init())
		err(1, "pth_init");
	begin = seconds();
	t = pth_spawn(PTH_ATTR_DEFAULT, yield, NULL);
	if (t == NULL)
		err(1, "pth_spawn");
	yield(NULL);
	if (!pth_join(t, NULL))
		err(1, "pth_join");
	printf("%.2f\n", (seconds() - begin) * 1e9 / (double)(2 * turns));
	return 0;
}
