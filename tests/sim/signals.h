/* SPDX-License-Identifier: ISC */
/*
 * Signals to the process, which reads them from a signalfd(2).
 */
#ifndef SIM_SIGNALS_H
#define SIM_SIGNALS_H

#include "file.h"

/* Returns a descriptor that reports every signal. */
struct sim_file *sim_signals(void);

/* Sends a signal.  Returns false if it was pending already. */
bool sim_signal(int number);

#endif
