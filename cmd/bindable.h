/* SPDX-License-Identifier: ISC */
/*
 * bindable.h - finds out whether a listener could be made.
 */
#ifndef TCPU_BINDABLE_H
#define TCPU_BINDABLE_H

#include <stdbool.h>

#include "own_addresses.h"
#include "waiting.h"

/*
 * Tests whether a listener could be made on the port of the hosts, or of all
 * addresses: binds as tcp_listen does and closes, but never listens, so that no
 * client can connect.  With WAIT, tries until a listener could be made.
 * Returns the status to end with, having said why unless it is STATUS_NO.
 */
int answer_bindable(
    struct waiting *w, bool wait, const struct own_addresses *hosts, int port);

#endif
