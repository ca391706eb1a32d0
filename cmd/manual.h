/* SPDX-License-Identifier: ISC */
/*
 * manual.h - the text of the manual page, by section, so that it is at hand on
 * machines without man(1).  manual.awk makes it from the page.
 */
#ifndef TCPU_MANUAL_H
#define TCPU_MANUAL_H

#include "text.h"

struct topic {
	const char *name; /* "Exit status" */
	const char *text; /* with its heading, packed */
};

/* A byte from FIRST_CODE on, in a text or here, stands for one of these pairs.
 */
enum { FIRST_CODE = 128 };
extern const unsigned char manual_pairs[][2];

/* Ends with a null name. */
extern const struct topic manual_topics[];

/* Returns the section with this name, in any capitalisation and in one or
 * several words, which end with NULL and may have hyphens between them; or
 * NULL. */
const struct topic *find_topic(char *const *words);

/* Adds the text of the section. */
void add_topic(struct text *to, const struct topic *topic);

/* Lists the names of the sections. */
void add_topics(struct text *to);

#endif
