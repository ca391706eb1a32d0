/* SPDX-License-Identifier: ISC */
/*
 * Structures of options, which grow from one version to the next.  A program
 * passes the structure of the header it was compiled with, and its size shows
 * which members it has.
 */
#ifndef TU_OPTIONS_H
#define TU_OPTIONS_H

#include <stddef.h>

/*
 * Copies the caller's options, if not NULL, into OURS, which holds N bytes of
 * defaults.  Members that a shorter structure lacks keep their defaults.  A
 * longer structure is accepted if all bytes beyond N are zero.  0; or -1, with
 * an error raised.
 */
int tu_options_take(void *ours, size_t n, const void *theirs);

/*
 * Holds if the structure ends with MEMBER, without padding by the compiler.
 * Padding is garbage: if a new member took its place, older programs would pass
 * garbage there, and padding at the end of a newer structure would make it
 * fail.
 */
#define TU_OPTIONS_END(type, member)                                  \
	_Static_assert(sizeof(type) ==                                \
		offsetof(type, member) + sizeof(((type *)0)->member), \
	    #type " ends with padding: make that a member")

#endif
