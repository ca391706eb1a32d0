/* SPDX-License-Identifier: ISC */
/*
 * sim [-v] [-x] [-j JOBS] [-p PROGRAM] [-l LIST] [SEED | FIRST-LAST]... - run
 * programs in the simulated machine.  It names each seed that fails.  -v prints
 * each step.  Each line of LIST is a seed and the name of a program.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"

static const struct sim_program *chosen;

static void run_range(const char *);
static void run_list(const char *);
static const struct sim_program *find_program(const char *);
static bool read_seed(const char *, char **, uint64_t *);
_Noreturn static void usage(const char *, const char *);

int
main(int argc, char **argv)
{
	/* If stdio allocated its buffer, the memory check would count it. */
	static char buffer[1 << 16];
	int option, jobs = 1;
	bool aloud = false, stop = false;
	const char *list = NULL;

	(void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	while ((option = getopt(argc, argv, "vxj:p:l:")) != -1) {
		if (option == 'v')
			aloud = true;
		else if (option == 'x')
			stop = true;
		else if (option == 'j')
			jobs = atoi(optarg);
		else if (option == 'p')
			chosen = find_program(optarg);
		else if (option == 'l')
			list = optarg;
		else
			return 2;
	}
	if (jobs < 1 || jobs > SIM_MAX_JOBS)
		usage("no such number of jobs", NULL);
	if (list == NULL && optind == argc)
		usage("no seeds", NULL);
	sim_runner_start(jobs, aloud, stop);
	if (list != NULL)
		run_list(list);
	for (; optind < argc; optind++)
		run_range(argv[optind]);
	return sim_runner_end();
}

static void
run_range(const char *text)
{
	uint64_t first, last;
	char *end;

	if (!read_seed(text, &end, &first))
		usage("no seed", text);
	last = first;
	if (*end == '-' && !read_seed(end + 1, &end, &last))
		usage("no seed", text);
	if (*end != '\0' || last < first)
		usage("no seed", text);
	sim_run(first, last, chosen);
}

static void
run_list(const char *path)
{
	char line[256], name[64], *end;
	FILE *list = fopen(path, "r");
	uint64_t seed;

	if (list == NULL)
		usage(strerror(errno), path);
	while (fgets(line, sizeof(line), list) != NULL) {
		line[strcspn(line, "#\n")] = '\0';
		if (line[0] == '\0')
			continue;
		if (!read_seed(line, &end, &seed) ||
		    sscanf(end, " %63s", name) != 1)
			usage("no seed and program", line);
		sim_run(seed, seed, find_program(name));
	}
	(void)fclose(list);
}

static const struct sim_program *
find_program(const char *name)
{
	const struct sim_program *p = sim_program_of(name);

	if (p == NULL)
		usage("no such program", name);
	return p;
}

static bool
read_seed(const char *text, char **end, uint64_t *seed)
{
	errno = 0;
	*seed = strtoull(text, end, 10);
	return errno == 0 && *text >= '0' && *text <= '9';
}

_Noreturn static void
usage(const char *what, const char *which)
{
	fprintf(stderr, "sim: %s%s%s\n", what, which ? ": " : "",
	    which ? which : "");
	exit(2);
}
