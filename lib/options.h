/* SPDX-License-Identifier: ISC */
/*
 * Structures of options that grow from one version to the next.  A program has
 * them as its header had them, and the size tells the library how many members
 * it knows.
 */
#ifndef TU_OPTIONS_H
#define TU_OPTIONS_H

#include <stddef.h>

/*
 * Takes the caller's options, or NULL, into OURS, which holds the N bytes of
 * the defaults.  A shorter structure leaves the defaults of the members that it
 * lacks, a longer one is good if all that is unknown of it is zero.  0, or -1
 * raised for call WHERE.
 */
int tu_options_take(
    void *ours, size_t n, const void *theirs, const char *where);

/*
 * Holds if the structure ends with MEMBER, and not with padding of the
 * compiler's.  A new member there would lie within the old size, where older
 * programs have garbage; and where a newer program has such padding in its
 * tail, that is garbage too.
 */
#define TU_OPTIONS_END(type, member)                                  \
	_Static_assert(sizeof(type) ==                                \
		offsetof(type, member) + sizeof(((type *)0)->member), \
	    #type " ends with padding: make that a member")

#endif
