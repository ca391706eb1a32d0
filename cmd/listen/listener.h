/* SPDX-License-Identifier: ISC */
/*
 * listener.h - the listener of tcpu listen: opened at the address of the
 * command line, or taken over; or, in its place, a port that is refused or
 * reserved.
 */
#ifndef TCPU_LISTENER_H
#define TCPU_LISTENER_H

#include "../options.h"
#include "serve.h"

/*
 * Each opens the file of --output and the listener, and stores both with the
 * listener's name and address.  Returns STATUS_GO_ON; or the status to end
 * with, having said why.
 */
int adopt_listener(struct listening *l);
int make_listener(struct listening *l, const struct operands *operands);

#endif
