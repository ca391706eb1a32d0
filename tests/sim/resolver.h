/* SPDX-License-Identifier: ISC */
/*
 * The names that getaddrinfo(3) looks up; an answer takes its time.
 */
#ifndef SIM_RESOLVER_H
#define SIM_RESOLVER_H

#include <stdint.h>

enum { SIM_MAX_ANSWERS = 8 };

/* At the start only localhost is known. */
void sim_resolver_start(void);

/* From now on NAME has the N addresses in the texts, and the answer takes NS
 * nanoseconds; N may be 0. */
void sim_name(
    const char *name, const char *const *addresses, int n, int64_t ns);

/* Returns the number of look-ups under way. */
unsigned sim_lookups(void);

#endif
