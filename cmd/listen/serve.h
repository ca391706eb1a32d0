/* SPDX-License-Identifier: ISC */
/*
 * serve.h - a listener at work: accepts connections and runs a session on each,
 * one after the other, or a COMMAND for each, many at a time; or never accepts;
 * or lets a COMMAND accept.
 */
#ifndef TCPU_SERVE_H
#define TCPU_SERVE_H

#include "listening.h"

/*
 * Serves clients until there are none left to serve, or the run is over.
 * Returns an exit status.
 */
int serve(struct listening *l);

#endif
