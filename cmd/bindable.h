/* SPDX-License-Identifier: ISC */
/*
 * bindable.h - whether a listener could be made.
 */
#ifndef TCPU_BINDABLE_H
#define TCPU_BINDABLE_H

#include <stdbool.h>

#include "own_addresses.h"
#include "waiting.h"

/*
 * Whether a listener could be made on the port of the hosts, or of all
 * addresses: binds as tcp_listen does, and closes; nobody can connect
 * meanwhile.  With WAIT, until it could.  Returns the status to end with,
 * having said why unless it is STATUS_NO.
 */
int answer_bindable(
    struct waiting *w, bool wait, const struct own_addresses *hosts, int port);

#endif
