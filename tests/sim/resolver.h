/* SPDX-License-Identifier: ISC */
/*
 * Names: getaddrinfo(3) asks these, and they take their time.
 */
#ifndef SIM_RESOLVER_H
#define SIM_RESOLVER_H

#include <stdint.h>

enum { SIM_MAX_ANSWERS = 8 };

/* Only localhost is known. */
void sim_resolver_start(void);

/* NAME has the N addresses of the texts, and the answer takes NS; N may be 0.
 */
void sim_name(
    const char *name, const char *const *addresses, int n, int64_t ns);

/* Look-ups under way. */
unsigned sim_lookups(void);

#endif
