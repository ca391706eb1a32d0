/* SPDX-License-Identifier: ISC */
/*
 * Signals to the process, which reads them from a signalfd(2).
 */
#ifndef SIM_SIGNALS_H
#define SIM_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "file.h"

enum { SIM_MAX_SIGNALS = 64 };

/* Returns a file that reports the signals of SET. */
struct sim_file *sim_signals(const sigset_t *set);

/* Lets F report other signals. */
void sim_signals_choose(struct sim_file *f, const sigset_t *set);

/* Sends a signal.  Returns false if it was pending already. */
bool sim_signal(int number);

/* Returns since when one of these signals has been pending, or SIM_NEVER; SET
 * has a bit for each number. */
int64_t sim_signal_since(uint64_t set);

#endif
