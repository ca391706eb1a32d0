/* SPDX-License-Identifier: ISC */
/*
 * patience.h - how long a test waits for what must happen.  Only a test that
 * hangs ever waits so long; a busy machine is given the time it needs.
 */
#ifndef PATIENCE_H
#define PATIENCE_H

#define PATIENCE_MS 60000 /* less than tap.h's limit for one test */

#endif
