/* SPDX-License-Identifier: ISC */
/*
 * ends.h - the ends of a connection as a header of the PROXY protocol names
 * them.
 */
#ifndef TCPU_ENDS_H
#define TCPU_ENDS_H

#include "../listing.h"
#include "header.h"

/* Stores the ends of a header that names some. */
void read_header_ends(const struct proxy_header *header, struct ends *ends);

/* Makes a header of ends.  It names none if both do not belong together.  The
 * scope of an address is left out: it means nothing to another machine. */
void make_header(const struct ends *ends, struct proxy_header *header);

/*
 * Stores the ends of the connection that this process was started for, as the
 * environment describes them (ucspi).  Returns false if there are none, or if
 * the description is wrong.
 */
bool read_environment_ends(struct ends *ends);

#endif
