/* SPDX-License-Identifier: ISC */
/*
 * measure FILE TIMES COMMAND [ARG]... - runs the command so many times, one
 * after the other, and writes the costs to FILE: elapsed seconds, seconds of
 * user and of system time, and the KiB of memory of the largest run.  A command
 * that SIGTERM ends counts as a server that has done its work.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid.h"

static int run(char **command);
static double of(struct timeval t);
static void report(const char *file, double elapsed);

int
main(int argc, char **argv)
{
	double start;
	long times;
	int status = 0;

	if (argc < 4)
		errx(2, "usage: measure FILE TIMES COMMAND [ARG]...");
	signal(SIGTERM, SIG_IGN);
	start = seconds();
	for (times = strtol(argv[2], NULL, 10); times > 0 && !status; times--)
		status = run(argv + 3);
	report(argv[1], seconds() - start);
	return status;
}

static int
run(char **command)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		signal(SIGTERM, SIG_DFL);
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		err(1, "measure");
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGTERM ? 0 : 1;
	return WEXITSTATUS(status);
}

static double
of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static void
report(const char *file, double elapsed)
{
	struct rusage used;
	FILE *out;

	getrusage(RUSAGE_CHILDREN, &used);
	out = fopen(file, "w");
	if (out == NULL)
		err(1, "%s", file);
	fprintf(out, "%.6f %.6f %.6f %ld\n", elapsed, of(used.ru_utime),
	    of(used.ru_stime), used.ru_maxrss);
	if (fclose(out) == EOF)
		err(1, "%s", file);
}
