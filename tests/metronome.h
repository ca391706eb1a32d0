/* SPDX-License-Identifier: ISC */
/*
 * metronome.h - time as the machine lets it pass.  A process of its own notes
 * when each of its hundredths of a second ends.  If the machine is busy, or
 * stands still for a while, that process is late as often as the test is.  The
 * time in which the test waits for a CPU does not count either.  A test's upper
 * limits are in this time, so that no load can exceed them.
 */
#ifndef METRONOME_H
#define METRONOME_H

#include <stdint.h>

/* Starts the process, which ends with the calling one.  A program calls this
 * once, before it has ports or other OS threads. */
void metronome_start(void);

/* Returns how many of the metronome's milliseconds have passed since the time
 * START, which is now_ms()'s.  Without a metronome they are the clock's. */
int64_t metronome_since(int64_t start);

#endif
