/* SPDX-License-Identifier: ISC */
#include "manual.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

/* Returns the rest of NAME after WORD, or NULL if NAME does not begin with it.
 */
static const char *
after_word(const char *name, const char *word)
{
	for (; *word; word++, name++) {
		int c = *name == ' ' && *word == '-' ? '-' : *name;

		if (tolower((unsigned char)c) != tolower((unsigned char)*word))
			return NULL;
	}
	return name;
}

static bool
is_named(const struct topic *topic, char *const *words)
{
	const char *rest = after_word(topic->name, words[0]);

	for (words++; rest && *words; words++)
		rest = *rest == ' ' ? after_word(rest + 1, *words) : NULL;
	return rest && !*rest;
}

const struct topic *
find_topic(char *const *words)
{
	for (const struct topic *t = manual_topics; t->name; t++) {
		if (is_named(t, words))
			return t;
	}
	return NULL;
}

void
add_topic(struct text *to, const struct topic *topic)
{
	unsigned char codes[FIRST_CODE + 1]; /* a pair has earlier codes */
	int n;

	for (const char *c = topic->text; *c; c++) {
		codes[0] = (unsigned char)*c;
		for (n = 1; n > 0;) {
			const unsigned char code = codes[--n];

			if (code < FIRST_CODE) {
				text_add(to, "%c", code);
				continue;
			}
			codes[n++] = manual_pairs[code - FIRST_CODE][1];
			codes[n++] = manual_pairs[code - FIRST_CODE][0];
		}
	}
}

void
add_topics(struct text *to)
{
	text_add(to, "usage: tcpu help TOPIC\n\n");
	for (const struct topic *t = manual_topics; t->name; t++) {
		text_add(to, "  ");
		for (const char *c = t->name; *c; c++)
			text_add(to, "%c", tolower((unsigned char)*c));
		text_add(to, "\n");
	}
}
