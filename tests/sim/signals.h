/* SPDX-License-Identifier: ISC */
/*
 * Signals that come to the process, which asks for them by signalfd(2).
 */
#ifndef SIM_SIGNALS_H
#define SIM_SIGNALS_H

#include "file.h"

/* One that tells of every signal. */
struct sim_file *sim_signals(void);

/* Sends one.  Returns whether it was not pending already. */
bool sim_signal(int number);

#endif
