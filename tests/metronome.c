/* SPDX-License-Identifier: ISC */
/*
 * metronome.c - the metronome's process writes the times of its beats to memory
 * that it shares with the test.
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
} * beats;

/* Closes the descriptors of the test, whose reader waits for their end. */
static _Noreturn void
beat(pid_t test)
{
	const struct timespec pause = {.tv_nsec = BEAT_MS * 1000000L};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		close(fd);
	while (getppid() == test) {
		nanosleep(&pause, NULL);
		atomic_store(&beats->ends[beats->count % KEPT], now_ms());
		atomic_fetch_add(&beats->count, 1);
	}
	_exit(0);
}

void
metronome_start(void)
{
	pid_t test = getpid(), child;

	beats = mmap(NULL, sizeof *beats, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = beats == MAP_FAILED ? -1 : fork();
	if (child == 0)
		beat(test);
	if (child == -1) {
		perror("Bail out! metronome");
		exit(1);
	}
}

int64_t
metronome_since(int64_t start)
{
	int64_t count, last;

	if (beats == NULL)
		return now_ms() - start;
	last = atomic_load(&beats->count);
	for (count = last; count > 0; count--)
		if (atomic_load(&beats->ends[(count - 1) % KEPT]) < start)
			break;
	return (last - count) * BEAT_MS;
}
