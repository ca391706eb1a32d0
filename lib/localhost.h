/* SPDX-License-Identifier: ISC */
/*
 * The name localhost, which is this machine whether or not somebody has told
 * the resolver so (RFC 6761).
 */
#ifndef TU_LOCALHOST_H
#define TU_LOCALHOST_H

#include <stdbool.h>

bool tu_localhost(const char *name);

/*
 * Whether the resolver may be asked for it: /etc/hosts lists it, or cannot be
 * read for a reason that the resolver will report.  Otherwise some resolvers
 * would ask a name server, and wait for it in vain.
 */
bool tu_localhost_listed(void);

#endif
