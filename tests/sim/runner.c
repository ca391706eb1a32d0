/* SPDX-License-Identifier: ISC */
/*
 * Runs seeds and counts the results.
 */
#include "runner.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "invariant.h"
#include "network.h"
#include "random.h"
#include "resolver.h"
#include "task.h"
#include "verdict.h"
#include "weather.h"

enum { LIMIT = 5 }; /* seconds of CPU time; a run that takes more hangs */

/* This struct lies in memory that the processes share. */
struct report {
	atomic_ullong runs, failures, steps, trace;
	atomic_llong simulated;
};

static struct report *total;
static int jobs;
static uint64_t running; /* seed */
static bool aloud, stop;

static void run_some(uint64_t, uint64_t, uint64_t, const struct sim_program *);
static void run_apart(uint64_t, const struct sim_program *);
_Noreturn static void run(uint64_t, const struct sim_program *);
static void await(pid_t, int *);
static pid_t fork_or_die(void);

void
sim_runner_start(int n, bool tell, bool at_first)
{
	total = mmap(NULL, sizeof(*total), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (total == MAP_FAILED) {
		perror("sim: mmap");
		exit(2);
	}
	jobs = n;
	aloud = tell;
	stop = at_first;
}

/* Each worker takes every JOBS-th seed. */
void
sim_run(uint64_t first, uint64_t last, const struct sim_program *program)
{
	int i, status, n = last - first < (uint64_t)jobs ? 1 : jobs;
	pid_t workers[SIM_MAX_JOBS];

	if (n == 1) {
		run_some(first, last, 1, program);
		return;
	}
	for (i = 0; i < n; i++) {
		workers[i] = fork_or_die();
		if (workers[i] == 0) {
			run_some(
			    first + (uint64_t)i, last, (uint64_t)n, program);
			fflush(stdout);
			_exit(0);
		}
	}
	for (i = 0; i < n; i++)
		await(workers[i], &status);
}

int
sim_runner_end(void)
{
	printf("%llu seeds, %llu failed; %.1f hours simulated in %llu steps; "
	       "trace %016llx\n",
	    total->runs, total->failures,
	    (double)total->simulated / SIM_S / 3600, total->steps,
	    total->trace);
	return total->failures > 0;
}

static void
run_some(uint64_t first, uint64_t last, uint64_t step,
    const struct sim_program *program)
{
	uint64_t seed;

	for (seed = first;; seed += step) {
		run_apart(seed, program);
		if (last - seed < step || (stop && total->failures > 0))
			break;
	}
}

static void
run_apart(uint64_t seed, const struct sim_program *program)
{
	const struct rlimit limit = {LIMIT, LIMIT + 1};
	int status;
	pid_t child;

	fflush(stdout);
	child = fork_or_die();
	if (child == 0) {
		(void)setrlimit(RLIMIT_CPU, &limit); /* is lower */
		run(seed, program);
	}
	await(child, &status);
	total->runs++;
	if (status == 0)
		return;
	total->failures++;
	if (WIFSIGNALED(status))
		printf("seed %" PRIu64 ": %s\n", seed,
		    strsignal(WTERMSIG(status)));
}

/* From here on the seed determines everything. */
_Noreturn static void
run(uint64_t seed, const struct sim_program *program)
{
	const struct sim_program *drawn;

	running = seed;
	sim_random_start(seed);
	drawn = sim_program_drawn();
	if (program == NULL)
		program = drawn;
	sim_verdict_start(seed, program->name, aloud);
	sim_clock_start();
	sim_network_start();
	sim_resolver_start();
	sim_tasks_start();
	sim_invariants_start();
	sim_weather_start();
	program->run();
	sim_check_end();
	sim_check_flows();
	sim_run_done();
}

_Noreturn void
sim_run_done(void)
{
	total->simulated += sim_elapsed();
	total->steps += sim_steps();
	total->trace ^= sim_mix(running ^ sim_trace());
	fflush(stdout);
	_exit(0);
}

static void
await(pid_t child, int *status)
{
	if (waitpid(child, status, 0) == child)
		return;
	perror("sim: waitpid");
	exit(2);
}

static pid_t
fork_or_die(void)
{
	pid_t child = fork();

	if (child != -1)
		return child;
	perror("sim: fork");
	exit(2);
}
