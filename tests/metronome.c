/* SPDX-License-Identifier: ISC */
/*
 * metronome.c - the metronome's process writes the times of its beats to memory
 * that it shares with the test, and how long the test has waited for a CPU.
 */
#include "metronome.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define BEAT_MS 10
#define KEPT 65536 /* beats: more than ten minutes */

static struct beats {
	_Atomic int64_t count;
	_Atomic int64_t ends[KEPT];
	_Atomic int64_t waits[KEPT]; /* ms, since the test began */
} * beats;

static pid_t test;

/* Returns how long the test has waited for a CPU, or 0 if the kernel does not
 * say. */
static int64_t
waited_ms(void)
{
	char name[64];
	unsigned long long ns = 0;
	FILE *f;

	snprintf(name, sizeof name, "/proc/%ld/schedstat", (long)test);
	f = fopen(name, "re");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%*u %llu", &ns) != 1)
		ns = 0;
	fclose(f);
	return (int64_t)(ns / 1000000);
}

/* Closes the descriptors of the test, whose reader waits for their end. */
static _Noreturn void
beat(void)
{
	const struct timespec pause = {.tv_nsec = BEAT_MS * 1000000L};
	int64_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		close(fd);
	while (getppid() == test) {
		nanosleep(&pause, NULL);
		n = beats->count % KEPT;
		atomic_store(&beats->waits[n], waited_ms());
		atomic_store(&beats->ends[n], now_ms());
		atomic_fetch_add(&beats->count, 1);
	}
	_exit(0);
}

void
metronome_start(void)
{
	pid_t child;

	test = getpid();
	beats = mmap(NULL, sizeof *beats, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = beats == MAP_FAILED ? -1 : fork();
	if (child == 0)
		beat();
	if (child == -1) {
		perror("Bail out! metronome");
		exit(1);
	}
}

int64_t
metronome_since(int64_t start)
{
	int64_t count, last, beaten, waited;

	if (beats == NULL)
		return now_ms() - start;
	last = atomic_load(&beats->count);
	for (count = last; count > 0; count--)
		if (atomic_load(&beats->ends[(count - 1) % KEPT]) < start)
			break;
	beaten = (last - count) * BEAT_MS;
	waited = waited_ms() - atomic_load(&beats->waits[count % KEPT]);
	if (waited < 0)
		waited = 0;
	return waited < beaten ? beaten - waited : 0;
}
