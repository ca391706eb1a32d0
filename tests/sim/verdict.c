/* SPDX-License-Identifier: ISC */
/*
 * The verdict on a run, and its record.
 */
#include "verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "random.h"

enum { MAX_STEPS = 1000000 };

static struct {
	uint64_t seed;
	const char *program;
	uint64_t trace;
	uint64_t steps;
	bool aloud;
} verdict;

void
sim_verdict_start(uint64_t seed, const char *program, bool aloud)
{
	verdict.seed = seed;
	verdict.program = program;
	verdict.aloud = aloud;
	if (aloud)
		printf("seed %llu (%s)\n", (unsigned long long)seed, program);
}

void
sim_fail(const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	printf("seed %llu (%s), after %.6f s: %s\n",
	    (unsigned long long)verdict.seed, verdict.program,
	    (double)sim_elapsed() / SIM_S, text);
	fflush(stdout);
	_exit(1);
}

void
sim_note(const char *what, long fd, long result)
{
	if (++verdict.steps == MAX_STEPS)
		sim_fail("the program does not come to an end");
	verdict.trace = sim_mix(verdict.trace ^ (uint64_t)sim_now()) ^
	    ((uint64_t)fd << 32 ^ (uint64_t)result ^
		(uint64_t)(result == -1 ? errno : 0));
	if (verdict.aloud)
		sim_say(result == -1 ? "  %s(%ld) = -1, %m" : "  %s(%ld) = %ld",
		    what, fd, result);
}

void
sim_say(const char *format, ...)
{
	int error = errno;
	va_list ap;

	if (!verdict.aloud)
		return;
	printf("%12.6f ", (double)sim_elapsed() / SIM_S);
	va_start(ap, format);
	errno = error;
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	errno = error;
}

uint64_t
sim_trace(void)
{
	return verdict.trace;
}

uint64_t
sim_steps(void)
{
	return verdict.steps;
}
