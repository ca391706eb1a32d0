/* SPDX-License-Identifier: ISC */
/*
 * silence.h - waits until nothing moves in a session.
 */
#ifndef TCPU_SILENCE_H
#define TCPU_SILENCE_H

#include <stdbool.h>

#include "state.h"

/*
 * Waits until the peer has sent nothing for LIMIT ms, and all received data are
 * written; with BOTH, until nothing has moved in either direction for LIMIT ms.
 * Returns 0; or -1 if the wait was interrupted.
 */
int await_silence(struct session *s, bool both, int limit);

#endif
